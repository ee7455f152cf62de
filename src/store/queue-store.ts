/**
 * The port to the queue's state: one method per transition of a room, one Lua file each in the Redis
 * adapter, one contract suite run on both adapters.
 *
 * What always holds, for every method that takes a RoomCursor:
 * - It is atomic, and safe to repeat with the same arguments after a lost reply.
 * - It moves the room clock (see `RoomHead.clockMs`) and checks what the caller knows: a store that knows
 *   less answers `behind` and changes nothing. `recover` then brings it up to the caller's knowledge.
 * - A resolved reply is confirmed as the deployment asks (Redis: WAIT). Otherwise the promise rejects with
 *   StoreUnknownError: the change may have happened or not; repeat it with the same ids.
 * - Batches are bounded by the constants below; a larger one is a programming error and throws RangeError.
 *
 * Ids are UUIDs here; adapters may store them shorter. Deliberately not here: tokens, passes, people's words.
 */
import type { AuditRecord } from '../domain/audit.ts';
import type { Frame } from '../domain/frame.ts';
import type { Room } from '../domain/room.ts';
import type { StoreState } from '../domain/store-state.ts';
import type { EndOutcome, LiveState, TicketRecord } from '../domain/ticket.ts';
import type { RoomEvent } from './room-events.ts';

/** Tickets a join call takes. */
export const joinGatherMax = 500;
/** Tickets a sight call takes. */
export const sightGatherMax = 500;
/** Sessions a keep-alive call takes. */
export const keepAliveGatherMax = 500;
/** Ended tickets a recover call takes; more follow in further calls. */
export const recoverEndedMax = 500;

/** Throws RangeError when a batch is larger than its bound, or emptier than makes sense. */
export function boundedBatch(batch: unknown[], max: number, min = 1): void {
  if (batch.length < min || batch.length > max) {
    throw new RangeError(`a batch has ${min} to ${max} entries, not ${batch.length}`);
  }
}

/** What a caller knows of a room, passed with each call. All zero and empty: nothing. */
export type RoomCursor = {
  epochNumber: number;
  epochId: string;
  /** Newest event number that a confirmed reply named. */
  eventNumber: number;
  lastOrder: number;
};

/** What a confirmed reply says of the room besides its own answer. */
export type RoomHead = RoomCursor & {
  lastNumber: number;
  frontier: number;
  placesUsed: number;
  /** Admitted + inside + assumed. */
  held: number;
  /** The room clock, ms: stands still while nobody can reach the store. */
  clockMs: number;
  /** Store's wall clock, ms. */
  wallMs: number;
  /** When this run of the room began, µs; 0 when made from a rooms file. */
  startedUs: number;
  version: number;
  /** What the room kept of people was deleted when this was the last order: tickets up to it are gone; 0: never. */
  purgedUs: number;
};

/** The room is not there, was deleted, or knows less than the caller. */
export type NotServed = { kind: 'no-room' } | { kind: 'deleted' } | { kind: 'behind' };
/** A served reply: what the room is at now, and the answer. */
export type Served<Answer> = { kind: 'served'; head: RoomHead; answer: Answer };
export type Reply<Answer> = NotServed | Served<Answer>;

/** The call may have happened or not; repeat it with the same ids. */
export class StoreUnknownError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'StoreUnknownError';
  }
}

/** A ticket's state as answered; `gen` tells `moved` apart. */
export type TicketAnswer =
  | ({ kind: LiveState } & Omit<TicketRecord, 'state'>)
  /** Remembered as ended; `ended` while its session still holds the seat after its visitor left. */
  | { kind: 'ended' }
  /** From an earlier run of the room, or its token is over. */
  | { kind: 'gone' }
  /** Another device holds the ticket now. */
  | { kind: 'moved' }
  /** Not known here: lost with the store's data, or never made. Sight it, then ask again. */
  | { kind: 'unknown' };

/** What a sighting is answered: it puts back what is not known. */
export type SightAnswer = Exclude<TicketAnswer, { kind: 'unknown' }>;

export type JoinAnswer =
  | (Extract<TicketAnswer, { kind: LiveState }> & {
      /** Rank in the queue when this very call made the ticket and it still waits; else null. */
      position: number | null;
      /** The release that admitted it in this very call; else null. */
      releaseNumber: number | null;
    })
  | { kind: 'gone' }
  /** Its holder moved it to another device: this is no repeat of a join whose reply was lost. */
  | { kind: 'moved' }
  | { kind: 'full' }
  | { kind: 'closed' }
  | { kind: 'not-open-yet' }
  | { kind: 'bypass' }
  | { kind: 'no-places-left' };

/** A ticket as its queue token tells it. */
export type Sighting = {
  ticketId: string;
  number: number;
  order: number;
  gen: number;
  /** Wall time at which its token ends, ms. */
  expiresAtMs: number;
};

/** The token whose holder asks for a code, and the name that stands for the code here. */
export type MoveOffer = { codeName: string; ticket: Sighting };

/** A hand-over, and the call that redeems it. */
export type HandOverRef = { jti: string; callId: string; ticketId: string; epochId: string };
/**
 * A session as its origin ends it. `freesSeatInMs`: how long the seat is still held, so that every gate hears first that
 * the pass is over; 0: the origin itself lets nobody in by it.
 */
export type FinishedSession = {
  ticketId: string;
  outcome: 'completed' | 'gave-up';
  placesUsed: number;
  freesSeatInMs?: number;
};
/** What a tick's caller has read and knows, and its own wall clock. */
export type TickOptions = { readFrom: number; knownVersion: number; callerWallMs: number };

/** A ticket and the generation its token carries. */
export type TicketRef = { ticketId: string; gen: number };

export type TickAnswer = {
  frame: Frame;
  /** Present when the room's version differs from the one the caller named. */
  room: Room | null;
  /** At most 1,000 ids in all. */
  events: RoomEvent[];
  /** Events are missing between the caller's cursor and these, or the epoch is another: sight every local ticket. */
  gap: boolean;
  /** There is more to release or to read: call again at once. */
  more: boolean;
  /** The number of the last event in this reply, or the caller's cursor: read on from here. */
  readTo: number;
};

/** What a replica remembers of a room; given back to a store that lost it. */
export type RoomMemory = RoomHead & {
  room: Room;
  /** Wall time on the replica's clock when the newest reply came, ms. */
  rememberedAtMs: number;
  /** Ids that ended within the last session length. */
  ended: RememberedEnd[];
};
export type RememberedEnd = { ticketId: string; outcome: EndOutcome; placesUsed: number };

export type RecoverAnswer =
  /** The store took the memory (the first moves the epoch on, later ones are merged in). */
  | 'recovered'
  /** The store already knows as much. */
  | 'known'
  /** A newer run of the room is there: forget this one. */
  | 'forgotten';

export type FinishAnswer =
  | { kind: 'finished'; outcome: EndOutcome; placesUsed: number }
  /** Completed, but no places were left to count: the session ended, nothing was counted. */
  | { kind: 'none-left' };

export type KeepAliveAnswer = { kind: 'kept'; expiryMs: number; number: number } | { kind: 'ended' };

export type RedeemAnswer =
  | { kind: 'redeemed'; expiryMs: number; number: number }
  /** Another call had it. */
  | { kind: 'used' }
  /** Signed under another epoch: press the button again. */
  | { kind: 'stale' }
  | { kind: 'ended' };

export type MoveAnswer =
  | (Extract<SightAnswer, { kind: LiveState }> & { ticketId: string })
  | Exclude<SightAnswer, { kind: LiveState }>
  /** Never offered here, over, or lost with the store's data. */
  | { kind: 'unknown-code' }
  /** Another call had it, or the ticket moved by another code meanwhile. */
  | { kind: 'used' };

export interface QueueStore {
  /** Rooms that exist, with the start of their run in µs. The index lives outside rooms. */
  readIndex(): Promise<Map<string, number>>;
  /** Puts rooms into the index; one that is there stays. */
  addToIndex(rooms: Map<string, number>): Promise<void>;
  removeFromIndex(roomId: string): Promise<void>;

  /**
   * Makes a room, scheduled unless `room.state` says otherwise; it holds `settleMs` and its bucket is empty.
   * `exists` when it is there (the room is left alone). A tombstone gives way to a later `startedUs` only.
   * `record` goes to the room's audit in one step with what it tells of; `audit-moved` when it does not follow the
   * newest record there, and then nothing else was done either. So for `remove` and `setRoom`.
   */
  create(
    room: Room,
    startedUs: number,
    record?: AuditRecord | null,
  ): Promise<'created' | 'exists' | 'deleted' | 'audit-moved'>;
  /** Deletes the room's data; a tombstone stays until every token of it has ended. */
  remove(
    roomId: string,
    cursor: RoomCursor,
    record?: AuditRecord | null,
  ): Promise<Reply<'removed' | 'audit-moved'>>;
  /**
   * Writes state, policy and notice as `room.version`, when that is one more than the stored version.
   * `changeId` tells a repeat (→ `changed` again) from a conflict.
   */
  setRoom(
    room: Room,
    cursor: RoomCursor,
    changeId: string,
    record?: AuditRecord | null,
  ): Promise<Reply<'changed' | 'conflict' | 'audit-moved'>>;

  /** Answers in the order given; one bad entry never fails the others. At most `joinGatherMax`. */
  join(roomId: string, cursor: RoomCursor, ticketIds: string[]): Promise<Reply<JoinAnswer[]>>;
  /**
   * Releases if due, expires, sweeps, forgets; answers with the frame and events after `readFrom`. Once a room has been
   * closed for `retainDays`, by both clocks, it deletes all that is kept of people, here and beside the queue: of the
   * room itself its policy and counts stay, and `purgedUs` rises.
   */
  tick(roomId: string, cursor: RoomCursor, options: TickOptions): Promise<Reply<TickAnswer>>;
  /** Marks present; puts lost tickets back where their tokens say. At most `sightGatherMax`. */
  sight(roomId: string, cursor: RoomCursor, sightings: Sighting[]): Promise<Reply<SightAnswer[]>>;

  /** Admitted → inside; a session → the same answer. Any other state is answered as it is. */
  enter(roomId: string, cursor: RoomCursor, ticket: TicketRef): Promise<Reply<TicketAnswer>>;
  /** The k-th extension of the time to enter; k again → the same answer; null → refused. */
  extend(
    roomId: string,
    cursor: RoomCursor,
    ticket: TicketRef & { extension: number },
  ): Promise<Reply<TicketAnswer | { kind: 'refused' }>>;
  /** Lapsed → waiting at its order, present. Not lapsed → its state; after `returnWithinMs` → too-late. */
  return(
    roomId: string,
    cursor: RoomCursor,
    ticket: TicketRef,
  ): Promise<Reply<TicketAnswer | { kind: 'too-late' }>>;
  /** By the visitor. A session keeps its seat until its pass has run out. */
  leave(roomId: string, cursor: RoomCursor, ticket: TicketRef): Promise<Reply<TicketAnswer>>;

  /**
   * Notes the code by which another device may take the ticket over, until its token ends. Answers as the ticket is;
   * only a live one gets a code. Again: the same; a code that was used stays used. `taken`: another ticket's code.
   */
  offerMove(
    roomId: string,
    cursor: RoomCursor,
    offer: MoveOffer,
  ): Promise<Reply<TicketAnswer | { kind: 'taken' }>>;
  /**
   * The ticket goes to the device that shows its code: sighted there, one generation later, so that earlier tokens
   * are answered `moved`. The first `callId` only; the same `callId` again → the same answer.
   */
  move(
    roomId: string,
    cursor: RoomCursor,
    request: { codeName: string; callId: string },
  ): Promise<Reply<MoveAnswer>>;

  /**
   * Sessions seen. `proof` pass: the holder showed a valid pass, so a person the store has lost is inside
   * again, even above capacity; origin: unknown ones only while some are assumed.
   */
  keepAlive(
    roomId: string,
    cursor: RoomCursor,
    sessions: { ticketId: string; number: number }[],
    proof: 'pass' | 'origin',
  ): Promise<Reply<KeepAliveAnswer[]>>;
  /** By the origin, from any state; frees the seat. `placesUsed` counts for `completed` only. */
  finish(roomId: string, cursor: RoomCursor, session: FinishedSession): Promise<Reply<FinishAnswer>>;
  /** A hand-over works for the first `callId` only; the same `callId` again → the same answer. */
  redeem(roomId: string, cursor: RoomCursor, handOver: HandOverRef): Promise<Reply<RedeemAnswer>>;

  /** See RecoverAnswer; the caller adopts the head's epoch and sights its tickets again. */
  recover(memory: RoomMemory, callerWallMs: number): Promise<{ kind: 'deleted' } | Served<RecoverAnswer>>;

  /** Whether it answers, and whether its profile keeps the promises; never rejects. */
  ready(): Promise<StoreState>;
  close(): Promise<void>;
}
