/**
 * One visitor of a crowd: arrives within a short time, waits, enters, stays and goes; and what is measured of it. Each
 * virtual user is one visitor. The thresholds are promises to visitors; a pace is not among them, since it is the room's
 * policy that sets it.
 */
import { Counter, Rate, Trend } from 'k6/metrics';
import type { Options } from 'k6/options';
import { arrivalMs, patienceMs, stayMs, visitors } from './settings.ts';
import { enter, finish, join, leave, newIdempotencyKey, pause, type Response, ticketOf } from './visitor.ts';
import { waitForTurn } from './waiting.ts';

const joined = new Rate('guichet_joined');
const lost = new Rate('guichet_lost');
const entered = new Counter('guichet_entered');
const gaveUp = new Counter('guichet_gave_up');
const turnedAway = new Counter('guichet_turned_away');
const liveFailed = new Rate('guichet_live_failed');
const positionRose = new Counter('guichet_position_rose');
const waitMs = new Trend('guichet_wait_ms', true);
const firstStandingMs = new Trend('guichet_first_standing_ms', true);

/** Arrivals, the wait, the stay, and time to write everything down. */
const longestMs = arrivalMs + patienceMs + 10 * stayMs + 60_000;

export const crowd = {
  executor: 'per-vu-iterations',
  vus: visitors,
  iterations: 1,
  maxDuration: `${Math.ceil(longestMs / 1_000)}s`,
} as const;

export const crowdThresholds: NonNullable<Options['thresholds']> = {
  // Everybody who comes gets a ticket or a plain refusal, 99 % of them within 5 s.
  guichet_joined: ['rate==1'],
  'http_req_duration{name:join}': ['p(99)<5000'],
  // Whoever got a ticket ends in a definite state.
  guichet_lost: ['rate==0'],
  // What is shown comes quickly and never goes back without a reason.
  guichet_first_standing_ms: ['p(95)<3000'],
  guichet_position_rose: ['count==0'],
  guichet_live_failed: ['rate<0.01'],
};

/** Reasons for which a position may rise, or is none. */
const reasonsToRise = new Set(['returned', 'recovered', 'imported']);

/** What else the page does around a step, and with its answer. */
export type Around = {
  before: (step: 'join' | 'enter') => void;
  answered: (step: 'join' | 'enter', response: Response) => void;
};

/** From taking a ticket to giving the seat back. */
export async function visit({ before, answered }: Around): Promise<void> {
  before('join');
  const response = await join(newIdempotencyKey());
  answered('join', response);
  const ticket = ticketOf(response);
  const queueToken = ticket?.queueToken;
  // A room that is closed or full says so: an answer, not a loss.
  joined.add(queueToken !== undefined || response.status === 409);
  if (ticket === null || queueToken === undefined) return turnedAway.add(1);

  const arrivedMs = Date.now();
  const turn = await waitForMyTurn(queueToken, arrivedMs);
  waitMs.add(Date.now() - arrivedMs);
  if (turn === 'out-of-patience') {
    lost.add((await leave(queueToken)).status !== 204);
    return gaveUp.add(1);
  }
  if (turn === 'over') return lost.add(true);
  before('enter');
  const admission = await enter(queueToken);
  answered('enter', admission);
  lost.add(admission.status !== 200);
  if (admission.status !== 200) return;
  entered.add(1);
  // Exponential: most stay briefly, some long, none for ever.
  await pause(Math.min(10 * stayMs, -Math.log(1 - Math.random()) * stayMs));
  await finish({ ticketId: ticket.ticketId, queueToken });
}

async function waitForMyTurn(queueToken: string, arrivedMs: number): ReturnType<typeof waitForTurn> {
  let shown: number | null = null;
  let failed = false;
  const turn = await waitForTurn(queueToken, arrivedMs + patienceMs, {
    onStanding: ({ position, reason }) => {
      if (shown === null) firstStandingMs.add(Date.now() - arrivedMs);
      if (position === null) return;
      if (shown !== null && position > shown && !reasonsToRise.has(reason)) positionRose.add(1);
      shown = position;
    },
    onLiveFailure: () => {
      failed = true;
    },
  });
  liveFailed.add(failed);
  return turn;
}
