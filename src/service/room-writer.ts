/**
 * Writes changes of rooms: one transition of the store each, which takes it for the version that it makes and appends
 * its record to the room's audit in the same step.
 */
import { randomUUID } from 'node:crypto';
import type { Actor, KeyHolder } from '../domain/actor.ts';
import { type AuditAction, type AuditRecord, differences } from '../domain/audit.ts';
import type { Clock } from '../domain/clock.ts';
import { GuichetError } from '../domain/errors.ts';
import {
  type LocalizedText,
  type PolicyWarning,
  policyWarnings,
  type Room,
  type RoomPolicy,
} from '../domain/room.ts';
import type { AuditLog, Written } from './audit-log.ts';
import type { ReplicaMemory } from './replica-memory.ts';
import type { RoomBoard } from './room-board.ts';
import type { RoomLink } from './room-link.ts';
import type { Rooms } from './rooms.ts';

export type RoomDescription = Room & { warnings: PolicyWarning[] };

/** `takenAt`: the store's wall clock as it took the change, ISO 8601; `created`: the room was not there before. */
export type RoomTaken = { kind: 'changed'; room: RoomDescription; takenAt: string; created: boolean };

/** What the audit says of a change besides what it does. */
export type Told = { action: AuditAction; reason?: LocalizedText | null; proposedBy?: Actor };

export type RoomWriterParts = {
  link: RoomLink;
  memory: ReplicaMemory;
  rooms: Rooms;
  clock: Clock;
  /** Reads the room from the store at once. */
  tickNow: (board: RoomBoard) => Promise<void>;
  audit: AuditLog;
};

export class RoomWriter {
  readonly #parts: RoomWriterParts;

  constructor(parts: RoomWriterParts) {
    this.#parts = parts;
  }

  /** Reads the room anew. Throws store-unavailable, and room-unknown when it was deleted meanwhile. */
  async refresh(board: RoomBoard): Promise<void> {
    const { rooms, tickNow } = this.#parts;
    const before = board.head;
    await tickNow(board);
    if (rooms.boards.get(board.roomId) !== board) throw new GuichetError('room-unknown');
    if (board.head === before) throw new GuichetError('store-unavailable', { retryAfterMs: 3_000 });
  }

  /** Makes a room; false: it is there, or was deleted after `startedUs`. */
  async create(room: Room, startedUs: number, actor: Actor): Promise<boolean> {
    const { link, memory, rooms, tickNow, audit } = this.#parts;
    const { roomId, state, policy } = room;
    const entry = { roomId, actor, action: 'room.create', reason: null, before: null } as const;
    const outcome = await audit.place({ ...entry, after: told({ state, ...policy }) }, async (record) => {
      const answer = await link.retry((store) => store.create(room, startedUs, record));
      if (answer === 'audit-moved') return answer;
      // A repeat finds the room there that the first call made, whose reply was lost.
      const isMade = answer === 'created' || (answer === 'exists' && (await audit.has(record)));
      return { answer: isMade ? 'created' : answer, isPlaced: isMade };
    });
    if (outcome === 'deleted') return false;
    await link.retry((store) => store.addToIndex(new Map([[roomId, startedUs]])));
    if (outcome === 'created') memory.forget(roomId);
    const board = rooms.add(roomId);
    await tickNow(board);
    rooms.announce();
    return outcome === 'created';
  }

  /** Writes the room as `after`, whose version is the next one. Null: someone else's change came first. */
  async write(
    board: RoomBoard,
    { before, after }: { before: Room; after: Room },
    why: Told,
    by: KeyHolder,
  ): Promise<RoomTaken | null> {
    const { link, memory, tickNow, audit } = this.#parts;
    const { roomId } = after;
    const changeId = randomUUID();
    let takenMs = 0;
    const write = async (record: AuditRecord): Promise<Written<boolean>> => {
      const set = await link.call(roomId, (store, cursor) => store.setRoom(after, cursor, changeId, record));
      if (set.answer === 'audit-moved') return set.answer;
      takenMs = set.head.wallMs;
      if (set.answer === 'changed') memory.learnRoom(after);
      // A conflict, perhaps, with what came after this very change, whose reply was lost.
      const answer = set.answer === 'changed' || (await audit.has(record));
      return { answer, isPlaced: answer };
    };
    const changes = changesOf(before, after);
    const entry = { roomId, actor: actorOf(by), reason: null, ...why, ...toldChanges(changes) };
    try {
      if (!(await audit.place(entry, write))) return null;
    } finally {
      // What was done shows at once, also when it could not be written down.
      await tickNow(board);
    }
    const takenAt = new Date(takenMs).toISOString();
    return { kind: 'changed', room: describeRoom(after), takenAt, created: false };
  }

  /** Deletes the room as the store has it, unless `check` throws for it. Throws room-changed. */
  async remove(board: RoomBoard, by: KeyHolder, check: (room: Room) => void): Promise<void> {
    const { link, audit } = this.#parts;
    const { roomId } = board;
    await this.refresh(board);
    check(board.room as Room);
    const { state, version } = board.room as Room;
    const entry = { roomId, actor: actorOf(by), action: 'room.delete', reason: null, after: null } as const;
    await audit.place({ ...entry, before: { state, version } }, async (record) => {
      // Now that the record has its place: whoever changes the room from here on takes that place.
      await this.refresh(board);
      check(board.room as Room);
      if (board.room?.version !== version) throw new GuichetError('room-changed');
      try {
        const { answer } = await link.call(roomId, (store, cursor) => store.remove(roomId, cursor, record));
        return answer === 'audit-moved' ? answer : { answer, isPlaced: true };
      } catch (error) {
        // A repeat finds no room: the first call deleted it, whose reply was lost.
        if (!isUnknown(error) || !(await audit.has(record))) throw error;
        return { answer: 'removed', isPlaced: true };
      }
    });
    await link.retry((store) => store.removeFromIndex(roomId));
    link.onDeleted(roomId);
  }

  /** The room as it is: what was asked for is so already. */
  asIs({ room, asOf }: RoomBoard, created = false): RoomTaken {
    const takenAt = asOf ?? new Date(this.#parts.clock.wallMs()).toISOString();
    return { kind: 'changed', room: describeRoom(room as Room), takenAt, created };
  }
}

/** Whether an error says that there is no such room. */
export function isUnknown(error: unknown): boolean {
  return error instanceof GuichetError && error.code === 'room-unknown';
}

export function actorOf({ keyId, name }: KeyHolder): Actor {
  return { keyId, name };
}

export function describeRoom(room: Room): RoomDescription {
  return { ...room, warnings: policyWarnings(room.policy) };
}

/** Whether two rooms differ in nothing but their version. */
export function isSameRoom(before: Room, after: Room): boolean {
  return Object.keys(changesOf(before, after).after).length === 0;
}

/** What differs between two rooms, apart from their version. */
export function changesOf(before: Room, after: Room): ReturnType<typeof differences> {
  return differences(fieldsOf(before), fieldsOf(after));
}

/** State, notice, reason and policy side by side. */
function fieldsOf({ state, notice, reason, policy }: Room): Record<string, unknown> {
  return { state, notice, stateReason: reason, ...policy };
}

function toldChanges({ before, after }: ReturnType<typeof differences>): ReturnType<typeof differences> {
  return { before: told(before), after: told(after) };
}

/** As an audit tells it, which outlives rooms and goes to files and logs: sites put secrets into their hooks' queries. */
function told(fields: Record<string, unknown>): Record<string, unknown> {
  const delivery = fields['delivery'] as RoomPolicy['delivery'] | undefined;
  if (!delivery) return fields;
  const [address, ...query] = delivery.url.split(/[?#]/);
  return { ...fields, delivery: { ...delivery, url: query.length === 0 ? address : `${address}?…` } };
}
