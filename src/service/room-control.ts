/** What operators do: make, change and delete rooms, and steer them live. */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../domain/clock.ts';
import { GuichetError } from '../domain/errors.ts';
import {
  completePolicy,
  type LocalizedText,
  type PolicyInput,
  PolicyProblem,
  type PolicyWarning,
  policyWarnings,
  type Room,
  type RoomPolicy,
  type RoomState,
} from '../domain/room.ts';
import type { Passes } from './passes.ts';
import type { ReplicaMemory } from './replica-memory.ts';
import type { RoomBoard } from './room-board.ts';
import type { RoomLink } from './room-link.ts';
import type { Rooms } from './rooms.ts';

/** Changes made at the same time by someone else, after which we give up. */
const conflictsMax = 5;

export type RoomDescription = Room & { warnings: PolicyWarning[] };

export type RoomControlParts = {
  link: RoomLink;
  memory: ReplicaMemory;
  rooms: Rooms;
  clock: Clock;
  /** Reads the room from the store at once. */
  tickNow: (board: RoomBoard) => Promise<void>;
  passes: Pick<Passes, 'canSign'>;
};

export class RoomControl {
  readonly #parts: RoomControlParts;

  constructor(parts: RoomControlParts) {
    this.#parts = parts;
  }

  /** Every room, by id. */
  list(): RoomDescription[] {
    return [...this.#parts.rooms.boards.values()]
      .flatMap(({ room }) => (room ? [describe(room)] : []))
      .toSorted((one, other) => (one.roomId < other.roomId ? -1 : 1));
  }

  /** Throws room-unknown. */
  async read(roomId: string): Promise<RoomDescription> {
    const { room } = await this.#parts.rooms.resolve(roomId);
    return describe(room as Room);
  }

  /** Makes the room, or replaces its policy. Throws PolicyProblem. */
  async put(roomId: string, input: PolicyInput): Promise<{ room: RoomDescription; created: boolean }> {
    this.#refuseUnsignable(input);
    const policy = completePolicy(roomId, input);
    const startedUs = this.#parts.clock.wallMs() * 1_000;
    if (await this.#create(newRoom(roomId, policy), startedUs)) {
      return { room: await this.read(roomId), created: true };
    }
    return { room: await this.#change(roomId, (room) => ({ ...room, policy })), created: false };
  }

  /** Makes sure that rooms of the rooms file exist; those that do, or were deleted, are left alone. */
  async ensure(rooms: Map<string, PolicyInput>): Promise<void> {
    for (const [roomId, input] of rooms) {
      this.#refuseUnsignable(input);
      await this.#create(newRoom(roomId, completePolicy(roomId, input)), 0);
    }
  }

  /** What is asked for now; a room that has it already can still be changed in everything else. */
  #refuseUnsignable({ passAlgorithm }: PolicyInput): void {
    if (!passAlgorithm || this.#parts.passes.canSign(passAlgorithm)) return;
    throw new PolicyProblem(
      'passAlgorithm',
      `there is no key for ${passAlgorithm} in GUICHET_SIGNING_KEYS_FILE; "npm run guichet -- keys add FILE" makes one`,
    );
  }

  async #create(room: Room, startedUs: number): Promise<boolean> {
    const { link, memory, rooms, tickNow } = this.#parts;
    const { roomId } = room;
    const outcome = await link.retry((store) => store.create(room, startedUs));
    if (outcome === 'deleted') return false;
    await link.retry((store) => store.addToIndex(new Map([[roomId, startedUs]])));
    if (outcome === 'created') memory.forget(roomId);
    const board = rooms.add(roomId);
    await tickNow(board);
    rooms.announce();
    return outcome === 'created';
  }

  /** Changes some fields of the policy; null takes a field's default. Throws PolicyProblem. */
  async patch(roomId: string, input: PolicyInput): Promise<RoomDescription> {
    this.#refuseUnsignable(input);
    return this.#change(roomId, (room) => ({ ...room, policy: patchedPolicy(room, input) }));
  }

  /** The room's state, with a reason that visitors see. A state that it already has: only the reason changes. */
  setState(roomId: string, state: RoomState, reason: LocalizedText | null): Promise<RoomDescription> {
    return this.#change(roomId, (room) => ({ ...room, state, reason }));
  }

  /** The message to the whole room; null takes it away. */
  setNotice(roomId: string, notice: LocalizedText | null): Promise<RoomDescription> {
    return this.#change(roomId, (room) => ({ ...room, notice }));
  }

  /** Deletes the room; its tickets are gone. Throws room-unknown. */
  async remove(roomId: string): Promise<void> {
    const { link } = this.#parts;
    await this.#parts.rooms.resolve(roomId);
    await link.call(roomId, (store, cursor) => store.remove(roomId, cursor));
    await link.retry((store) => store.removeFromIndex(roomId));
    link.onDeleted(roomId);
  }

  async #change(roomId: string, change: (room: Room) => Room): Promise<RoomDescription> {
    const { link, memory, rooms, tickNow } = this.#parts;
    const changeId = randomUUID();
    for (let conflicts = 0; conflicts < conflictsMax; conflicts += 1) {
      const board = await rooms.resolve(roomId);
      const before = board.room as Room;
      const room = { ...change(before), version: before.version + 1 };
      const { answer } = await link.call(roomId, (store, cursor) => store.setRoom(room, cursor, changeId));
      if (answer === 'changed') memory.learnRoom(room);
      await tickNow(board);
      if (answer === 'changed') return describe(room);
    }
    throw new GuichetError('room-changed');
  }
}

function newRoom(roomId: string, policy: RoomPolicy): Room {
  return { roomId, state: 'scheduled', version: 1, policy, notice: null, reason: null };
}

function patchedPolicy({ roomId, policy }: Room, input: PolicyInput): RoomPolicy {
  const merged: PolicyInput = { ...policy, ...input };
  const needs = ({ outflowPerMinute = 0, releaseEveryMs = 0 }: PolicyInput): number =>
    (outflowPerMinute * releaseEveryMs) / 60_000;
  // A batch that keeps a faster pace no longer follows it, unless it was named too.
  const isFaster = needs(merged) > needs(policy);
  if (isFaster && input.batchSizeMax === undefined && policy.batchSizeMax < 2 * needs(merged)) {
    delete merged.batchSizeMax;
  }
  return completePolicy(roomId, merged);
}

function describe(room: Room): RoomDescription {
  return { ...room, warnings: policyWarnings(room.policy) };
}
