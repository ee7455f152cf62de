/**
 * The yardstick: a bare Fastify route with no schema, no hook and no logger, that answers each request with the same
 * bytes: an object, which Fastify turns into JSON, as any route does. With `signs` it also signs once with ES256, as
 * entering does.
 *
 * node src/dev/bench/bare-main.ts '{"port", "method", "url", "status", "headers", "body", "signs"}'
 */
import { generateKeyPairSync, sign } from 'node:crypto';
import Fastify from 'fastify';

export type BareRoute = {
  port: number;
  method: 'GET' | 'POST';
  url: string;
  status: number;
  headers: Record<string, string>;
  body: string;
  signs: boolean;
};

const { port, method, url, status, headers, body, signs } = JSON.parse(process.argv[2] ?? '') as BareRoute;
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const answer: unknown = JSON.parse(body);
const app = Fastify();
app.route({
  method,
  url,
  handler(_request, reply) {
    if (signs) sign('sha256', Buffer.from(body), { key: privateKey, dsaEncoding: 'ieee-p1363' });
    reply.code(status).headers(headers).send(answer);
  },
});
await app.listen({ port, host: '127.0.0.1' });
