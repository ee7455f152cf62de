/**
 * One visitor of a rush, from arrival to the end of their story: joins, waits, takes their turn, registers; or does one
 * of the things people do instead (rush-plan.ts). Everything done and told is noted in the history.
 */
import { TicketClient, type TicketState } from './rush-client.ts';
import type { FinalState, HistoryEvent, HistoryRecord } from './rush-history.ts';
import { send } from './rush-http.ts';
import { LiveTicket } from './rush-live.ts';
import type { VisitorPlan } from './rush-plan.ts';
import { visitSite } from './rush-site.ts';

export type QueueWorld = {
  roomId: string;
  publicUrls: readonly string[];
  /** Date.now at which the first may arrive. */
  startAt: number;
  record: (record: HistoryRecord) => void;
  /** Visitors who cannot join, or whom the site keeps failing, go away after so long. */
  patienceMs: number;
  /** Where the site is reached from here, if not at the address that the room sends people to; no slash at its end. */
  siteUrl?: string;
};

type End = { kind: 'over'; state: FinalState; why: string };
type State = TicketState | End;

const sharedAfterMs = 300;
const joinsAgainAfterMs = { least: 1_000, most: 3_000 };
/** A second turn that was given by mistake shows within this time, at the pace of a rush. */
const secondTurnWithinMs = 30_000;

/** Plays one visitor; resolves when their story is over. */
export async function playVisitor(world: QueueWorld, visitor: number, plan: VisitorPlan): Promise<void> {
  await new QueueVisitor(world, visitor, plan).play();
}

/** Resolves after `ms`; at least one turn of the event loop. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
}

class QueueVisitor {
  readonly #world: QueueWorld;
  readonly #plan: VisitorPlan;
  readonly #client: TicketClient;
  readonly #live: LiveTicket;
  readonly #note: (event: HistoryEvent, node?: number) => void;
  #joinedAt = 0;
  #nextAct = 0;
  #sleepsThroughTurn: boolean;

  constructor(world: QueueWorld, visitor: number, plan: VisitorPlan) {
    const { roomId, publicUrls } = world;
    const { random, polls } = plan;
    this.#world = world;
    this.#plan = plan;
    this.#sleepsThroughTurn = plan.sleepsThroughTurn;
    this.#note = (event, node) =>
      world.record({ t: Date.now(), visitor, ...event, ...(node === undefined ? {} : { node }) });
    const note = this.#note;
    this.#client = new TicketClient({ roomId, publicUrls, random, note, sleep });
    this.#live = new LiveTicket({
      roomId,
      client: this.#client,
      polls,
      note,
      sleep,
      draw: () => random.next(),
    });
  }

  async play(): Promise<void> {
    await sleep(this.#world.startAt + this.#plan.arriveAfterMs - Date.now());
    const joined = await this.#client.join(Date.now() + this.#world.patienceMs);
    this.#joinedAt = Date.now();
    let state: State = joined ?? { kind: 'over', state: 'gave-up', why: 'could not join' };
    while (state.kind !== 'over') state = await this.#go(state);
    this.#live.close();
    if (state.state === 'completed') this.#note({ op: 'confirmed', outcome: 'ok' });
    this.#note({ op: 'final', outcome: 'ok', state: state.state, why: state.why });
    if (state.state === 'completed' && this.#plan.joinsAgain) await this.#joinAgain();
  }

  #go(state: TicketState): Promise<State> {
    switch (state.kind) {
      case 'waiting':
        return this.#wait();
      case 'admitted':
        return this.#takeTurn();
      case 'lapsed':
        return this.#comeBack();
      case 'entered':
        return this.#enter();
      case 'ended': {
        const completed = state.how === 'completed';
        const end = completed ? 'completed' : 'lost';
        return Promise.resolve({ kind: 'over', state: end, why: `ended: ${state.how}` });
      }
      case 'gone':
        return Promise.resolve({ kind: 'over', state: 'lost', why: `gone: ${state.reason}` });
    }
  }

  /** Until something other than waiting is told, or the visitor has had enough. */
  async #wait(): Promise<State> {
    for (;;) {
      const act = this.#plan.acts[this.#nextAct];
      const state = await this.#live.next(
        act === undefined ? Number.MAX_SAFE_INTEGER : this.#joinedAt + act.afterMs,
      );
      if (state !== null && state.kind !== 'waiting') return state;
      if (state !== null || act === undefined) continue;
      this.#nextAct += 1;
      this.#live.close();
      if (act.act === 'close-tab') return gaveUp('closed the tab');
      if (act.act === 'leave') {
        await this.#client.leave();
        return gaveUp('left');
      }
      if (act.act === 'sleep') await sleep(this.#plan.sleepMs);
      if (act.act === 'reload') {
        const found = await this.#client.look();
        if (found.kind !== 'waiting') return found;
      }
    }
  }

  async #takeTurn(): Promise<State> {
    if (this.#plan.closesAtTurn) {
      this.#live.close();
      return gaveUp('closed the tab at their turn');
    }
    if (this.#sleepsThroughTurn) {
      this.#sleepsThroughTurn = false;
      for (;;) {
        const state = await this.#live.next(Number.MAX_SAFE_INTEGER);
        if (state !== null && state.kind !== 'admitted') return state;
      }
    }
    await sleep(this.#plan.reactionMs);
    if (this.#plan.extends) {
      const state = await this.#client.extend(1);
      if (state.kind !== 'admitted') return state;
      await sleep(this.#plan.reactionMs);
    }
    return this.#enter();
  }

  async #comeBack(): Promise<State> {
    await sleep(this.#plan.reactionMs);
    // What the socket said before the button was pressed is no longer news.
    this.#live.close();
    return this.#client.comeBack();
  }

  async #enter(): Promise<State> {
    const entered = await this.#client.enter();
    this.#live.close();
    if ('kind' in entered) return entered;
    const { siteUrl } = this.#world;
    const { pathname, search } = new URL(entered.redirectUrl);
    const redirectUrl = siteUrl === undefined ? entered.redirectUrl : `${siteUrl}${pathname}${search}`;
    if (this.#plan.sharesHandOver) void this.#shareHandOver(redirectUrl);
    const outcome = await visitSite({
      arrivalUrl: redirectUrl,
      plan: this.#plan,
      patienceUntil: Date.now() + this.#world.patienceMs,
      sleep,
      onError: () => {},
    });
    switch (outcome) {
      case 'confirmed':
        return { kind: 'over', state: 'completed', why: 'registered' };
      case 'logged-out':
        return gaveUp('logged out');
      case 'closed-tab':
        return gaveUp('closed the tab on the site');
      case 'out-of-patience':
        return gaveUp('the site kept failing');
      case 'turned-away':
        return this.#client.look();
    }
  }

  /** Somebody else with the same address: the site's ledger shows if they got in. */
  async #shareHandOver(redirectUrl: string): Promise<void> {
    await sleep(sharedAfterMs);
    await send({ method: 'GET', url: redirectUrl }).catch(() => null);
  }

  /** A ticket that is over must not take a second turn; if it does, the history shows the admission. */
  async #joinAgain(): Promise<void> {
    await sleep(this.#plan.random.between(joinsAgainAfterMs.least, joinsAgainAfterMs.most));
    let state = await this.#client.join(Date.now() + secondTurnWithinMs);
    const until = Date.now() + secondTurnWithinMs;
    while (state?.kind === 'waiting' && Date.now() < until) {
      await sleep(state.pollAfterMs);
      state = await this.#client.look();
    }
    if (state?.kind === 'waiting' || state?.kind === 'admitted') await this.#client.leave();
  }
}

function gaveUp(why: string): End {
  return { kind: 'over', state: 'gave-up', why };
}
