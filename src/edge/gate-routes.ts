/**
 * The gate as proxies ask it (forward authentication): 200 and no body lets a request through, 401 does not; under
 * `/redirect` it answers 302 instead, for proxies that pass the whole answer on.
 *
 * A 200 always names the ticket, if only by an empty header, so that no visitor can name one; at most one cookie is set;
 * and a proxy never gets 429 or 503, which it would show to the visitor. Written past Fastify's reply, which costs as
 * much as all the rest, and together with the other answers of the event loop's turn.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { GuichetError } from '../domain/errors.ts';
import { isRoomId } from '../domain/room.ts';
import type { GateAnswer, GateQuestion } from '../service/gate-question.ts';
import type { Gate } from '../service/gate.ts';
import { endOfTurn } from './end-of-turn.ts';
import { cookieOf, originalRequest } from './original-request.ts';

/** Envoy asks with the method of the request that it asks about. */
const otherMethods = ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

export type GateRouteParts = {
  gate: Gate;
  /** Told of each answer: for metrics. */
  count: (roomId: string, kind: GateAnswer['kind'] | 'renewed') => void;
};

function passCookieName(roomId: string): string {
  return `guichet_pass_${roomId}`;
}

/** What a proxy asks; `path` is our own part of its address. */
export function questionOf(
  { method, headers, url }: Pick<FastifyRequest, 'method' | 'headers' | 'url'>,
  { roomId, ownPath, mayRedirect }: { roomId: string; ownPath: string; mayRedirect: boolean },
): GateQuestion {
  const suffix = mayRedirect && url.startsWith(`${ownPath}/`) ? url.slice(ownPath.length) : null;
  return {
    roomId,
    ...originalRequest({ method, headers, suffix }),
    pass: cookieOf(headers, passCookieName(roomId)),
    mayRedirect,
  };
}

export function gateRoutes(app: FastifyInstance, { gate, count }: GateRouteParts): void {
  const answerBy =
    (mayRedirect: boolean) =>
    (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
      const { roomId } = request.params as { roomId: string };
      // Written wrongly in a proxy's configuration: not something to send visitors on for.
      if (!isRoomId(roomId)) throw new GuichetError('room-unknown');
      const ownPath = mayRedirect ? `/gate/${roomId}/redirect` : `/gate/${roomId}`;
      const question = questionOf(request, { roomId, ownPath, mayRedirect });
      const send = (answer: GateAnswer): FastifyReply => {
        count(roomId, answer.kind === 'inside' && answer.pass !== null ? 'renewed' : answer.kind);
        return sendAnswer(reply, answer, question);
      };
      const answer = gate.check(question);
      return answer instanceof Promise ? answer.then(send) : endOfTurn().then(() => send(answer));
    };
  const route = (url: string, mayRedirect: boolean): void => {
    const handler = answerBy(mayRedirect);
    app.route({ method: ['GET', 'HEAD'], url, schema: { hide: true }, handler });
    app.route({
      method: otherMethods,
      url,
      schema: { hide: true },
      // Before any body is read: the question is in the headers.
      onRequest: async (request, reply) => void (await handler(request, reply)),
      handler: async () => {},
    });
  };
  route('/gate/:roomId', false);
  route('/gate/:roomId/redirect', true);
  route('/gate/:roomId/redirect/*', true);
  app.get('/gate/:roomId/session', { schema: { hide: true } }, async (request, reply) => {
    const { roomId } = request.params as { roomId: string };
    const left = gate.sessionOf(roomId, cookieOf(request.headers, passCookieName(roomId)));
    void reply.header('cache-control', 'no-store');
    if (!left) throw new GuichetError('session-ended');
    return left;
  });
}

function sendAnswer(
  reply: FastifyReply,
  answer: GateAnswer,
  { roomId, mayRedirect }: GateQuestion,
): FastifyReply {
  void reply.hijack();
  const { raw } = reply;
  if ('pass' in answer && answer.pass !== null) {
    const cookie = `${passCookieName(roomId)}=${answer.pass}; HttpOnly; Secure; SameSite=Lax; Path=/`;
    raw.setHeader('set-cookie', cookie);
  }
  raw.setHeader('content-length', 0);
  switch (answer.kind) {
    case 'inside':
      raw.setHeader('x-guichet-session-left', Math.floor(answer.leftMs / 1_000));
      raw.writeHead(200, { 'x-guichet-ticket': answer.ticketId });
      break;
    case 'open':
      raw.writeHead(200, { 'x-guichet-ticket': '' });
      break;
    case 'redirect':
      raw.writeHead(302, { location: answer.location, 'cache-control': 'no-store' });
      break;
    case 'refused':
      raw.setHeader('cache-control', 'no-store');
      if (mayRedirect) raw.writeHead(302, { location: answer.location });
      else raw.writeHead(401, { 'x-guichet-location': answer.location, 'www-authenticate': 'Guichet' });
      break;
  }
  raw.end();
  return reply;
}
