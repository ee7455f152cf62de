/**
 * Every refusal leaves by this door: RFC 9457 problem+json with a stable code, `Retry-After` where it helps,
 * and one log line. A body is never echoed, nor is a stack shown.
 */
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type ErrorCode, errorCatalogue, GuichetError } from '../domain/errors.ts';
import type { Log } from '../domain/log.ts';
import { PolicyProblem } from '../domain/room.ts';
import type { Metrics } from '../telemetry/metrics.ts';

export type Listener = 'public' | 'internal';

/** What Fastify and Node call an error, in our words. */
const codeOfStatus: { [status: number]: ErrorCode } = {
  400: 'request-malformed',
  404: 'route-unknown',
  405: 'method-not-allowed',
  413: 'body-too-large',
  415: 'content-type-unsupported',
  431: 'header-too-large',
};

/** The error as one of the catalogue. */
export function asGuichetError(error: unknown): GuichetError {
  if (error instanceof GuichetError) return error;
  if (error instanceof PolicyProblem) return new GuichetError('request-invalid', { detail: error.message });
  const { validation, validationContext, statusCode } = error as FastifyError;
  if (validation) {
    const fields = validation.map(
      ({ instancePath, message }) => `${instancePath || validationContext}: ${message}`,
    );
    return new GuichetError('request-invalid', { detail: fields.slice(0, 10).join('; ') });
  }
  const code = statusCode === undefined ? undefined : codeOfStatus[statusCode];
  return new GuichetError(code ?? 'internal-error', { cause: error });
}

/** The body of a problem; `detail` in the visitor's language where the listener has visitors. */
function problemBody(error: GuichetError, detail: string): object {
  const { code, status } = error;
  return { type: `urn:guichet:problem:${code}`, title: errorCatalogue[code].title, status, code, detail };
}

/** Sets status and Retry-After (whole seconds, at least 1). */
export function prepareRefusal(reply: FastifyReply, { status, retryAfterMs }: GuichetError): void {
  void reply.code(status);
  if (retryAfterMs !== undefined)
    void reply.header('retry-after', Math.max(1, Math.ceil(retryAfterMs / 1_000)));
  if (status === 401) void reply.header('www-authenticate', 'Bearer realm="guichet"');
}

export type ProblemParts = {
  listener: Listener;
  log: Log;
  metrics: Metrics;
  /** The sentence for people; null: the error's own. */
  sentence: (error: GuichetError, request: FastifyRequest) => string | null;
  /** What every refusal's headers need beyond its own. */
  prepare?: (request: FastifyRequest, reply: FastifyReply) => void;
};

/** Counts a refused request and logs one line for it; for the same request again: nothing. */
export type NoteRefusal = (request: FastifyRequest, error: GuichetError) => void;

/**
 * Answers every error and unknown address of a listener, and counts and times every request to a route registered
 * after it. Returns what notes a refusal that is answered elsewhere. By Fastify's own hooks the same would cost a
 * request a third of its time.
 */
export function answerProblems(app: FastifyInstance, parts: ProblemParts): NoteRefusal {
  const { listener, log, metrics, sentence, prepare } = parts;
  app.decorateRequest('startedAtMs', 0);
  app.decorateRequest('isRefused', false);
  const count = metrics.requestTimes.listener(listener);
  const observe = (request: FastifyRequest, status: number): void => {
    const route = request.routeOptions.url ?? 'unknown';
    // A request that never reached its route took no time worth counting.
    const tookMs = request.startedAtMs === 0 ? 0 : performance.now() - request.startedAtMs;
    count(route, status, tookMs / 1_000);
  };
  const noteRefusal: NoteRefusal = (request, error) => {
    if (request.isRefused) return;
    request.isRefused = true;
    observe(request, error.status);
    const { code, status } = error;
    metrics.refusals.inc({ listener, code });
    const route = request.routeOptions.url ?? 'unknown';
    const fields = { listener, method: request.method, route, status, code };
    // A refusal is the client's affair; a 5xx is ours, and says why.
    if (status >= 500) log.error({ ...fields, err: error.cause ?? error }, 'A request failed');
    else log.info(fields, 'A request was refused');
  };
  app.addHook('onRoute', (route) => {
    const { handler } = route;
    route.handler = function (request, reply) {
      request.startedAtMs = performance.now();
      const answer: unknown = handler.call(this, request, reply);
      if (!(answer instanceof Promise)) {
        if (reply.sent) observe(request, reply.statusCode);
        return answer;
      }
      return answer.then((body: unknown) => {
        if (!request.isRefused) observe(request, reply.statusCode);
        return body;
      });
    };
  });
  app.setErrorHandler((thrown, request, reply) => {
    const error = asGuichetError(thrown);
    noteRefusal(request, error);
    prepareRefusal(reply, error);
    prepare?.(request, reply);
    const detail = sentence(error, request) ?? error.message;
    return reply.type('application/problem+json').send(JSON.stringify(problemBody(error, detail)));
  });
  app.setNotFoundHandler(() => {
    throw new GuichetError('route-unknown');
  });
  return noteRefusal;
}

/** Told of a request that was refused before it became one of Fastify's. */
export type OnRefused = (code: ErrorCode, route?: string) => void;

/** Counts and logs a request that could not be read far enough to become one, or asked for an upgrade in vain. */
export function unreadable({
  listener,
  log,
  metrics,
}: Pick<ProblemParts, 'listener' | 'log' | 'metrics'>): OnRefused {
  return (code, route) => {
    metrics.refusals.inc({ listener, code });
    const { status } = errorCatalogue[code];
    const fields = { listener, ...(route === undefined ? {} : { method: 'GET', route }), status, code };
    if (status >= 500) log.error(fields, 'A request failed');
    else log.info(fields, 'A request was refused');
  };
}

/** Headers that the OpenAPI document knows how to tell of. */
export type AnswerHeader = 'etag' | 'retry-after' | 'cache-control' | 'content-language';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Problems that this route may answer with, beyond those of every route: for the OpenAPI document. */
    problems?: readonly ErrorCode[];
    /** Headers that its successful answers carry, beyond those that every answer of its kind does: for the same. */
    answerHeaders?: readonly AnswerHeader[];
  }
  interface FastifyRequest {
    /** When its route began to answer, monotonic ms; 0: it has not. */
    startedAtMs: number;
    isRefused: boolean;
  }
}
