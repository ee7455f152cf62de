/** What an operator's question makes of a store that does not say: nothing was asked twice, and nothing was changed by it. */
import { GuichetError } from '../domain/errors.ts';
import { StoreUnknownError } from '../store/queue-store.ts';

/** What the store says; throws store-unavailable when it does not. */
export async function answered<Answer>(answer: Promise<Answer>): Promise<Answer> {
  try {
    return await answer;
  } catch (cause) {
    throw cause instanceof StoreUnknownError ? storeUnavailable(cause) : cause;
  }
}

/** To come back in two to five seconds, not all at once. */
export function storeUnavailable(cause?: unknown): GuichetError {
  return new GuichetError('store-unavailable', { retryAfterMs: 2_000 + Math.random() * 3_000, cause });
}
