import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { AuditEntry, AuditHead, AuditRecord } from '../../src/domain/audit.ts';
import { chainedRecord } from '../../src/service/audit-chain.ts';
import { type AuditStore, auditKeptMax, auditTtlMs } from '../../src/store/audit-store.ts';
import { type MemoryAudits, memoryAuditStore } from '../../src/store/audit-store-memory.ts';
import { redisAuditStore } from '../../src/store/audit-store-redis.ts';
import type { QueueStore } from '../../src/store/queue-store.ts';
import { memoryQueueStore } from '../../src/store/queue-store-memory.ts';
import { redisQueueStore } from '../../src/store/queue-store-redis.ts';
import { scriptText } from '../../src/store/redis-scripts.ts';
import { auditKeys } from '../../src/store/redis-keys.ts';
import { withChangedScripts } from '../../src/dev/changed-scripts.ts';
import { connectToServer } from '../../src/dev/redis-client.ts';
import { connectTo } from '../support/redis.ts';
import { newRoom } from '../support/room-under-test.ts';
import { newRoomId, storeKinds } from '../support/stores.ts';

const nobody = { epochNumber: 0, epochId: '', eventNumber: 0, lastOrder: 0 };

describe.each(storeKinds)('audits (%s)', (kind) => {
  let audits: AuditStore;
  let queue: QueueStore;

  let few: AuditStore;
  /** Of the memory store's clock. */
  let aheadMs = 0;

  /** Whether the audit is still there after so long. */
  async function isKeptFor(roomId: string, ms: number): Promise<boolean> {
    if (kind === 'redis') {
      const redis = connectTo(inject('adminRedisUrl'));
      const [stream, head] = await Promise.all(auditKeys(roomId).map((key) => redis.pttl(key)));
      expect(Math.abs((stream ?? 0) - (head ?? 0))).toBeLessThan(1_000);
      return stream === -1 || (stream ?? 0) > ms;
    }
    aheadMs = ms;
    const head = await audits.head(roomId);
    aheadMs = 0;
    return head !== null;
  }

  beforeAll(async () => {
    if (kind === 'memory') {
      const kept: MemoryAudits = new Map();
      const nowUs = (): number => (Date.now() + aheadMs) * 1_000;
      [audits, queue] = [
        memoryAuditStore({ audits: kept, nowUs }),
        memoryQueueStore({ audits: kept, nowUs }),
      ];
      few = memoryAuditStore({ keptMax: 50 });
      return;
    }
    const connect = async (): Promise<Redis> => {
      const redis = connectToServer(inject('redisUrl'), { name: 'audits', onError: console.error });
      await once(redis, 'ready');
      return redis;
    };
    audits = redisAuditStore({ redis: await connect(), waitReplicas: 0 });
    queue = redisQueueStore({ commands: await connect(), ticks: await connect(), waitReplicas: 0 });
    const redis = await connect();
    const bound = `audit_kept_max = ${auditKeptMax}`;
    const text = scriptText('audit_append');
    if (!text.includes(bound)) throw new Error(`the script does not say ${bound}`);
    const changed = new Map([['audit_append' as const, text.replace(bound, 'audit_kept_max = 50')]]);
    few = redisAuditStore({ redis: withChangedScripts(redis, changed), waitReplicas: 0 });
  });
  afterAll(async () => {
    await audits.close();
    await few.close();
    await queue.close();
  });

  const entry = (roomId: string, name = 'Claire'): AuditEntry => ({
    roomId,
    actor: { keyId: 'key-1', name },
    action: 'room.notice',
    reason: 'Une « fuite »',
    before: { notice: null },
    after: { notice: 'x' },
  });
  const next = async (roomId: string, name?: string): Promise<AuditRecord> =>
    chainedRecord(entry(roomId, name), await audits.head(roomId), 1_000);

  test('a record follows the newest one, and no other does', async () => {
    const roomId = newRoomId();
    const [first, rival] = [await next(roomId), await next(roomId, 'Paul')];
    expect(await audits.append(first, null)).toBe('appended');
    expect(await audits.append(rival, null)).toBe('moved');
    const head = (await audits.head(roomId)) as AuditHead;
    const follows = (end: Partial<AuditHead>): AuditRecord =>
      chainedRecord(entry(roomId, 'Paul'), { ...head, ...end }, 1_000);
    // Behind a record that another store had there, and with one left out.
    expect(await audits.append(follows({ hash: rival.hash }), null)).toBe('moved');
    expect(await audits.append(follows({ number: 2 }), null)).toBe('moved');
    expect(await audits.append(await next(roomId, 'Paul'), null)).toBe('appended');
    const kept = await audits.read(roomId, 0);
    expect(kept.map(({ number, actor }) => [number, actor.name])).toEqual([
      [1, 'Claire'],
      [2, 'Paul'],
    ]);
    expect(kept[0]).toEqual(first);
    expect(await audits.read(roomId, 1)).toEqual(kept.slice(1));
  });

  test('a repeat after a lost reply is the same', async () => {
    const roomId = newRoomId();
    const record = await next(roomId);
    expect(await audits.append(record, null)).toBe('appended');
    expect(await audits.append(record, null)).toBe('appended');
    expect(await audits.read(roomId, 0)).toHaveLength(1);
    // Also when somebody else appended meanwhile.
    expect(await audits.append(await next(roomId, 'Paul'), null)).toBe('appended');
    expect(await audits.append(record, { startedUs: 1, eventNumber: 1, replica: 'one' })).toBe('appended');
    expect(await audits.read(roomId, 0)).toHaveLength(2);
  });

  test('fifty at once make one chain', async () => {
    const roomId = newRoomId();
    const put = async (index: number): Promise<void> => {
      for (;;) {
        if ((await audits.append(await next(roomId, `n° ${index}`), null)) === 'appended') return;
      }
    };
    await Promise.all(Array.from({ length: 50 }, (_, index) => put(index)));
    const kept = await audits.read(roomId, 0);
    expect(kept.map(({ number }) => number)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
    expect(new Set(kept.map(({ actor }) => actor.name)).size).toBe(50);
  });

  test('an event is put down once, and an older one no more; one of a later run is', async () => {
    const roomId = newRoomId();
    const [run, later] = [1_763_761_234_567_890, 1_763_761_234_567_891];
    const put = async (startedUs: number, eventNumber: number) =>
      audits.append(await next(roomId), { startedUs, eventNumber, replica: 'one' });
    expect(await put(run, 7)).toBe('appended');
    expect(await put(run, 7)).toBe('known');
    expect(await put(run, 6)).toBe('known');
    expect(await put(run, 10)).toBe('appended');
    expect(await put(later, 1)).toBe('appended');
    expect(await put(run, 11)).toBe('known');
    expect(await audits.read(roomId, 0)).toHaveLength(3);
  });

  test('two replicas that write the same record of an event at one moment do not both have it', async () => {
    const roomId = newRoomId();
    const record = await next(roomId);
    const event = { startedUs: 1_763_761_234_567_890, eventNumber: 7 };
    expect(await audits.append(record, { ...event, replica: 'one' })).toBe('appended');
    expect(await audits.append(record, { ...event, replica: 'other' })).toBe('known');
    expect(await audits.append(record, { ...event, replica: 'one' })).toBe('appended');
  });

  test('the service has a chain of its own', async () => {
    const before = (await audits.head(null))?.number ?? 0;
    const record = chainedRecord({ ...entry('x'), roomId: null }, await audits.head(null), 1_000);
    expect(await audits.append(record, null)).toBe('appended');
    expect((await audits.head(null))?.number).toBe(before + 1);
    expect((await audits.read(null, before))[0]).toEqual(record);
  });

  test('a room’s change and its record are made together, or neither', async () => {
    const roomId = newRoomId();
    const room = newRoom(roomId);
    const stale = chainedRecord(entry(roomId, 'too late'), null, 1_000);
    expect(await audits.append(await next(roomId), null)).toBe('appended');
    expect(await queue.create(room, Date.now() * 1_000, stale)).toBe('audit-moved');
    expect(await queue.setRoom(room, nobody, randomUUID())).toEqual({ kind: 'no-room' });
    expect(await queue.create(room, Date.now() * 1_000, await next(roomId))).toBe('created');
    expect(await queue.create(room, Date.now() * 1_000, await next(roomId))).toBe('exists');

    const paused = { ...room, state: 'paused' as const, version: 2 };
    const changeId = randomUUID();
    expect(await queue.setRoom(paused, nobody, randomUUID(), stale)).toMatchObject({ answer: 'audit-moved' });
    const record = await next(roomId);
    expect(await queue.setRoom(paused, nobody, changeId, record)).toMatchObject({
      answer: 'changed',
      head: { version: 2 },
    });
    expect(await queue.setRoom(paused, nobody, changeId, record)).toMatchObject({ answer: 'changed' });
    expect(await queue.setRoom(paused, nobody, randomUUID(), await next(roomId))).toMatchObject({
      answer: 'conflict',
    });

    expect(await queue.remove(roomId, nobody, stale)).toMatchObject({ answer: 'audit-moved' });
    expect(await queue.remove(roomId, nobody, await next(roomId))).toMatchObject({ answer: 'removed' });
    expect((await audits.read(roomId, 0)).map(({ number }) => number)).toEqual([1, 2, 3, 4]);
  });

  test('of a deleted room are kept for thirty days, whatever comes late; of one made anew for good', async () => {
    const roomId = newRoomId();
    const room = newRoom(roomId);
    const year = 365 * 86_400_000;
    await queue.create(room, Date.now() * 1_000, await next(roomId));
    await queue.remove(roomId, nobody, await next(roomId));
    expect(await audits.append(await next(roomId), null)).toBe('appended');
    expect(await isKeptFor(roomId, auditTtlMs - 60_000)).toBe(true);
    const again = await next(roomId);
    expect(await queue.create(room, (Date.now() + 1_000) * 1_000, again)).toBe('created');
    expect(await isKeptFor(roomId, year)).toBe(true);
    await queue.remove(roomId, nobody, await next(roomId));
    expect(await audits.append(await next(roomId), null)).toBe('appended');
    expect(await isKeptFor(roomId, auditTtlMs + 60_000)).toBe(false);
  });

  test('only the newest are kept, and the hash of the first of them', async () => {
    const roomId = newRoomId();
    for (let number = 1; number <= 53; number += 1) {
      const record = chainedRecord(entry(roomId), await few.head(roomId), number);
      expect(await few.append(record, null)).toBe('appended');
      const [first] = await few.read(roomId, 0);
      expect(first?.number).toBe(Math.max(1, number - 49));
      expect(await few.head(roomId)).toMatchObject({
        number,
        hash: record.hash,
        firstHash: first?.hash,
      });
    }
    expect(await few.read(roomId, 50)).toHaveLength(3);
  });
});
