/** What the page asks over HTTP. Nothing waits for long: what accepts a request and never answers is no answer. */
import type { Look } from './live-connection.ts';
import type { LookAnswer } from './live-messages.ts';
import type { PublicRoom } from './room-watch.ts';

const answerWithinMs = 15_000;

type Answer = { response: Response; body: unknown };

/** The ticket's state at an address. Never rejects. */
export async function look(address: string, queueToken: string): Promise<Look> {
  const answer = await ask(address, { authorization: `Bearer ${queueToken}` });
  if (answer === null) return { outcome: 'unreachable' };
  const { response, body } = answer;
  if (response.ok && body !== null) return { outcome: 'answer', answer: body as LookAnswer };
  // Only the service itself may say so: a portal or a filter on the way answers 401 and 404, too.
  const { code } = (body ?? {}) as { code?: unknown };
  if (code === 'token-refused' || code === 'room-unknown') return { outcome: 'refused' };
  const retryAfterMs = Number(response.headers.get('retry-after') ?? 0) * 1_000;
  return { outcome: 'unavailable', retryAfterMs: Number.isFinite(retryAfterMs) ? retryAfterMs : 0 };
}

/** The room's public state at an address; null: no answer. Never rejects. */
export async function askRoom(address: string): Promise<PublicRoom | null> {
  const answer = await ask(address, {});
  return answer?.response.ok ? (answer.body as PublicRoom | null) : null;
}

/** The answer with its JSON (null: it is something else); null when nothing came in time. */
async function ask(address: string, headers: Record<string, string>): Promise<Answer | null> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), answerWithinMs);
  try {
    const options = { headers, cache: 'no-store', credentials: 'omit', signal: late.signal } as const;
    const response = await fetch(address, options);
    return { response, body: await response.json().catch(() => null) };
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
  }
}
