/** What an answer means for a batch, and when the next try is. */
import { buryReasons, type DeliveryOutcome } from '../store/delivery-store.ts';
import type { WebhookAnswer } from './webhook-sender.ts';

/** After the first failed try, the second, …; then the last of them again and again. */
const againAfterMs = [1_000, 2_000, 5_000, 10_000, 30_000] as const;
/** What a receiver may ask for. */
const retryAfterMinMs = 1_000;
const retryAfterMaxMs = 300_000;

/** Why a batch is tried no more. */
export { buryReasons };

/** What became of a try; in metrics. */
export type DeliveryResult = 'delivered' | 'failed' | 'refused' | 'disabled' | 'aborted';

/** When a batch is tried again after its `tries`th try failed. */
function againInMs(tries: number): number {
  return againAfterMs[Math.min(Math.max(tries, 1), againAfterMs.length) - 1] as number;
}

/** The time in a `Retry-After`, from now, within bounds: seconds or an HTTP date; null for anything else. */
function retryAfterMs(text: string | null, wallMs: number): number | null {
  const trimmed = text?.trim() ?? '';
  const ms = /^\d{1,9}$/.test(trimmed)
    ? Number(trimmed) * 1_000
    : /^[A-Z][a-z]+,? /.test(trimmed)
      ? Date.parse(trimmed) - wallMs
      : Number.NaN;
  if (Number.isNaN(ms)) return null;
  return Math.min(retryAfterMaxMs, Math.max(retryAfterMinMs, ms));
}

/** 2xx: the origin has it. 410: it wants no more. Anything else, a redirect too, is tried again. */
export function outcomeOf(
  answer: WebhookAnswer,
  { tries, wallMs }: { tries: number; wallMs: number },
): { result: DeliveryResult; outcome: DeliveryOutcome } {
  const again = againInMs(tries);
  if (answer.kind === 'refused') {
    return {
      result: 'refused',
      outcome: { kind: 'failed', againInMs: again, error: 'the address is not allowed' },
    };
  }
  if (answer.kind === 'unanswered') {
    return {
      result: 'failed',
      outcome: { kind: 'failed', againInMs: again, error: `no answer: ${answer.code}` },
    };
  }
  const { status, retryAfter } = answer;
  const error = `answered ${status}`;
  if (status >= 200 && status < 300) return { result: 'delivered', outcome: { kind: 'delivered' } };
  if (status === 410) return { result: 'disabled', outcome: { kind: 'disabled', error } };
  const asked = status === 429 || status === 503 ? retryAfterMs(retryAfter, wallMs) : null;
  return { result: 'failed', outcome: { kind: 'failed', againInMs: asked ?? again, error } };
}
