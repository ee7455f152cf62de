/**
 * Where a room may send people. An address is followed when it parses, is https (http on loopback), and its
 * origin and path prefix are those of the room's target or on its list: nothing else, so that nobody can use
 * a waiting room to send people elsewhere.
 */
import type { RoomPolicy } from './room.ts';

/** True for an absolute https address, or http on loopback, without credentials. */
export function isWebAddress(text: string): boolean {
  const url = parse(text);
  return url !== null;
}

/** Whether a visitor of the room may be sent to `text`. */
export function isAllowedTarget(
  policy: Pick<RoomPolicy, 'targetUrl' | 'allowedTargets'>,
  text: string,
): boolean {
  const url = parse(text);
  if (!url) return false;
  const allowed =
    policy.targetUrl === null ? policy.allowedTargets : [policy.targetUrl, ...policy.allowedTargets];
  return allowed.some((prefix) => {
    const base = parse(prefix);
    if (!base || base.origin !== url.origin) return false;
    const path = base.pathname.endsWith('/') ? base.pathname : `${base.pathname}/`;
    return url.pathname === base.pathname || url.pathname.startsWith(path);
  });
}

/** The address with a hand-over in its query, all else as it is. */
export function withHandOver(target: string, handOver: string): string {
  const [address = '', ...fragment] = withoutHandOver(new URL(target).href).split('#');
  const join = address.includes('?') ? '&' : '?';
  return [`${address}${join}guichet=${encodeURIComponent(handOver)}`, ...fragment].join('#');
}

/** The hand-over in an address; null where there is none: exactly where `withoutHandOver` has nothing to take away. */
export function handOverIn(address: string): string | null {
  return /^[^?#]*\?(?:[^#]*?&)?guichet=([^&#]*)/.exec(address)?.[1] ?? null;
}

/** The address as it was before a hand-over came into it, all else to the letter. */
export function withoutHandOver(address: string): string {
  const [before = '', ...fragment] = address.split('#');
  const [path = '', ...queries] = before.split('?');
  const kept = queries
    .join('?')
    .split('&')
    .filter((part) => part !== '' && !part.startsWith('guichet='));
  return [kept.length === 0 ? path : `${path}?${kept.join('&')}`, ...fragment].join('#');
}

function parse(text: string): URL | null {
  // Control characters and backslashes are what browsers and servers read differently.
  // So are encoded slashes in a path: what is below the prefix for one is beside it for another.
  if (/[\s\\]|^[^?#]*(%2f|%5c)/i.test(text) || /\p{Cc}/u.test(text) || !URL.canParse(text)) return null;
  const url = new URL(text);
  const isLoopback = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  const isSafe = url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback);
  return isSafe && url.username === '' && url.password === '' ? url : null;
}
