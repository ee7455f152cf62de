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
};

/** Answers every error and unknown address of a listener, and logs one line for each refused request. */
export function answerProblems(
  app: FastifyInstance,
  { listener, log, metrics, sentence }: ProblemParts,
): void {
  app.decorateRequest('refusal', null);
  app.setErrorHandler((thrown, request, reply) => {
    const error = asGuichetError(thrown);
    noteRefusal(request, error);
    prepareRefusal(reply, error);
    const detail = sentence(error, request) ?? error.message;
    return reply.type('application/problem+json').send(JSON.stringify(problemBody(error, detail)));
  });
  app.setNotFoundHandler(() => {
    throw new GuichetError('route-unknown');
  });
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'unknown';
    const status = String(reply.statusCode);
    metrics.requestSeconds.observe({ listener, route, status }, reply.elapsedTime / 1_000);
    const error = request.refusal;
    // A probe that answers "not ready" has refused nobody.
    if (reply.statusCode < 400 || error === null) return;
    const { code } = error;
    metrics.refusals.inc({ listener, code });
    const fields = { listener, method: request.method, route, status: reply.statusCode, code };
    // A refusal is the client's affair; a 5xx is ours, and says why.
    if (reply.statusCode >= 500) log.error({ ...fields, err: error.cause ?? error }, 'A request failed');
    else log.info(fields, 'A request was refused');
  });
}

/** Counts and logs a request that could not be read far enough to become one. */
export function unreadable({
  listener,
  log,
  metrics,
}: Omit<ProblemParts, 'sentence'>): (code: ErrorCode) => void {
  return (code) => {
    metrics.refusals.inc({ listener, code });
    log.info({ listener, status: errorCatalogue[code].status, code }, 'A request was refused');
  };
}

/** Remembers why a request was refused, for its log line. */
export function noteRefusal(request: FastifyRequest, error: GuichetError): void {
  request.refusal = error;
}

declare module 'fastify' {
  interface FastifyRequest {
    refusal: GuichetError | null;
  }
}
