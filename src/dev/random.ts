/**
 * Seeded randomness for rehearsals: the same seed and stream give the same crowd on every machine, so a run that broke
 * a promise can be run again. Not for secrets.
 */

/** One stream of pseudo-random draws. Streams are independent of each other and of how far the others have been read. */
export type Random = {
  /** In [0, 1). */
  next(): number;
  /** In [from, to), uniformly. */
  between(from: number, to: number): number;
  /** True with the given probability. */
  chance(probability: number): boolean;
  /** Exponentially distributed around the mean: the gaps between people who come independently of each other. */
  exponential(mean: number): number;
};

/** The stream of this number under this seed (both taken as 32-bit integers). Generator: mulberry32 (public domain). */
export function randomStream(seed: number, stream: number): Random {
  // The multiplication spreads neighbouring streams over the whole state; without it their first draws are alike.
  let state = (Math.imul(seed | 0, 0x9e3779b1) ^ Math.imul((stream | 0) + 1, 0x85ebca6b)) | 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  return {
    next,
    between: (from, to) => from + next() * (to - from),
    chance: (probability) => next() < probability,
    exponential: (mean) => -Math.log(1 - next()) * mean,
  };
}
