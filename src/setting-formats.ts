/** Forms of addresses in settings. */
import { isEmailAddress } from './domain/email.ts';

/** A site: nothing behind host and port. */
export function isSiteUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, pathname, search, hash, username } = new URL(text);
  return /^https?:$/.test(protocol) && pathname === '/' && `${search}${hash}${username}` === '';
}

/** A server, with a login where it wants one; all else is asked of the server. */
export function isSmtpUrl(text: string): boolean {
  try {
    const { protocol, hostname, pathname, search, hash, username, password } = new URL(text);
    decodeURIComponent(username + password);
    const isServer = /^smtps?:$/.test(protocol) && hostname !== '';
    return isServer && /^\/?$/.test(`${pathname}${search}${hash}`) && (username !== '' || password === '');
  } catch {
    return false;
  }
}

/** `name@example.org` or `The queue <name@example.org>`; null for anything else. */
export function mailbox(text: string): { name: string; address: string } | null {
  const [, name = '', bracketed] = /^([^<>"\p{Cc}]*)<([^<>]+)>$/u.exec(text) ?? [];
  const address = bracketed ?? text;
  return isEmailAddress(address) ? { name: name.trim(), address } : null;
}

/** An address to post to; it may lead anywhere, and hold a key in its path or query. */
export function isWebhookUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, hash } = new URL(text);
  return /^https?:$/.test(protocol) && `${username}${password}${hash}` === '';
}
