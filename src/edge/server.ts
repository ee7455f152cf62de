/**
 * A listener's Fastify instance with the limits that Fastify leaves off: timeouts against slow clients,
 * bounds on headers and bodies, and JSON as the only body unless a route says otherwise.
 */
import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import Fastify, { type FastifyInstance } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { type ErrorCode, errorCatalogue, GuichetError } from '../domain/errors.ts';

const requestTimeoutMs = 10_000;
const headersTimeoutMs = 10_000;
/** A connection on which nothing happens; not for upgraded sockets. */
const connectionTimeoutMs = 60_000;
const keepAliveTimeoutMs = 30_000;
const requestsPerSocketMax = 10_000;
const headerBytesMax = 16_384;

export type ServerOptions = {
  bodyBytesMax: number;
  /** CIDRs of proxies whose X-Forwarded-For is believed. */
  trustedProxies: string[];
  /** Check every response against its schema: for tests, since it costs time. */
  strictResponses: boolean;
  /** Told of each request that was refused before it became one. */
  onUnreadable: (code: ErrorCode) => void;
};

export function createServer({
  bodyBytesMax,
  trustedProxies,
  strictResponses,
  onUnreadable,
}: ServerOptions): FastifyInstance {
  const app = Fastify({
    logger: false,
    bodyLimit: bodyBytesMax,
    requestTimeout: requestTimeoutMs,
    connectionTimeout: connectionTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    maxRequestsPerSocket: requestsPerSocketMax,
    http: {
      maxHeaderSize: headerBytesMax,
      headersTimeout: headersTimeoutMs,
      // What asks for anything else (HTTP/2, as some clients do by themselves) is answered over HTTP/1.1.
      shouldUpgradeCallback: ({ headers }: IncomingMessage) => headers.upgrade?.toLowerCase() === 'websocket',
    },
    trustProxy: trustedProxies.length > 0 ? trustedProxies : false,
    // While draining, a request that still arrives is served: none is dropped.
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    clientErrorHandler: (error, socket) => answerClientError(error, socket, onUnreadable),
    // An address that cannot be decoded.
    frameworkErrors: (_error, _request, reply) => {
      onUnreadable('request-malformed');
      const headers = { 'content-type': 'application/problem+json' };
      reply.raw.writeHead(400, headers).end(unreadableBody('request-malformed'));
    },
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(strictResponses ? serializerCompiler : () => JSON.stringify);
  app.removeAllContentTypeParsers();
  const parse = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    // Clients that always name a type send it with an empty body, too.
    if (body === '') done(null, undefined);
    else void parse(request, body as string, done);
  });
  return app;
}

/**
 * Answers 405 for every known address asked with another method. To be called when all routes are there.
 */
export function refuseOtherMethods(app: FastifyInstance, methodsOf: Map<string, Set<string>>): void {
  // A copy: these routes are collected too.
  for (const [url, known] of [...methodsOf].map(([url, methods]) => [url, new Set(methods)] as const)) {
    // Asked beforehand by browsers only: it says nothing of what is at the address.
    if ([...known].every((method) => method === 'OPTIONS')) continue;
    const others = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'QUERY', 'TRACE'].filter(
      (method) => !known.has(method),
    );
    app.route({
      method: others,
      url,
      schema: { hide: true },
      // Before any body is read.
      onRequest: async (_request, reply) => {
        void reply.header('allow', [...known].join(', '));
        throw new GuichetError('method-not-allowed');
      },
      handler: async () => {},
    });
  }
}

/** Collects the addresses and methods of all routes registered after it. */
export function collectMethods(app: FastifyInstance): Map<string, Set<string>> {
  const methodsOf = new Map<string, Set<string>>();
  app.addHook('onRoute', ({ url, method }) => {
    const known = methodsOf.get(url) ?? new Set();
    for (const one of [method].flat()) known.add(one);
    if (known.has('GET')) known.add('HEAD');
    methodsOf.set(url, known);
  });
  return methodsOf;
}

/** What is not even HTTP, or too large to read, is answered by hand: there is no request yet. */
function answerClientError(
  error: NodeJS.ErrnoException,
  socket: Socket,
  onUnreadable: (code: ErrorCode) => void,
): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return;
  const code = error.code === 'HPE_HEADER_OVERFLOW' ? 'header-too-large' : 'request-malformed';
  onUnreadable(code);
  refuseConnection(socket, new GuichetError(code));
}

/** Answers with a problem where there is no Fastify request to answer, and closes the connection. */
export function refuseConnection(socket: Duplex, { code, status, retryAfterMs }: GuichetError): void {
  // Ended, it would stay open for as long as the client likes: sockets of an HTTP server are half-open.
  socket.once('finish', () => socket.destroy());
  const body = unreadableBody(code);
  const retryAfter = retryAfterMs === undefined ? '' : `retry-after: ${Math.ceil(retryAfterMs / 1_000)}\r\n`;
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: application/problem+json\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n${retryAfter}connection: close\r\n\r\n${body}`,
  );
}

function unreadableBody(code: ErrorCode): string {
  const { status, title } = errorCatalogue[code];
  return JSON.stringify({ type: `urn:guichet:problem:${code}`, title, status, code, detail: title });
}
