/**
 * The yardstick: a bare Fastify route with no schema, no hook and no logger, that answers each request with the same
 * bytes: an object, which Fastify turns into JSON, as any route does, or nothing where the service sends no body. With
 * `signs` it also signs once with ES256, as entering does; with `verifies` it verifies such a signature of that text
 * once, as a gate does that sees a pass for the first time.
 *
 * node src/dev/bench/bare-main.ts '{"port", "method", "url", "status", "headers", "body", "signs", "verifies"}'
 */
import { generateKeyPairSync, sign, verify } from 'node:crypto';
import Fastify from 'fastify';

export type BareRoute = {
  port: number;
  method: 'GET' | 'POST';
  url: string;
  status: number;
  headers: Record<string, string>;
  body: string;
  signs: boolean;
  verifies: string | null;
};

const route = JSON.parse(process.argv[2] ?? '') as BareRoute;
const { port, method, url, status, headers, body, signs, verifies } = route;
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const secret = { key: privateKey, dsaEncoding: 'ieee-p1363' } as const;
const checked = { key: publicKey, dsaEncoding: 'ieee-p1363' } as const;
const signature = sign('sha256', Buffer.from(verifies ?? ''), secret);
// Nothing at all, and not an empty text: that would be given a type.
const answer: unknown = body === '' ? undefined : JSON.parse(body);
const app = Fastify();
app.route({
  method,
  url,
  handler(_request, reply) {
    if (signs) sign('sha256', Buffer.from(body), secret);
    if (verifies !== null) verify('sha256', Buffer.from(verifies), checked, signature);
    reply.code(status).headers(headers).send(answer);
  },
});
await app.listen({ port, host: '127.0.0.1' });
