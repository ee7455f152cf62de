/**
 * What operators do: make, change and delete rooms, and steer them live.
 *
 * Who changes says which version they saw (`ifMatch`), or nothing: then their change is made on top of any other. A
 * change that one person may not make alone becomes a proposal, and nothing happens until somebody else confirms it
 * (confirmations.ts).
 */
import type { KeyHolder } from '../domain/actor.ts';
import type { AuditAction } from '../domain/audit.ts';
import type { Clock } from '../domain/clock.ts';
import { GuichetError } from '../domain/errors.ts';
import type { Proposal } from '../domain/proposal.ts';
import {
  completePolicy,
  type LocalizedText,
  type PolicyInput,
  PolicyProblem,
  type Room,
  type RoomPolicy,
  type RoomState,
} from '../domain/room.ts';
import { checkNewTimes } from '../domain/schedule.ts';
import { risesMuch, secondPersonReasons } from '../domain/second-person.ts';
import type { AuditLog } from './audit-log.ts';
import { capacityBefore } from './capacity-before.ts';
import type { Passes } from './passes.ts';
import { type Effect, predictEffect } from './prediction.ts';
import type { Proposals } from './proposals.ts';
import type { RoomBoard } from './room-board.ts';
import {
  actorOf,
  describeRoom,
  isSameRoom,
  isUnknown,
  type RoomDescription,
  type RoomTaken,
  type RoomWriter,
  type Told,
} from './room-writer.ts';
import type { Rooms } from './rooms.ts';

/** Changes made at the same time by someone else, after which we give up. */
const conflictsMax = 5;

/** How a change is asked for. */
export type Steering = {
  by: KeyHolder;
  /** The version that the asker saw; null: any. Another one is version-outdated. */
  ifMatch: number | null;
  /** Nothing is changed; the answer says what would be. */
  dryRun: boolean;
};

export type ChangeAnswer =
  | RoomTaken
  | { kind: 'predicted'; room: RoomDescription; effect: Effect }
  | { kind: 'waits'; proposal: Proposal };

export type RoomControlParts = {
  rooms: Rooms;
  clock: Clock;
  passes: Pick<Passes, 'canSign'>;
  audit: AuditLog;
  proposals: Proposals;
  writer: RoomWriter;
};

export class RoomControl {
  readonly #parts: RoomControlParts;

  constructor(parts: RoomControlParts) {
    this.#parts = parts;
  }

  /** Every room, by id. */
  list(): RoomDescription[] {
    return [...this.#parts.rooms.boards.values()]
      .flatMap(({ room }) => (room ? [describeRoom(room)] : []))
      .toSorted((one, other) => (one.roomId < other.roomId ? -1 : 1));
  }

  /** Throws room-unknown. */
  async read(roomId: string): Promise<RoomDescription> {
    const { room } = await this.#parts.rooms.resolve(roomId);
    return describeRoom(room as Room);
  }

  /** Makes the room, or replaces its policy. Throws PolicyProblem, and as every change version-outdated, room-changed. */
  async put(roomId: string, input: PolicyInput, steering: Steering): Promise<ChangeAnswer> {
    this.#refuseUnsignable(input);
    const policy = completePolicy(roomId, input);
    const replace = (): Promise<ChangeAnswer> =>
      this.#change(roomId, { action: 'room.policy' }, steering, (room) => ({ ...room, policy }));
    // Who saw a version of the room wants that room changed, not one made.
    if (steering.ifMatch !== null) return replace();
    if (!this.#parts.rooms.known(roomId)) {
      return (await this.#make(newRoom(roomId, policy), steering)) ?? replace();
    }
    try {
      return await replace();
    } catch (error) {
      // Deleted on another replica, of which this one hears only now.
      const made = isUnknown(error) ? await this.#make(newRoom(roomId, policy), steering) : null;
      if (made) return made;
      throw error;
    }
  }

  /** Null: the room is there. */
  async #make(room: Room, { by, dryRun }: Steering): Promise<ChangeAnswer | null> {
    const { rooms, writer, clock } = this.#parts;
    const { roomId, policy } = room;
    const nowMs = clock.wallMs();
    if (dryRun) {
      if (await this.#isThere(roomId)) return null;
      checkNewTimes(null, policy, nowMs);
      return { kind: 'predicted', room: describeRoom(room), effect: predictEffect(null, room, nowMs) };
    }
    checkNewTimes(null, policy, nowMs);
    if (!(await writer.create(room, nowMs * 1_000, actorOf(by)))) return null;
    return writer.asIs(await rooms.resolve(roomId), true);
  }

  async #isThere(roomId: string): Promise<boolean> {
    try {
      await this.#parts.rooms.resolve(roomId);
      return true;
    } catch (error) {
      if (isUnknown(error)) return false;
      throw error;
    }
  }

  /** Makes sure that a room of the rooms file exists; one that does, or was deleted, is left alone. */
  async ensure(roomId: string, input: PolicyInput): Promise<void> {
    this.#refuseUnsignable(input);
    const room = newRoom(roomId, completePolicy(roomId, input));
    await this.#parts.writer.create(room, 0, { keyId: null, name: 'rooms file' });
  }

  /** What is asked for now; a room that has it already can still be changed in everything else. */
  #refuseUnsignable({ passAlgorithm }: PolicyInput): void {
    if (!passAlgorithm || this.#parts.passes.canSign(passAlgorithm)) return;
    throw new PolicyProblem(
      'passAlgorithm',
      `there is no key for ${passAlgorithm} in GUICHET_SIGNING_KEYS_FILE; "npm run guichet -- keys add FILE" makes one`,
    );
  }

  /** Changes some fields of the policy; null takes a field's default. Throws PolicyProblem. */
  async patch(
    roomId: string,
    input: PolicyInput,
    steering: Steering,
    action: AuditAction = 'room.policy',
  ): Promise<ChangeAnswer> {
    this.#refuseUnsignable(input);
    const change = (room: Room): Room => ({ ...room, policy: patchedPolicy(room, input) });
    return this.#change(roomId, { action }, steering, change);
  }

  /** The room's state, with a reason that visitors see. A state that it already has: only the reason changes. */
  setState(
    roomId: string,
    { state, reason, action }: { state: RoomState; reason: LocalizedText | null; action: AuditAction },
    steering: Steering,
  ): Promise<ChangeAnswer> {
    return this.#change(roomId, { action, reason }, steering, (room) => ({ ...room, state, reason }));
  }

  /** The message to the whole room; null takes it away. */
  setNotice(roomId: string, notice: LocalizedText | null, steering: Steering): Promise<ChangeAnswer> {
    return this.#change(roomId, { action: 'room.notice' }, steering, (room) => ({ ...room, notice }));
  }

  /**
   * Deletes the room; its tickets are gone. Throws room-unknown, version-outdated, room-changed; second-person-required
   * where the policy asks for two persons: made anew without its rule, the room would be one person's.
   */
  async remove(roomId: string, { by, ifMatch }: Omit<Steering, 'dryRun'>): Promise<void> {
    const { rooms, writer } = this.#parts;
    await writer.remove(await rooms.resolve(roomId), by, ({ version, policy }) => {
      if (ifMatch !== null && ifMatch !== version) throw new GuichetError('version-outdated');
      if (policy.secondPersonFor.length > 0) throw new GuichetError('second-person-required');
    });
  }

  async #change(
    roomId: string,
    told: Told,
    steering: Steering,
    change: (room: Room) => Room,
  ): Promise<ChangeAnswer> {
    const { rooms, writer } = this.#parts;
    for (let conflicts = 0; conflicts < conflictsMax; conflicts += 1) {
      const board = await rooms.resolve(roomId);
      if (isSameRoom(board.room as Room, change(board.room as Room)) && !steering.dryRun) {
        // What this replica knows may be a second old.
        await writer.refresh(board);
        const { room } = board;
        // Also when the asker saw an older version: what they want is so, perhaps by their own lost call.
        if (room && isSameRoom(room, change(room))) return writer.asIs(board);
      }
      if (await this.#isOutdated(board, steering.ifMatch)) continue;
      const before = board.room as Room;
      const after = { ...change(before), version: before.version + 1 };
      const answer = await this.#tryChange(board, { before, after }, told, steering);
      if (answer) return answer;
      if (steering.ifMatch !== null) throw new GuichetError('version-outdated');
    }
    throw new GuichetError('room-changed');
  }

  /** Null: someone else's change came first. */
  async #tryChange(
    board: RoomBoard,
    { before, after }: { before: Room; after: Room },
    told: Told,
    { by, dryRun }: Steering,
  ): Promise<ChangeAnswer | null> {
    const nowMs = this.#parts.clock.wallMs();
    checkNewTimes(before.policy, after.policy, nowMs);
    const needs = await this.#needs(before, after, nowMs);
    if (dryRun) {
      const effect = { ...predictEffect(board, after, nowMs), needsSecondPerson: needs };
      return { kind: 'predicted', room: describeRoom(after), effect };
    }
    const { writer } = this.#parts;
    if (needs.length === 0) return writer.write(board, { before, after }, told, by);
    // What this replica knows may be a second old, and nobody could confirm a change of an older version.
    await writer.refresh(board);
    if (board.room?.version !== before.version) return null;
    return { kind: 'waits', proposal: await this.#propose(board, { before, after, needs, ...told }, by) };
  }

  /** Why one person is not enough: also for what is the last of many small steps. */
  async #needs(before: Room, after: Room, nowMs: number): Promise<Proposal['needs']> {
    const needs = secondPersonReasons(before, after);
    const [from, to] = [before.policy.capacity, after.policy.capacity];
    const isStep = before.policy.secondPersonFor.includes('capacity') && to > from;
    if (!isStep || needs.includes('capacity')) return needs;
    return risesMuch(await capacityBefore(this.#parts.audit, before, nowMs), to)
      ? [...needs, 'capacity']
      : needs;
  }

  /** Throws version-outdated; true: what this replica knew was older, look again. */
  async #isOutdated(board: RoomBoard, ifMatch: number | null): Promise<boolean> {
    if (ifMatch === null || ifMatch === board.room?.version) return false;
    await this.#parts.writer.refresh(board);
    if (board.room?.version !== ifMatch) throw new GuichetError('version-outdated');
    return true;
  }

  async #propose(
    board: RoomBoard,
    {
      before,
      after,
      needs,
      action,
    }: Pick<Told, 'action'> & {
      before: Room;
      after: Room;
      needs: Proposal['needs'];
    },
    by: KeyHolder,
  ): Promise<Proposal> {
    const { proposals, audit } = this.#parts;
    const startedUs = board.head?.startedUs ?? 0;
    const proposal = await proposals.propose({ before, room: after, startedUs, action, needs }, by);
    const { proposalId, roomId } = proposal;
    const entry = { roomId, actor: actorOf(by), action: 'room.propose', reason: null } as const;
    await audit.record({ ...entry, before: null, after: { proposalId, action, needs } });
    return proposal;
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
