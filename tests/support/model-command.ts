/** How a command of the model test is made: by name and words, so that a counter-example can be replayed. */
import fc from 'fast-check';
import type { World } from './model-world.ts';

export type Step = fc.AsyncCommand<World, World>;
/** A world looked at, to see whether a command makes sense. */
export type Seen = Readonly<World>;

/** A kind of command: `steps` makes any, `step` the one with these words, as a failure prints it. */
export function command<Words>(
  name: string,
  words: fc.Arbitrary<Words>,
  { may = () => true, run }: { may?: (world: Seen, words: Words) => boolean; run: Run<Words> },
): { step: (words: Words) => Step; steps: fc.Arbitrary<Step> } {
  const step = (given: Words): Step => ({
    check: (world) => may(world, given),
    run: (world) => run(world, given),
    toString: () => `${name}.step(${JSON.stringify(given)})`,
  });
  return { step, steps: words.map(step) };
}
type Run<Words> = (world: World, words: Words) => Promise<void>;

/** One of the two replicas. */
export const replica = fc.nat({ max: 1 });
/** Somebody, by a number taken modulo how many there are. */
export const who = fc.nat({ max: 60 });
/** Now and then a reply is lost, and the call repeated. */
export const lost = fc.integer({ min: 0, max: 5 }).map((drawn) => drawn === 5);
