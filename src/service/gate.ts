/**
 * The gate: says of a request to the site whether its visitor may be there. Proxies ask it for every request, so it
 * answers from the signature, the passes verified before, and the ended ids that the ticks bring: Redis is asked for the
 * first use of a hand-over and for renewals alone, and while it is away those inside go on.
 *
 * Whoever uses the site renews their session: from half of its pass's life on, a request renews it, together with all
 * others of that moment. A pass that is older than what this replica has read of the room is renewed at once, because
 * its end may have been missed.
 */
import type { Clock } from '../domain/clock.ts';
import { GuichetError } from '../domain/errors.ts';
import type { Log } from '../domain/log.ts';
import type { Room } from '../domain/room.ts';
import { handOverIn, isAllowedTarget, withoutHandOver } from '../domain/target-url.ts';
import { passMarginMs } from '../domain/ticket.ts';
import type { TickAnswer, RoomHead } from '../store/queue-store.ts';
import { GateArrivals } from './gate-arrivals.ts';
import { GateClock, standstillMaxMs } from './gate-clock.ts';
import { GatePasses, type VerifiedPass } from './gate-passes.ts';
import { type GateAnswer, type GateQuestion, isRead } from './gate-question.ts';
import type { Passes } from './passes.ts';
import type { ReplicaMemory } from './replica-memory.ts';
import type { RoomBoard } from './room-board.ts';
import type { Rooms } from './rooms.ts';
import type { SessionRenewals } from './session-renewals.ts';
import type { Sessions } from './sessions.ts';
import type { SigningKeys } from './signing-keys.ts';
import type { SitePages } from './site-pages.ts';

/** A request waits so long for its renewal; the one after it finds it done. Below what proxies wait for a gate. */
const renewalWaitMs = 150;
/** And so long where the store has to say whether the session is there at all. */
const confirmationWaitMs = 1_000;
const renewAgainAfterMs = 2_000;
/** The index of rooms was not read for so long: the store is away. */
const indexOldAfterMs = 4_000;
/** A room that is ticked less often is asleep: nobody was there when it was read last. */
const awakeTickMs = 1_000;

export type GateParts = {
  rooms: Rooms;
  memory: ReplicaMemory;
  passes: Passes;
  keys: Pick<SigningKeys, 'pass'>;
  sessions: Sessions;
  renewals: SessionRenewals;
  pages: SitePages;
  clock: Clock;
  log: Log;
  publicUrl: string;
  /** Someone came to a room that may be ticked slowly. */
  wake: (roomId: string) => void;
};

export class Gate {
  readonly #parts: GateParts;
  readonly #passes: GatePasses;
  readonly #clocks = new Map<string, GateClock>();
  readonly #arrivals = new GateArrivals();
  readonly #startedAtMs: number;

  constructor(parts: GateParts) {
    this.#parts = parts;
    this.#passes = new GatePasses(parts.passes, parts.keys);
    this.#startedAtMs = parts.clock.monotonicMs();
  }

  /** Takes in a room's tick; called before anything else learns of it. */
  ticked(board: RoomBoard, head: RoomHead, answer: TickAnswer): void {
    const { tickEveryMs } = board;
    this.#clockOf(board.roomId).applyTick(head, answer, { ...this.#now(), tickEveryMs });
  }

  /** Forgets a deleted room. */
  forget(roomId: string): void {
    this.#clocks.delete(roomId);
  }

  /** Answers at once wherever that is possible. Never rejects. */
  check(question: GateQuestion): GateAnswer | Promise<GateAnswer> {
    const { rooms, memory, clock } = this.#parts;
    const { roomId } = question;
    const board = rooms.boards.get(roomId);
    const isStarting = clock.monotonicMs() - this.#startedAtMs < indexOldAfterMs;
    if (board?.room) return this.#answer(question, board.room, board);
    const remembered = memory.rooms.get(roomId)?.room;
    if (remembered && !isStarting) return this.#answer(question, remembered, null);
    if (!isStarting && rooms.indexAgeMs > indexOldAfterMs) return this.#answerForUnknown(question);
    return rooms.resolve(roomId).then(
      (resolved) => this.#answer(question, resolved.room as Room, resolved),
      (error: unknown) => {
        if (remembered) return this.#answer(question, remembered, null);
        const isUnknown = error instanceof GuichetError && error.code === 'room-unknown';
        return isUnknown ? this.#refused(question, null) : this.#answerForUnknown(question);
      },
    );
  }

  /** Whose pass this is, if it is good; whatever has ended meanwhile. */
  holderOf(roomId: string, pass: string | null): VerifiedPass | null {
    return pass === null
      ? null
      : this.#passes.find(pass, roomId, this.#parts.clock.wallMs(), standstillMaxMs);
  }

  /** How long the holder of a pass may stay, should nothing be heard of them; null: not inside. Renews nothing. */
  sessionOf(
    roomId: string,
    pass: string | null,
  ): { number: number; expiresAt: string; leftMs: number } | null {
    const room = this.#parts.rooms.boards.get(roomId)?.room ?? this.#parts.memory.rooms.get(roomId)?.room;
    const known = this.holderOf(roomId, pass);
    if (!known || !room || !this.#isGood(known, room, this.#parts.rooms.boards.get(roomId) ?? null))
      return null;
    const { number, expiresAtMs } = known;
    const leftMs = Math.max(0, expiresAtMs - this.#parts.clock.wallMs());
    return { number, expiresAt: new Date(expiresAtMs).toISOString(), leftMs };
  }

  /** Takes in what the site answered to a request, where its proxy tells it. */
  answered(question: GateQuestion, status: number): void {
    const known = this.holderOf(question.roomId, question.pass);
    if (known) this.#parts.pages.seen(known, question, status);
  }

  /** The store is away and the room was never heard of: the signature says that there is one. */
  #answerForUnknown(question: GateQuestion): GateAnswer {
    const known = this.holderOf(question.roomId, question.pass);
    if (!known || this.#parts.clock.wallMs() >= known.expiresAtMs) return this.#refused(question, null);
    return this.#inside(question, known);
  }

  #answer(question: GateQuestion, room: Room, board: RoomBoard | null): GateAnswer | Promise<GateAnswer> {
    const { pages } = this.#parts;
    const { roomId, url } = question;
    const handOver = url === null ? null : handOverIn(url);
    // A form that brings its hand-over is let through: led elsewhere, it would lose what it sends.
    const mayRedirect = question.mayRedirect && isRead(question);
    const isBypassed = room.state === 'bypass';
    // It may have ended meanwhile.
    if (isBypassed) this.#parts.wake(roomId);
    const isOpen = isBypassed || pages.passesThrough(room.policy, url);
    const open = (): GateAnswer =>
      handOver !== null && mayRedirect ? this.#redirect(question, room, null) : { kind: 'open' };
    if (isBypassed || (isOpen && handOver === null)) return open();
    const shown = this.holderOf(roomId, question.pass);
    const known = shown && this.#isGood(shown, room, board) ? shown : null;
    if (known) this.#arrivals.shown(known.ticketId);
    if (handOver !== null) {
      const arrival = this.#arrive({ ...question, mayRedirect }, { room, board, known, handOver });
      // The pages behind one that needs no pass do.
      return isOpen ? arrival.then((answer) => (answer.kind === 'refused' ? open() : answer)) : arrival;
    }
    if (known === null) return this.#refused(question, room);
    return this.#goOn(question, room, board, known);
  }

  /** Whether a verified pass still holds, as far as is known here. */
  #isGood(known: VerifiedPass, { policy, roomId }: Room, board: RoomBoard | null): boolean {
    if (known.isEnded) return false;
    const margin = passMarginMs(policy.sessionTtlMs);
    if (this.#clockOf(roomId).isOver(known.expiresAtMs, margin, this.#now())) return false;
    if (this.#parts.memory.endOf(roomId, known.ticketId)) return false;
    const startedUs = board?.head?.startedUs ?? this.#parts.memory.rooms.get(roomId)?.head.startedUs ?? 0;
    // Of this run of the room: a pass and its room are made by clocks that may differ a little.
    return known.issuedAtMs * 1_000 >= startedUs - 1_000_000;
  }

  /** Inside; renewed first where that is due and possible. */
  #goOn(
    question: GateQuestion,
    room: Room,
    board: RoomBoard | null,
    known: VerifiedPass,
  ): GateAnswer | Promise<GateAnswer> {
    const clock = this.#clockOf(room.roomId);
    // Ends are remembered for as long as a session is now: longer passes are asked about.
    const isLonger = known.expiresAtMs - known.issuedAtMs > room.policy.sessionTtlMs;
    // And whoever came while the room was asleep here may have gone, too.
    const isAsleep = board !== null && board.tickEveryMs > awakeTickMs;
    if (isAsleep) this.#parts.wake(room.roomId);
    const isInDoubt = !clock.wouldKnow(known.confirmedAtMs) || isLonger || isAsleep;
    const isDue = isInDoubt || this.#parts.clock.wallMs() >= known.renewAtMs;
    if (!isDue || !board?.isFresh) return this.#inside(question, known);
    known.renewal ??= this.#renew(board, known);
    return this.#renewed(question, {
      room,
      board,
      known,
      waitMs: isInDoubt ? confirmationWaitMs : renewalWaitMs,
    });
  }

  async #renewed(
    question: GateQuestion,
    { room, known, waitMs }: { room: Room; board: RoomBoard; known: VerifiedPass; waitMs: number },
  ): Promise<GateAnswer> {
    const waited = new AbortController();
    await Promise.race([known.renewal, this.#parts.clock.sleep(waitMs, waited.signal)]);
    waited.abort();
    const now = known.next ?? known;
    return now.isEnded ? this.#refused(question, room) : this.#inside(question, now);
  }

  async #renew(board: RoomBoard, known: VerifiedPass): Promise<void> {
    const { renewals, clock, log } = this.#parts;
    try {
      const pass = await renewals.renew(board, known);
      if (pass === null) known.isEnded = true;
      else this.#passes.renewed(known, pass, clock.wallMs());
    } catch (err) {
      // The session lasts for as long as its pass and more; one of the next requests renews it.
      known.renewAtMs = clock.wallMs() + renewAgainAfterMs;
      if (!(err instanceof GuichetError))
        log.error({ err, roomId: board.roomId }, 'A session was not renewed');
    } finally {
      known.renewal = null;
    }
  }

  #inside(question: GateQuestion, known: VerifiedPass): GateAnswer {
    this.#parts.pages.seen(known, question);
    const { ticketId, expiresAtMs, pass } = known;
    const leftMs = Math.max(0, expiresAtMs - this.#parts.clock.wallMs());
    return { kind: 'inside', ticketId, leftMs, pass: pass === question.pass ? null : pass };
  }

  /** Somebody comes from the room, or reloads the address by which they came. */
  async #arrive(
    question: GateQuestion,
    {
      room,
      board,
      known,
      handOver,
    }: { room: Room; board: RoomBoard | null; known: VerifiedPass | null; handOver: string },
  ): Promise<GateAnswer> {
    const { passes, sessions, clock } = this.#parts;
    const { roomId } = room;
    const claims = passes.verifyHandOver(handOver, roomId, clock.wallMs());
    const isHere = known !== null && (claims === null || claims.ticketId === known.ticketId);
    if (isHere && question.mayRedirect) return this.#redirect(question, room, null);
    if (isHere) return this.#goOn(question, room, board, known);
    if (!claims) return this.#refused(question, room);
    try {
      const { ticketId, pass } = await sessions.redeem(roomId, handOver, null);
      const keepsNone = this.#arrivals.arrived(ticketId);
      if (question.mayRedirect && keepsNone)
        return { kind: 'redirect', location: this.#roomUrl(question, room, keepsNone), pass };
      if (question.mayRedirect) return this.#redirect(question, room, pass);
      const arrived = this.holderOf(roomId, pass);
      return arrived ? this.#inside(question, arrived) : { kind: 'inside', ticketId, leftMs: 0, pass };
    } catch (err) {
      // A proxy would show any other answer to the visitor.
      if (!(err instanceof GuichetError))
        this.#parts.log.error({ err, roomId }, 'A hand-over was not redeemed');
      return this.#refused(question, room, err instanceof GuichetError && err.code === 'hand-over-used');
    }
  }

  #redirect(question: GateQuestion, room: Room, pass: string | null): GateAnswer {
    const location = withoutHandOver(question.url ?? '');
    if (isAllowedTarget(room.policy, location)) return { kind: 'redirect', location, pass };
    const { targetUrl } = room.policy;
    return targetUrl === null
      ? this.#refused({ ...question, url: null }, room)
      : { kind: 'redirect', location: new URL(targetUrl).href, pass };
  }

  #refused(question: GateQuestion, room: Room | null, isUsed = false): GateAnswer {
    // An idle room may have been opened to all meanwhile.
    if (room) this.#parts.wake(room.roomId);
    return { kind: 'refused', location: this.#roomUrl(question, room, isUsed) };
  }

  /** The room, with the address that was asked for; `keepsNone`: to hear that the browser has to keep a cookie. */
  #roomUrl(question: GateQuestion, room: Room | null, keepsNone: boolean): string {
    const { roomId, url } = question;
    const location = new URL(`/rooms/${roomId}`, this.#parts.publicUrl);
    const target = url !== null && isRead(question) ? withoutHandOver(url) : null;
    if (target !== null && room && isAllowedTarget(room.policy, target))
      location.searchParams.set('t', target);
    if (keepsNone) location.searchParams.set('pass', 'not-kept');
    return location.href;
  }

  #clockOf(roomId: string): GateClock {
    let clock = this.#clocks.get(roomId);
    if (!clock) {
      clock = new GateClock(this.#parts.memory.rooms.get(roomId)?.rememberedAtMs ?? null, this.#now());
      this.#clocks.set(roomId, clock);
    }
    return clock;
  }

  #now(): { wallMs: number; monotonicMs: number } {
    const { clock } = this.#parts;
    return { wallMs: clock.wallMs(), monotonicMs: clock.monotonicMs() };
  }
}
