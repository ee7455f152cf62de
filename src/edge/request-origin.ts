/**
 * Whose page a request comes from. A browser says so in `Origin`; a foreign or `null` one is refused, an
 * absent one (apps, load tests) is let through, because authority is the token and never a cookie.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { GuichetError } from '../domain/errors.ts';

/** Throws origin-forbidden unless the page is our own, on the list, or not named. */
export function checkRequestOrigin(
  request: { headers: IncomingHttpHeaders },
  publicUrl: string,
  allowedOrigins: string[],
): void {
  const { origin } = request.headers;
  if (origin === undefined || isOwnOrigin(request, origin, publicUrl) || allowedOrigins.includes(origin))
    return;
  throw new GuichetError('origin-forbidden');
}

/** Whether the page is served by us, under the public address or the one that the request was sent to. */
export function isOwnOrigin(
  request: { headers: IncomingHttpHeaders },
  origin: string,
  publicUrl: string,
): boolean {
  if (origin === new URL(publicUrl).origin) return true;
  return URL.canParse(origin) && new URL(origin).host === request.headers.host;
}
