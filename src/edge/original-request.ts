/**
 * The request that a proxy asks about, as each kind of proxy tells it: nginx and HAProxy by headers that their
 * configuration sets, ingress-nginx, Caddy and Traefik by those they always set, Envoy by asking with the request's own
 * method and its path behind ours.
 */
import type { IncomingHttpHeaders } from 'node:http';

export type OriginalRequest = {
  method: string;
  /** Absolute, as the browser has it; null when it is not told. */
  url: string | null;
};

export type AskedBy = {
  method: string;
  headers: IncomingHttpHeaders;
  /** What stands behind our own path, with its query; null: nothing. */
  suffix: string | null;
};

/** Believed for what it is: where the visitor wants to go. It is followed only where the room leads. */
export function originalRequest({ method, headers, suffix }: AskedBy): OriginalRequest {
  const told = headerOf(headers, 'x-original-method') ?? headerOf(headers, 'x-forwarded-method');
  return { method: (told ?? method).toUpperCase(), url: urlOf(headers, suffix) };
}

function urlOf(headers: IncomingHttpHeaders, suffix: string | null): string | null {
  const whole = headerOf(headers, 'x-original-url');
  if (whole !== null) return whole;
  const path = suffix ?? headerOf(headers, 'x-original-uri') ?? headerOf(headers, 'x-forwarded-uri');
  const host = suffix === null ? (headerOf(headers, 'x-forwarded-host') ?? headers.host) : headers.host;
  if (path === null || host === undefined) return null;
  // Empty where ingress-nginx does not know it.
  const scheme = headerOf(headers, 'x-forwarded-proto') ?? 'https';
  // A visitor may have sent either: a path in one of them would stand before the path that was asked for.
  if (!/^https?$/i.test(scheme) || /[\s/?#\\@]/.test(host)) return null;
  return `${scheme}://${host}${path}`;
}

function headerOf(headers: IncomingHttpHeaders, name: string): string | null {
  const value = headers[name];
  return typeof value === 'string' && value !== '' ? value : null;
}

/** The value of a cookie; null when it is not there. */
export function cookieOf(headers: IncomingHttpHeaders, name: string): string | null {
  const { cookie } = headers;
  if (cookie === undefined) return null;
  for (let from = 0; from < cookie.length; ) {
    const start = cookie.indexOf(name, from);
    if (start < 0) return null;
    const valueAt = start + name.length + 1;
    const isWhole = start === 0 || cookie[start - 1] === ' ' || cookie[start - 1] === ';';
    if (isWhole && cookie[valueAt - 1] === '=') {
      const end = cookie.indexOf(';', valueAt);
      return cookie.slice(valueAt, end < 0 ? cookie.length : end);
    }
    from = valueAt;
  }
  return null;
}
