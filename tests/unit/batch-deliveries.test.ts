import { expect, onTestFinished, test } from 'vitest';
import { completePolicy } from '../../src/domain/room.ts';
import { BatchDeliveries } from '../../src/service/batch-deliveries.ts';
import { RoomBoard } from '../../src/service/room-board.ts';
import type { Rooms } from '../../src/service/rooms.ts';
import type { WebhookAnswer, WebhookRequest } from '../../src/service/webhook-sender.ts';
import type { DeliveryStore } from '../../src/store/delivery-store.ts';
import { memoryDeliveryStore } from '../../src/store/delivery-store-memory.ts';
import type { MemoryRoom } from '../../src/store/memory-room.ts';
import type { QueueStore } from '../../src/store/queue-store.ts';
import { memoryQueueStore } from '../../src/store/queue-store-memory.ts';
import { ManualClock } from './../support/manual-clock.ts';

const nothingKnown = { epochNumber: 0, epochId: '', eventNumber: 0, lastOrder: 0 };

type Try = { atMs: number; roomId: string; request: WebhookRequest; signal: AbortSignal };
/** What the receiver answers to a try; never: it is slow. */
type Receiver = (made: Try) => WebhookAnswer | 'never' | Promise<WebhookAnswer>;

class Stage {
  readonly clock = new ManualClock();
  readonly #rooms = new Map<string, MemoryRoom>();
  readonly queue: QueueStore = memoryQueueStore({ nowUs: this.clock.wallUs, rooms: this.#rooms });
  readonly store: DeliveryStore = memoryDeliveryStore({ nowUs: this.clock.wallUs, rooms: this.#rooms });
  readonly boards = new Map<string, RoomBoard>();
  readonly tries: Try[] = [];
  readonly replicas = new Set<BatchDeliveries>();
  readonly said: string[] = [];
  readonly counted: string[] = [];
  receiver: Receiver = () => ok;

  async room(roomId: string): Promise<RoomBoard> {
    const delivery = { url: `https://${roomId}.example.org/batches`, holdAfterMs: 0, giveUpAfterMs: 120_000 };
    const policy = completePolicy(roomId, { delivery, capacity: 1_000, outflowPerMinute: 60_000 });
    await this.queue.create(
      { roomId, state: 'open', version: 1, policy, notice: null, reason: null },
      this.clock.wallUs(),
    );
    const board = new RoomBoard(roomId, this.clock, () => undefined);
    this.boards.set(roomId, board);
    for (let ticks = 0; ticks < 4; ticks += 1) {
      await this.clock.advance(1_000);
      await this.tick(board);
    }
    return board;
  }

  async tick(board: RoomBoard): Promise<void> {
    const options = {
      readFrom: 0,
      knownVersion: board.room?.version ?? 0,
      callerWallMs: this.clock.wallMs(),
    };
    const reply = await this.queue.tick(board.roomId, nothingKnown, options);
    if (reply.kind === 'served') board.applyTick(reply.head, reply.answer);
  }

  /** One release, of which no replica hears by a tick. */
  async releaseUnheard({ roomId }: RoomBoard): Promise<void> {
    await this.queue.join(roomId, nothingKnown, [crypto.randomUUID()]);
  }
  async release(board: RoomBoard): Promise<void> {
    await this.releaseUnheard(board);
    for (const deliveries of this.replicas) deliveries.heard(board.roomId);
    await this.clock.advance(1);
  }

  /** A replica that delivers, until the test is over or `stop` is called. */
  async replica(): Promise<{ stop: () => Promise<void> }> {
    const say = (about: object, sentence: string): void => void this.said.push(sentence);
    const deliveries = new BatchDeliveries({
      store: this.store,
      secrets: () => [Buffer.alloc(32, 1)],
      sender: { send: (request, signal) => this.#answer(request, signal), close: () => {} },
      rooms: { boards: this.boards } as unknown as Rooms,
      clock: this.clock,
      log: { debug: () => {}, info: say, warn: say, error: say },
      count: (result) => this.counted.push(result),
    });
    const over = new AbortController();
    const running = deliveries.run(over.signal);
    const stop = async (): Promise<void> => {
      over.abort();
      await this.clock.during(running);
    };
    onTestFinished(stop);
    this.replicas.add(deliveries);
    await this.clock.advance(1);
    return { stop };
  }

  #answer(request: WebhookRequest, signal: AbortSignal): Promise<WebhookAnswer> {
    const [, roomId = ''] = /^https:\/\/([^.]+)/.exec(request.url) ?? [];
    const made = { atMs: this.clock.monotonicMs(), roomId, request, signal };
    this.tries.push(made);
    const answer = this.receiver(made);
    if (answer !== 'never') return Promise.resolve(answer);
    return new Promise((resolve) => {
      signal.addEventListener('abort', () => resolve({ kind: 'unanswered', code: 'ABORT_ERR' }));
    });
  }

  /** When each try was made, from the first on, in seconds. */
  get seconds(): number[] {
    const [first] = this.tries;
    return this.tries.map(({ atMs }) => Math.round((atMs - (first?.atMs ?? 0)) / 1_000));
  }
  triesOf(roomId: string): Try[] {
    return this.tries.filter((made) => made.roomId === roomId);
  }
}

const ok: WebhookAnswer = { kind: 'answered', status: 204, retryAfter: null };
const status = (number: number, retryAfter: string | null = null): WebhookAnswer => ({
  kind: 'answered',
  status: number,
  retryAfter,
});
const idOf = ({ request }: Try): string => (JSON.parse(request.body) as { id: string }).id;

test('a receiver that fails is tried again after 1, 2, 5, 10 s and then every 30 s, with the same message', async () => {
  const stage = new Stage();
  const board = await stage.room('pool');
  stage.receiver = () => status(500);
  await stage.replica();
  await stage.release(board);
  await stage.clock.advance(85_000);
  expect(stage.seconds).toEqual([0, 1, 3, 8, 18, 48, 78]);
  expect(new Set(stage.tries.map(({ request }) => request.body)).size).toBe(1);
  const stamps = stage.tries.map(({ request }) => Number(request.headers['webhook-timestamp']));
  expect(stamps.map((stamp) => stamp - (stamps[0] as number))).toEqual([0, 1, 3, 8, 18, 48, 78]);
  // Given up after two minutes: said, and tried no more.
  await stage.clock.advance(120_000);
  expect(stage.seconds.at(-1)).toBeLessThan(120);
  expect(await stage.store.read('pool', { after: null, limit: 1 })).toMatchObject({ deadLetters: 1 });
  expect(stage.said).toEqual([
    'The receiver did not take a batch; it is tried again',
    'Batches were given up; they are dead letters now',
  ]);
});

test('a receiver that asks for time gets it', async () => {
  const stage = new Stage();
  const board = await stage.room('pool');
  stage.receiver = () => (stage.tries.length === 1 ? status(429, '7') : ok);
  await stage.replica();
  await stage.release(board);
  await stage.clock.advance(20_000);
  expect(stage.seconds).toEqual([0, 7]);
  expect(stage.counted).toEqual(['failed', 'delivered']);
  expect(stage.said.at(-1)).toBe('The receiver takes batches again');
});

test('a release leaves at once when its replica hears of it, and within 5 s by itself', async () => {
  const stage = new Stage();
  const board = await stage.room('pool');
  await stage.replica();
  await stage.clock.advance(7_000);
  await stage.release(board);
  expect(stage.tries).toHaveLength(1);
  await stage.releaseUnheard(board);
  await stage.clock.advance(5_000);
  expect(stage.tries).toHaveLength(2);
});

test('many batches leave one behind the other, in order, without a pause', async () => {
  const stage = new Stage();
  const board = await stage.room('pool');
  for (let count = 0; count < 30; count += 1) await stage.release(board);
  await stage.replica();
  await stage.clock.advance(2_000);
  const numbers = stage.tries.map(
    ({ request }) => (JSON.parse(request.body) as { data: { releaseNumber: number } }).data.releaseNumber,
  );
  expect(numbers).toEqual(Array.from({ length: 30 }, (_, index) => index + 1));
});

test('a receiver that never answers is given up after 15 s, and no other room waits for it', async () => {
  const stage = new Stage();
  const [slow, quick] = [await stage.room('slow'), await stage.room('quick')];
  stage.receiver = ({ roomId }) => (roomId === 'slow' ? 'never' : ok);
  await stage.replica();
  await stage.release(slow);
  await stage.clock.advance(2_000);
  for (let count = 0; count < 5; count += 1) {
    await stage.release(quick);
    await stage.clock.advance(100);
  }
  expect(stage.triesOf('quick')).toHaveLength(5);
  expect(stage.triesOf('slow')).toHaveLength(1);
  await stage.clock.advance(16_000);
  expect(stage.triesOf('slow').map(({ signal }) => signal.aborted)).toEqual([true, false]);
  const state = await stage.store.read('slow', { after: null, limit: 0 });
  expect(state?.lastError?.what).toBe('no answer: timeout');
});

test('while one replica waits for a slow answer, no other sends the same; when it dies, the next does in 5 s', async () => {
  const stage = new Stage();
  const board = await stage.room('pool');
  stage.receiver = () => (stage.tries.length === 1 ? 'never' : ok);
  await stage.replica();
  await stage.replica();
  await stage.release(board);
  await stage.clock.advance(14_000);
  expect(stage.tries).toHaveLength(1);

  // As if it had died: its renewals no longer reach the store.
  const before = { ...stage.store };
  stage.store.renew = () => new Promise(() => {});
  await stage.clock.advance(7_000);
  Object.assign(stage.store, before);
  expect(stage.tries).toHaveLength(2);
  expect(new Set(stage.tries.map(idOf)).size).toBe(1);
});

test('a replica that lost its lease gives up the try, and leaves the batch to whoever has it', async () => {
  const stage = new Stage();
  const board = await stage.room('pool');
  stage.receiver = () => 'never';
  await stage.replica();
  await stage.release(board);
  await stage.clock.advance(2_500);
  expect(stage.tries).toHaveLength(1);
  const before = { ...stage.store };
  stage.store.renew = async () => false;
  await stage.clock.advance(2_000);
  Object.assign(stage.store, before);
  expect(stage.tries[0]?.signal.aborted).toBe(true);
  expect(new Set(stage.counted)).toEqual(new Set(['aborted']));
  expect(await stage.store.read('pool', { after: null, limit: 0 })).toMatchObject({
    pending: 1,
    lastError: null,
  });
});

test('a replica that stops gives its batch back, and another has it at once', async () => {
  const stage = new Stage();
  const board = await stage.room('pool');
  stage.receiver = () => (stage.tries.length === 1 ? 'never' : ok);
  const { stop } = await stage.replica();
  await stage.release(board);
  await stage.clock.advance(2_000);
  await stop();
  expect(stage.counted).toEqual(['aborted']);
  await stage.replica();
  await stage.clock.advance(100);
  expect(stage.counted).toEqual(['aborted', 'delivered']);
  expect(new Set(stage.tries.map(idOf)).size).toBe(1);
});

test('a store that does not answer stops nothing for good: the batch is delivered, twice if it must be', async () => {
  const stage = new Stage();
  const board = await stage.room('pool');
  await stage.replica();
  const before = { ...stage.store };
  stage.store.settle = () => Promise.reject(new Error('away'));
  await stage.release(board);
  await stage.clock.advance(3_000);
  expect(stage.tries.length).toBeGreaterThan(0);
  stage.store.claim = () => Promise.reject(new Error('away'));
  await stage.clock.advance(10_000);
  Object.assign(stage.store, before);
  await stage.clock.advance(6_000);
  expect(await stage.store.read('pool', { after: null, limit: 0 })).toMatchObject({ pending: 0 });
  expect(new Set(stage.tries.map(idOf)).size).toBe(1);
});

test('a room whose delivery ends, or that is deleted, is left alone', async () => {
  const stage = new Stage();
  const [pool, rink] = [await stage.room('pool'), await stage.room('rink')];
  await stage.replica();
  await stage.clock.advance(2_000);
  const room = pool.room as NonNullable<RoomBoard['room']>;
  const changed = { ...room, version: 2, policy: { ...room.policy, delivery: null } };
  await stage.queue.setRoom(changed, nothingKnown, 'change');
  await stage.tick(pool);
  stage.boards.delete('rink');
  await stage.release(pool);
  await stage.release(rink);
  await stage.clock.advance(20_000);
  expect(stage.tries).toEqual([]);
});
