/**
 * The waiting page in every situation that it has words for, made from one room's page: for the preview that operators
 * see before an opening, and for tests and pictures. Figures and times are examples; words and looks are the room's.
 */
import type { LocalizedText } from '../domain/room.ts';
import type { PageProblem, PageRoom, RoomPage, StandingReason, TicketView } from './room-page-model.ts';
import { problemText } from './room-page-problem.ts';

const reasons: { [reason in StandingReason]: true } = {
  queued: true,
  'not-open-yet': true,
  paused: true,
  closed: true,
  bypass: true,
  holding: true,
  'in-trouble': true,
  'no-places-left': true,
  'beyond-places': true,
  'updates-interrupted': true,
  returned: true,
  recovered: true,
};
/** Every reason that the page has words for. */
export const pageReasons = Object.keys(reasons) as StandingReason[];

const waitingExample = 1_834;
const numberExample = 2_047;
const pauseExample: LocalizedText = { fr: 'Le paiement est en panne.', en: 'Payment is down.' };

/** Pages of one room, made from that of someone who has no number. */
export class RoomPageStates {
  readonly #base: RoomPage;

  constructor(base: RoomPage) {
    this.#base = base;
  }

  /** An instant so many minutes after the page was made. */
  inMinutes(minutes: number): string {
    return new Date(this.#base.nowMs + minutes * 60_000).toISOString();
  }

  /** The page of someone who has no number, in a room of which this is different. */
  without(changes: Partial<PageRoom> = {}): RoomPage {
    const { room } = this.#base;
    return { ...this.#base, room: { ...room, ...changes } };
  }

  /** The page of someone with a number. */
  with(view: TicketView, changes: Partial<PageRoom> = {}): RoomPage {
    const ticket = { number: numberExample, view, keptUntil: this.inMinutes(72 * 60) };
    return { ...this.without(changes), ticket, queueToken: 'a.queue.token' };
  }

  /** The page of someone without a number whose request was refused. */
  refused(code: PageProblem, retryAfterMs: number | null = null, changes: Partial<PageRoom> = {}): RoomPage {
    const problem = { code, text: problemText(code, this.#base.language, retryAfterMs) };
    return { ...this.without(changes), problem };
  }

  /** A waiting ticket. */
  waiting(
    position: number | null,
    reason: StandingReason = 'queued',
    expectedWaitMs: { low: number; high: number } | null = null,
    placesLeft: number | null = null,
  ): TicketView {
    const asOf = this.inMinutes(0);
    return {
      kind: 'waiting',
      standing: { position, waiting: waitingExample, expectedWaitMs, reason, placesLeft, asOf },
    };
  }

  /** A turn that has come, with so many minutes left. */
  turn(minutesLeft = 5, extensionsLeft = 10): TicketView {
    const { enterWithinMs } = this.#base.room;
    return { kind: 'admitted', expiresAt: this.inMinutes(minutesLeft), enterWithinMs, extensionsLeft };
  }

  /** Every situation, by a name. */
  all(): Map<string, RoomPage> {
    return new Map([
      ...this.#withoutNumber(),
      ...this.#inLine(),
      ...this.#turns(),
      ...this.#aside(),
      ...pageReasons.map((reason) => [`waiting: ${reason}`, this.with(this.waiting(212, reason))] as const),
      ...(['completed', 'gave-up', 'left', 'expired', null] as const).map(
        (outcome) => [`ended: ${outcome}`, this.with({ kind: 'ended', outcome })] as const,
      ),
      ...(['over', 'earlier-run', 'moved', 'forgotten'] as const).map(
        (reason) => [`gone: ${reason}`, this.with({ kind: 'gone', reason })] as const,
      ),
      ...this.#refusals(),
    ]);
  }

  #withoutNumber(): [string, RoomPage][] {
    const { joinFrom, opensAt, closesAt, reason } = this.#base.room;
    return [
      ['join', this.without()],
      ['join: nobody waits', this.without({ waiting: 0 })],
      ['scheduled', this.without({ state: 'scheduled', opensAt: opensAt ?? this.inMinutes(3_000) })],
      [
        'scheduled, joining later',
        this.without({
          state: 'scheduled',
          joinFrom: joinFrom ?? this.inMinutes(25),
          opensAt: opensAt ?? this.inMinutes(85),
          closesAt: closesAt ?? this.inMinutes(565),
        }),
      ],
      ['paused', this.without({ state: 'paused', reason: reason ?? pauseExample })],
      ['draining', this.without({ state: 'draining' })],
      ['closed', this.without({ state: 'closed' })],
      ['bypass', this.without({ state: 'bypass' })],
      ['no places', this.without({ placesLeft: { count: 0, asOf: this.inMinutes(0) } })],
    ];
  }

  #inLine(): [string, RoomPage][] {
    const soon = { state: 'scheduled', opensAt: this.inMinutes(42) } as const;
    const scarce = this.waiting(212, 'queued', { low: 740_000, high: 1_030_000 }, 940);
    return [
      ['next', this.with(this.waiting(1, 'queued', { low: 0, high: 40_000 }))],
      ['near', this.with(this.waiting(8, 'queued', { low: 60_000, high: 220_000 }))],
      ['in line', this.with(this.waiting(212, 'queued', { low: 740_000, high: 1_030_000 }))],
      ['far back', this.with(this.waiting(1_702, 'queued', { low: 5_900_000, high: 8_100_000 }))],
      ['position unknown', this.with(this.waiting(null))],
      [
        'waiting: places are scarce',
        this.with(scarce, { placesLeft: { count: 940, asOf: this.inMinutes(0) } }),
      ],
      ['offline', { ...this.with(this.waiting(212)), updates: 'offline' }],
      ['connection interrupted', { ...this.with(this.waiting(212)), updates: 'interrupted' }],
      ['waiting: not open yet, soon', this.with(this.waiting(212, 'not-open-yet'), soon)],
    ];
  }

  #turns(): [string, RoomPage][] {
    return [
      ['turn', this.with(this.turn())],
      ['turn, last minute', this.with(this.turn(0.8, 1))],
      ['turn, no extension left', this.with(this.turn(4, 0))],
      ['inside', this.with({ kind: 'entered', expiresAt: this.inMinutes(20) })],
      ['missed', this.with({ kind: 'lapsed', returnUntil: this.inMinutes(1_200) })],
      ['too early', { ...this.with(this.waiting(3)), problem: this.refused('not-admitted').problem }],
    ];
  }

  /** What one can do about going away. */
  #aside(): [string, RoomPage][] {
    const page = this.with(this.waiting(212));
    const address = `https://attente.example.org/rooms/${this.#base.room.roomId}/resume`;
    const resume = { code: 'K7QXM-2PD93', address, until: this.inMinutes(72 * 60) };
    const emails: [string, RoomPage][] = [
      ['e-mail noted', { ...page, email: { underMinutes: 15 } }],
      ['e-mail sent before', { ...page, email: 'sent' }],
      ['e-mail withdrawn', { ...page, email: 'withdrawn' }],
    ];
    return [['code shown', { ...page, resume }], ...(this.#base.email === 'not-offered' ? [] : emails)];
  }

  #refusals(): [string, RoomPage][] {
    const refusals: [PageProblem, Partial<PageRoom>][] = [
      ['room-full', {}],
      ['no-places-left', { placesLeft: { count: 0, asOf: this.inMinutes(0) } }],
      ['room-closed', { state: 'closed' }],
      ['room-not-open-yet', { state: 'scheduled', joinFrom: this.inMinutes(25) }],
      ['token-refused', {}],
      ['cookies-refused', {}],
      ['pass-not-kept', {}],
      ['target-refused', {}],
      ['store-unavailable', {}],
      ['internal-error', {}],
    ];
    return [
      ...refusals.map(([code, changes]): [string, RoomPage] => [
        `refused: ${code}`,
        this.refused(code, null, changes),
      ]),
      ['refused: rate-limited', this.refused('rate-limited', 8_000)],
    ];
  }
}

/** Pages on which one takes one's place back on another device: what is on them besides the room. */
export function resumeStates(
  states: RoomPageStates,
): Map<string, { page: RoomPage; code: string; replaces: number | null }> {
  const code = 'K7QXM2PD93';
  return new Map([
    ['resume', { page: states.without(), code: '', replaces: null }],
    ['resume: replaces a number', { page: states.without(), code, replaces: numberExample + 3 }],
    ['resume: code-unknown', { page: states.refused('code-unknown'), code, replaces: null }],
    ['resume: code-used', { page: states.refused('code-used'), code, replaces: null }],
  ]);
}
