/**
 * What a replica of the service does towards a store, and no more: it passes what it knows with each call, learns
 * from each reply, and gives back what it remembers when the store has lost it.
 */
import type { Frame } from '../../src/domain/frame.ts';
import type { Room } from '../../src/domain/room.ts';
import {
  type QueueStore,
  type Reply,
  type RoomCursor,
  type RoomHead,
  type RoomMemory,
  type RememberedEnd,
  type TickAnswer,
} from '../../src/store/queue-store.ts';

/** The methods of the port that the model knows. */
export type ModelledStore = Pick<
  QueueStore,
  | 'create'
  | 'setRoom'
  | 'join'
  | 'tick'
  | 'sight'
  | 'enter'
  | 'extend'
  | 'return'
  | 'leave'
  | 'offerMove'
  | 'move'
  | 'keepAlive'
  | 'finish'
  | 'recover'
>;

export const nothingKnown: RoomCursor = { epochNumber: 0, epochId: '', eventNumber: 0, lastOrder: 0 };
const triesMax = 5;

export class Replica<Store extends ModelledStore = QueueStore> {
  readonly store: Store;
  readonly roomId: string;
  /** The replica's own wall clock, ms. */
  readonly wallMs: () => number;
  head: RoomHead | null = null;
  room: Room | null = null;
  rememberedAtMs = 0;
  /** Read by tick, oldest first; kept for a session's length. */
  ended = new Map<string, RememberedEnd & { atMs: number }>();
  readTo = 0;
  /** What the last tick said. */
  frame: Frame | null = null;
  /** Told when the store has a later run of the room, and what was remembered is void. */
  onForgotten: (memory: RoomMemory) => void = () => {};
  /** The next recovery's reply gets lost, and it is repeated. */
  recoverReplyLost = false;
  /** What a replica that knows nothing makes the room from. */
  roomsFile: Room | null = null;

  constructor(store: Store, roomId: string, wallMs: () => number) {
    this.store = store;
    this.roomId = roomId;
    this.wallMs = wallMs;
  }

  get cursor(): RoomCursor {
    return this.head ?? nothingKnown;
  }

  /** One call; learns from it when it was served. */
  async ask<Answer>(
    ask: (store: Store, cursor: RoomCursor) => Promise<Reply<Answer>>,
  ): Promise<Reply<Answer>> {
    const reply = await ask(this.store, this.cursor);
    if (reply.kind === 'served') this.learn(reply.head);
    return reply;
  }

  /** Calls, and brings the store up to what this replica knows first, when it knows less. */
  async call<Answer>(ask: (store: Store, cursor: RoomCursor) => Promise<Reply<Answer>>): Promise<Answer> {
    const replies: string[] = [];
    while (replies.length < triesMax) {
      const reply = await this.ask(ask);
      if (reply.kind === 'served') return reply.answer;
      replies.push(reply.kind);
      if (reply.kind === 'deleted') break;
      await this.bringBack();
    }
    throw new Error(`not served: ${replies.join(', ')}`);
  }

  /** Gives back what this replica remembers, or makes the room anew from its rooms file. */
  async bringBack(): Promise<void> {
    if (this.head === null || this.room === null) {
      if (this.roomsFile === null) throw new Error('the room is gone, and this replica remembers nothing');
      // Without the room's description it has nothing to give back.
      this.forget();
      await this.store.create(this.roomsFile, 0);
      return;
    }
    const memory = this.memory();
    if (this.recoverReplyLost) await this.store.recover(memory, this.wallMs());
    this.recoverReplyLost = false;
    const reply = await this.store.recover(memory, this.wallMs());
    if (reply.kind === 'deleted') throw new Error('the room was deleted');
    if (reply.answer === 'forgotten') {
      this.onForgotten(memory);
      this.forget();
    }
    this.head = reply.head;
    this.rememberedAtMs = this.wallMs();
  }

  learn(head: RoomHead): void {
    if (this.head !== null) {
      const sameEpoch = head.epochId === this.head.epochId;
      if (sameEpoch && head.eventNumber < this.head.eventNumber) return;
    }
    this.head = head;
    this.rememberedAtMs = this.wallMs();
  }

  memory(): RoomMemory {
    if (this.head === null || this.room === null) throw new Error('nothing is known of the room');
    const ended = [...this.ended.values()].map(({ ticketId, outcome, placesUsed }) => ({
      ticketId,
      outcome,
      placesUsed,
    }));
    return { ...this.head, room: this.room, rememberedAtMs: this.rememberedAtMs, ended };
  }

  forget(): void {
    this.head = null;
    this.room = null;
    this.ended.clear();
    this.readTo = 0;
  }

  /** Ticks once; the answer as the store gave it. */
  async tick(): Promise<TickAnswer> {
    const answer = await this.call((store, cursor) =>
      store.tick(this.roomId, cursor, {
        readFrom: this.readTo,
        knownVersion: this.room?.version ?? 0,
        callerWallMs: this.wallMs(),
      }),
    );
    this.readTo = answer.readTo;
    this.frame = answer.frame;
    if (answer.room !== null) this.room = answer.room;
    for (const event of answer.events) {
      if (event.type !== 'ended') continue;
      const { outcome, placesUsed, atMs } = event;
      for (const ticketId of event.ticketIds) {
        if (this.ended.has(ticketId) && outcome !== 'completed') continue;
        this.ended.set(ticketId, { ticketId, outcome, placesUsed, atMs });
      }
    }
    const keepMs = this.room?.policy.sessionTtlMs ?? Number.POSITIVE_INFINITY;
    for (const [ticketId, { atMs }] of this.ended) {
      if ((this.head?.clockMs ?? 0) - atMs > keepMs) this.ended.delete(ticketId);
    }
    return answer;
  }
}
