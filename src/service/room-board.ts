/**
 * One room as this replica sees it: the newest frame, and the tickets whose holders are connected here or
 * looked here lately. Every look and every pushed standing is answered from this, without asking the store.
 *
 * Data comes in by `applyTick` (once a second) and `applySighting`; it goes out by `view` and to watchers.
 * A ticket whose order is beyond the frontier waits; one at or below it is what the store last said.
 */
import type { Clock } from '../domain/clock.ts';
import { type Frame, positionOf } from '../domain/frame.ts';
import type { Room } from '../domain/room.ts';
import { extensionsMax } from '../domain/ticket.ts';
import { WaitEstimator, type WaitRange } from '../domain/wait-estimate.ts';
import type { RememberedEnd, RoomHead, TickAnswer, TicketAnswer } from '../store/queue-store.ts';
import type { RoomEvent } from '../store/room-events.ts';
import {
  isMoved,
  isNews,
  isUncertain,
  isWaiting,
  knownFrom,
  type LocalTicket,
  newLocalTicket,
  onNewDevice,
} from './local-ticket.ts';
import { LocalTickets } from './local-tickets.ts';
import type { QueueClaims } from './queue-token.ts';
import { roomChanges } from './room-changes.ts';
import { returnUntilMs } from './return-until.ts';
import { placesLeftOf, standingReason } from './standing-reason.ts';
import type { Standing, StandingReason, TicketView } from './ticket-view.ts';

/** When the next tick is this late, updates are interrupted. */
const staleAfterMs = 4_000;
/** A visitor is seen at least this often. */
const heartbeatMaxMs = 40_000;
const pollMinMs = 2_000;

export class RoomBoard {
  readonly roomId: string;
  readonly tickets = new LocalTickets();
  /** How often this room is ticked here; kept by the releaser. */
  tickEveryMs = 1_000;
  readonly #clock: Clock;
  readonly #endOf: (ticketId: string) => RememberedEnd | undefined;
  readonly estimator = new WaitEstimator();
  #room: Room | null = null;
  #head: RoomHead | null = null;
  #frame: Frame | null = null;
  #asOf: string | null = null;
  #confirmedAtMs = Number.NEGATIVE_INFINITY;
  #recoveredUntilMs = 0;
  #stateSeenAtMs = 0;

  constructor(roomId: string, clock: Clock, endOf: (ticketId: string) => RememberedEnd | undefined) {
    this.roomId = roomId;
    this.#clock = clock;
    this.#endOf = endOf;
  }

  /** Policy and state; null until the first tick. */
  get room(): Room | null {
    return this.#room;
  }
  get frame(): Frame | null {
    return this.#frame;
  }
  /** When the frame was made, ISO 8601: what is told of the room was true then. */
  get asOf(): string | null {
    return this.#asOf;
  }
  get head(): RoomHead | null {
    return this.#head;
  }
  /** Age of the newest confirmed tick. */
  get ageMs(): number {
    return this.#clock.monotonicMs() - this.#confirmedAtMs;
  }
  /** Whether a confirmed tick came lately enough. */
  get isFresh(): boolean {
    return this.ageMs <= this.tickEveryMs + staleAfterMs;
  }
  /** How long this replica has known the room in its present state. */
  get stateAgeMs(): number {
    return this.#clock.monotonicMs() - this.#stateSeenAtMs;
  }
  /** Whether what was lost is still being put together: nobody is let in meanwhile. */
  get isRecovering(): boolean {
    return (this.#head?.clockMs ?? 0) < this.#recoveredUntilMs;
  }
  /** How often a visitor is seen: a third of the presence time, at most 40 s. */
  get heartbeatMs(): number {
    return Math.min(heartbeatMaxMs, Math.floor((this.#room?.policy.presentWithinMs ?? 120_000) / 3));
  }

  /**
   * A ticket of this room, known here from now on. A token of a later generation ends the earlier, whose watchers are
   * told that their ticket moved; one of an earlier generation gets a ticket of its own that says so.
   */
  ticket(claims: QueueClaims): LocalTicket {
    const known = this.tickets.get(claims.ticketId);
    if (!known) return this.newTicket(claims);
    const { gen, expiresAtMs } = known.claims;
    if (claims.gen < gen) return { ...newLocalTicket(claims), known: { kind: 'moved' } };
    if (claims.gen > gen) return this.#moveTicket(known, claims);
    if (claims.expiresAtMs > expiresAtMs) known.claims = claims;
    return known;
  }

  #moveTicket(before: LocalTicket, claims: QueueClaims): LocalTicket {
    const ticket = onNewDevice(before, claims);
    this.tickets.replace(before, ticket);
    this.#tell(before, { kind: 'moved' }, before.knownAtEvent);
    return ticket;
  }

  /** The same for a ticket that was made just now. */
  newTicket(claims: QueueClaims): LocalTicket {
    const ticket = newLocalTicket(claims);
    this.tickets.add(ticket);
    return ticket;
  }

  /** Takes in a tick's answer; returns whether every local ticket must be sighted again. */
  applyTick(head: RoomHead, answer: TickAnswer): { resight: boolean } {
    const newEpoch = this.#head !== null && this.#head.epochId !== head.epochId;
    const newRun = this.#head !== null && this.#head.startedUs !== head.startedUs;
    if (newRun) this.#beginAnew();
    this.#head = head;
    this.#frame = answer.frame;
    this.#asOf = new Date(answer.frame.nowUs / 1_000).toISOString();
    this.#confirmedAtMs = this.#clock.monotonicMs();
    this.estimator.record(answer.frame);
    if (answer.room) this.#applyRoom(answer.room);
    for (const event of answer.events) this.#applyEvent(event);
    const forgotten = this.#room?.state === 'closed' ? this.tickets.forgetUpTo(head.purgedUs) : [];
    for (const ticket of forgotten) this.#tell(ticket, { kind: 'gone' }, head.eventNumber);
    return { resight: newEpoch || answer.gap };
  }

  /** A new run of the room: its versions and event numbers start anew. */
  #beginAnew(): void {
    this.#room = null;
    for (const ticket of this.tickets) ticket.knownAtEvent = 0;
    this.tickets.dropUnwatched();
  }

  #applyRoom(room: Room): void {
    const before = this.#room;
    if (before && before.version >= room.version) return;
    this.#room = room;
    if (before?.state !== room.state) this.#stateSeenAtMs = this.#clock.monotonicMs();
    const what = roomChanges(before, room);
    if (!what.state && !what.notice) return;
    for (const { watchers } of this.tickets.watched.values()) {
      for (const watcher of watchers) watcher.roomChanged(room, what);
    }
  }

  #applyEvent(event: RoomEvent): void {
    if (event.type === 'room') return;
    if (event.type === 'recovered') {
      this.#recoveredUntilMs = event.atMs + (this.#room?.policy.recoverWithinMs ?? 0);
      return;
    }
    for (const ticketId of event.ticketIds) {
      const ticket = this.tickets.get(ticketId);
      if (!ticket) continue;
      // Only an event names its release: also of an admission that a sighting told first.
      if (event.type === 'admitted') ticket.releaseNumber = event.releaseNumber;
      if (event.type === 'moved' && ticket.claims.gen >= event.gen) continue;
      if (ticket.knownAtEvent >= event.eventNumber) continue;
      this.#tell(ticket, knownFrom(event, ticket), event.eventNumber);
    }
  }

  /** Takes in what the store said of one ticket when the room was at `eventNumber`. */
  applySighting(ticket: LocalTicket, answer: TicketAnswer, eventNumber: number): void {
    if (answer.kind === 'unknown' || eventNumber < ticket.knownAtEvent) return;
    if ('order' in answer && answer.order > 0 && answer.order < ticket.claims.order) {
      ticket.claims = { ...ticket.claims, order: answer.order };
    }
    this.#tell(ticket, answer, eventNumber);
  }

  #tell(ticket: LocalTicket, known: TicketAnswer, eventNumber: number): void {
    if (isMoved(ticket)) return;
    const before = ticket.known;
    ticket.known = known;
    ticket.knownAtEvent = eventNumber;
    // The next admission is another release.
    if (known.kind !== 'admitted') ticket.releaseNumber = null;
    if (!isNews(before, known)) return;
    for (const watcher of ticket.watchers) watcher.ticketChanged(ticket);
  }

  /** Whether the store must be asked before this ticket can be answered for. */
  needsAsking(ticket: LocalTicket): boolean {
    return isUncertain(ticket, this.#head);
  }

  /** What the holder is told now. */
  view(ticket: LocalTicket): TicketView {
    const { known, claims } = ticket;
    const policy = this.#room?.policy;
    const pollAfterMs = Math.min(this.heartbeatMs, pollMinMs);
    if (known === null || isWaiting(known)) return this.#waitingView(ticket);
    switch (known.kind) {
      case 'admitted':
        return {
          kind: 'admitted',
          releaseNumber: ticket.releaseNumber,
          expiresAt: this.#wallOf(known.atMs),
          enterWithinMs: policy?.enterWithinMs ?? 0,
          extensionsLeft: extensionsMax - known.extensions,
          pollAfterMs,
        };
      case 'entered':
        return { kind: 'entered', expiresAt: this.#wallOf(known.atMs), pollAfterMs: this.heartbeatMs };
      case 'lapsed':
        return { kind: 'lapsed', returnUntil: this.#returnUntil(known.atMs), pollAfterMs: this.heartbeatMs };
      case 'moved':
        return { kind: 'gone', reason: 'moved' };
      case 'gone':
        return { kind: 'gone', reason: claims.order < (this.#head?.startedUs ?? 0) ? 'earlier-run' : 'over' };
      default:
        return { kind: 'ended', outcome: this.#endOf(claims.ticketId)?.outcome ?? null };
    }
  }

  #returnUntil(clockMs: number): string {
    if (!this.#room) return this.#wallOf(clockMs);
    const nowMs = this.#head?.wallMs ?? this.#clock.wallMs();
    const untilMs = returnUntilMs(this.#room, { lapsedAtMs: this.wallMsOf(clockMs), nowMs });
    return new Date(untilMs).toISOString();
  }

  #waitingView(ticket: LocalTicket): TicketView {
    const standing = this.standing(ticket);
    const far = standing.position === null || standing.position > 1_000;
    const near = standing.position !== null && standing.position <= 100;
    const paceMs = far ? 15_000 : near ? pollMinMs : 5_000;
    return { kind: 'waiting', standing, pollAfterMs: Math.min(this.heartbeatMs, paceMs) };
  }

  /** What the holder of an order would be told of the wait; null while nobody is let in, or it is not known yet. */
  outlook(order: number): { position: number; expectedWaitMs: WaitRange } | null {
    const position = this.#frame && positionOf(this.#frame, order);
    const expectedWaitMs = this.#expectedWaitMs(position, standingReason(this, position) ?? 'queued');
    return position === null || expectedWaitMs === null ? null : { position, expectedWaitMs };
  }

  /** What somebody at this position would be told: how long, and why. */
  waitAt(position: number): { reason: StandingReason; expectedWaitMs: WaitRange | null } {
    const reason = standingReason(this, position) ?? 'queued';
    return { reason, expectedWaitMs: this.#expectedWaitMs(position, reason) };
  }

  #expectedWaitMs(position: number | null, reason: StandingReason): WaitRange | null {
    const moves = reason === 'queued' || reason === 'returned' || reason === 'beyond-places';
    return moves && this.#room && position !== null
      ? this.estimator.estimate(position, this.#head?.held ?? 0, this.#room.policy)
      : null;
  }

  /** Where a waiting ticket stands, and why. */
  standing(ticket: LocalTicket): Standing {
    const frame = this.#frame;
    const position = frame === null ? null : (positionOf(frame, ticket.claims.order) ?? ticket.shownPosition);
    if (position !== null) {
      if (ticket.shownPosition !== null && position > ticket.shownPosition) {
        ticket.riseReason = this.isRecovering ? 'recovered' : 'returned';
      } else if (ticket.shownPosition !== null && position < ticket.shownPosition) ticket.riseReason = null;
      ticket.shownPosition = position;
    }
    const reason = standingReason(this, position) ?? ticket.riseReason ?? 'queued';
    return {
      position,
      // Someone who joined after the frame was made waits, too.
      waiting: Math.max(frame?.waiting ?? 0, position ?? 0),
      expectedWaitMs: this.#expectedWaitMs(position, reason),
      reason,
      placesLeft: this.placesLeft,
      asOf: this.#asOf ?? new Date(this.#clock.wallMs()).toISOString(),
    };
  }

  /** Places the origin has not given away; null when it does not count them. */
  get placesLeft(): number | null {
    return placesLeftOf(this);
  }

  /** A room-clock time as wall time: what people can read. It moves when the room clock stands still. */
  wallMsOf(clockMs: number): number {
    return this.#head ? this.#head.wallMs + (clockMs - this.#head.clockMs) : this.#clock.wallMs();
  }

  #wallOf(clockMs: number): string {
    return new Date(this.wallMsOf(clockMs)).toISOString();
  }
}
