/** What a page says of a request that went wrong. */
import { durationText } from './durations.ts';
import { problemSentence } from './languages.ts';
import type { Language } from './phrases/phrases.ts';
import type { PageProblem } from './room-page-model.ts';
import { Wording } from './wording.ts';

/** The sentence for people, with the time to wait where one is known. */
export function problemText(
  problem: PageProblem,
  language: Language,
  retryAfterMs: number | null = null,
): string {
  const say = new Wording(language);
  const sentence =
    problem === 'cookies-refused' || problem === 'pass-not-kept' || problem === 'target-refused'
      ? say.text(problem)
      : problemSentence(problem, language);
  if (retryAfterMs === null) return sentence;
  // Whole seconds, rounded up like the Retry-After header: never too early.
  const duration = durationText(Math.max(1, Math.ceil(retryAfterMs / 1_000)) * 1_000, say);
  return `${sentence} ${say.text('retry-later', { duration })}`;
}
