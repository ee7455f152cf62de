/** The headers of a waiting page: nothing foreign runs, nothing is stored on the way, nobody frames it. */
import type { FastifyReply, FastifyRequest } from 'fastify';

const secondsPerYear = 31_536_000;

/**
 * Sets them. `formOrigins` are the sites that a form's 303 may lead to: Chromium holds a redirect against
 * `form-action` as well.
 */
export function setPageHeaders(
  request: FastifyRequest,
  reply: FastifyReply,
  { publicUrl, formOrigins }: { publicUrl: string; formOrigins: readonly string[] },
): void {
  const isHttps = publicUrl.startsWith('https:');
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    // Some browsers do not count a WebSocket of the same host as 'self'.
    `connect-src 'self' ${isHttps ? 'wss' : 'ws'}://${ownHost(request, publicUrl)}`,
    "img-src 'self' data:",
    ["form-action 'self'", ...new Set(formOrigins)].join(' '),
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ];
  void reply.headers({
    'content-security-policy': policy.join('; '),
    // `no-referrer` makes browsers send `Origin: null` with our own forms, which is what a foreign page would send.
    'referrer-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=()',
    'x-robots-tag': 'noindex',
    'cache-control': 'no-store',
    ...(isHttps ? { 'strict-transport-security': `max-age=${secondsPerYear}` } : {}),
  });
}

/** The host that the page was asked from, if it can stand in a header; else the public one. */
function ownHost({ host }: FastifyRequest, publicUrl: string): string {
  return /^[a-z0-9.-]+(:\d{1,5})?$|^\[[0-9a-f:]+\](:\d{1,5})?$/i.test(host) ? host : new URL(publicUrl).host;
}
