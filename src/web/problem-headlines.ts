/** What a page says of more than where one stands. The widget has none of it: it shows the sentence of a refusal alone. */
import type { PlainKey } from './phrases/phrases.ts';
import type { PageProblem, RoomPage } from './room-page-model.ts';
import { type Situation, situationOf } from './room-page-situation.ts';

/** Refusals that are a state of the queue or of the device; all others share one headline. */
const headlines: { readonly [code in PageProblem]?: PlainKey } = {
  'room-full': 'full-headline',
  'room-closed': 'closed-headline',
  'room-not-open-yet': 'not-open-headline',
  'room-bypassed': 'bypass-headline',
  'no-places-left': 'no-places-headline',
  'rate-limited': 'too-many-headline',
  'store-unavailable': 'no-answer-headline',
  'room-unknown': 'no-room-headline',
  'token-refused': 'over-headline',
  'ticket-over': 'over-headline',
  'ticket-moved': 'moved-headline',
  'cookies-refused': 'cookies-headline',
  'pass-not-kept': 'pass-headline',
  'target-refused': 'target-headline',
  'code-unknown': 'code-unknown-headline',
  'code-used': 'code-used-headline',
};

/** What a refusal is called. */
export function problemHeadline(code: PageProblem): PlainKey {
  return headlines[code] ?? 'problem-headline';
}

/**
 * What a page is about: where its visitor stands, or to someone without a number what was refused; and what only a page
 * does, forget a number.
 */
export function pageSituation(page: RoomPage): Situation {
  const { ticket, problem } = page;
  const situation = situationOf(page);
  if (ticket?.view.kind === 'gone' && ticket.view.reason === 'forgotten')
    return { ...situation, headline: 'forgotten-headline' };
  if (ticket !== null || problem === null) return situation;
  return { kind: 'join', headline: problemHeadline(problem.code) };
}
