/** What the page asks over HTTP. Nothing waits for long: what accepts a request and never answers is no answer. */
import type { Look } from './live-connection.ts';
import type { LookAnswer } from './live-messages.ts';
import type { PublicRoom } from './room-watch.ts';

const answerWithinMs = 15_000;

export type Answer = { response: Response; body: unknown };

export type Question = {
  method?: 'GET' | 'POST' | 'DELETE';
  queueToken?: string;
  idempotencyKey?: string;
  /** In which sentences are written. */
  language?: string;
  body?: object;
};

/** The ticket's state at an address. Never rejects. */
export async function look(address: string, queueToken: string): Promise<Look> {
  const answer = await ask(address, { queueToken });
  if (answer === null) return { outcome: 'unreachable' };
  const { response, body } = answer;
  if (response.ok && body !== null) return { outcome: 'answer', answer: body as LookAnswer };
  // Only the service itself may say so: a portal or a filter on the way answers 401 and 404, too.
  const { code } = (body ?? {}) as { code?: unknown };
  if (code === 'token-refused') return { outcome: 'refused' };
  if (code === 'room-unknown') return { outcome: 'no-room' };
  // No header, or a date.
  const retryAfterMs = (Number(response.headers.get('retry-after')) || 0) * 1_000;
  return { outcome: 'unavailable', retryAfterMs };
}

/** The room's public state at an address; null: no answer. Never rejects. */
export async function askRoom(address: string): Promise<PublicRoom | null> {
  const answer = await ask(address, {});
  return answer?.response.ok ? (answer.body as PublicRoom | null) : null;
}

/** The answer with its JSON (null: it is something else); null when nothing came in time. */
export async function ask(
  address: string,
  { method = 'GET', queueToken, idempotencyKey, language, body }: Question,
): Promise<Answer | null> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), answerWithinMs);
  const headers = {
    ...(queueToken && { authorization: `Bearer ${queueToken}` }),
    ...(idempotencyKey && { 'idempotency-key': idempotencyKey }),
    ...(language && { 'accept-language': language }),
    ...(body && { 'content-type': 'application/json' }),
  };
  try {
    const response = await fetch(address, {
      method,
      headers,
      body: body ? JSON.stringify(body) : null,
      cache: 'no-store',
      // No cookie, neither sent nor kept.
      credentials: 'omit',
      signal: late.signal,
    });
    return { response, body: await response.json().catch(() => null) };
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
  }
}
