/**
 * The same visitor without a waiting room: straight to the site, reloading on errors until it works or patience ends.
 */
import type { VisitorPlan } from './rush-plan.ts';
import { visitSite } from './rush-site.ts';
import { sleep } from './rush-visitor.ts';

/** Added up over the visitors of one generator. `errors`: pages that did not come. */
export type DirectTally = { completed: number; gaveUp: number; errors: number };

export type DirectWorld = {
  siteUrl: string;
  startAt: number;
  /** Date.now at which everybody goes home. */
  endAt: number;
  tally: DirectTally;
};

/** Plays one visitor; resolves when they are through or have given up. */
export async function playDirectVisitor(world: DirectWorld, plan: VisitorPlan): Promise<void> {
  const { tally } = world;
  await sleep(Math.min(world.startAt + plan.arriveAfterMs, world.endAt) - Date.now());
  if (Date.now() >= world.endAt) return;
  await sleep(plan.reactionMs);
  const outcome = await visitSite({
    arrivalUrl: world.siteUrl,
    plan,
    patienceUntil: Math.min(Date.now() + plan.patienceMs, world.endAt),
    sleep,
    onError: () => {
      tally.errors += 1;
    },
  });
  if (outcome === 'confirmed') tally.completed += 1;
  else tally.gaveUp += 1;
}
