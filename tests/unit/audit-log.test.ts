import { beforeEach, describe, expect, test } from 'vitest';
import { AuditLog } from '../../src/service/audit-log.ts';
import { ReplicaMemory } from '../../src/service/replica-memory.ts';
import { RoomLink } from '../../src/service/room-link.ts';
import type { AuditStore } from '../../src/store/audit-store.ts';
import { memoryAuditStore } from '../../src/store/audit-store-memory.ts';
import { StoreUnknownError } from '../../src/store/queue-store.ts';
import { memoryQueueStore } from '../../src/store/queue-store-memory.ts';
import type { RoomEvent } from '../../src/store/room-events.ts';
import { headWith } from '../support/board-parts.ts';
import { ManualClock } from '../support/manual-clock.ts';

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const opened: RoomEvent = {
  eventNumber: 4,
  atMs: 0,
  type: 'room',
  version: 2,
  change: { from: 'scheduled', to: 'open', cause: 'schedule' },
};

let clock = new ManualClock();
let store: AuditStore = memoryAuditStore();
let lines: string[] = [];
let [isAway, loseReplies, diskIsFull] = [false, false, false];

/** What happens to the store happens to every replica that shares it. */
function replica(): AuditLog {
  const flaky: AuditStore = {
    ...store,
    head: async (roomId) => {
      if (isAway) throw new StoreUnknownError('away');
      return store.head(roomId);
    },
    append: async (record, event) => {
      if (isAway) throw new StoreUnknownError('away');
      const answer = await store.append(record, event);
      if (loseReplies) throw new StoreUnknownError('no reply');
      return answer;
    },
  };
  const metrics = { answered: () => {}, unknown: () => {} };
  const link = new RoomLink(memoryQueueStore(), new ReplicaMemory(clock), { clock, log: silent, metrics });
  const file = {
    append: async (line: string) => {
      if (diskIsFull) throw new Error('no space left');
      lines.push(line);
    },
  };
  return new AuditLog({ store: flaky, replicaId: 'one', link, file: () => file, clock, log: silent });
}

beforeEach(() => {
  clock = new ManualClock();
  store = memoryAuditStore();
  lines = [];
  [isAway, loseReplies, diskIsFull] = [false, false, false];
});

const kept = async (): Promise<number> => (await store.read('pool', 0)).length;
const tick = async (log: AuditLog, events: RoomEvent[] = []): Promise<void> => {
  log.heard('pool', headWith({ eventNumber: 4 }), events);
  await clock.advance(10_000);
};

describe('what a room did by itself', () => {
  test('is put down once by two replicas, in the file of one of them', async () => {
    const [one, other] = [replica(), replica()];
    one.heard('pool', headWith({}), [opened]);
    await tick(other, [opened]);
    expect([await kept(), lines.length]).toEqual([1, 1]);
  });

  test('is put down later when the store was away', async () => {
    const log = replica();
    isAway = true;
    await tick(log, [opened]);
    await tick(log);
    isAway = false;
    await tick(log);
    expect([await kept(), lines.length]).toEqual([1, 1]);
  });

  test('is in the file, too, when the reply was lost and given up', async () => {
    const log = replica();
    loseReplies = true;
    await tick(log, [opened]);
    expect([await kept(), lines.length]).toEqual([1, 0]);
    loseReplies = false;
    await tick(log);
    await tick(log);
    expect([await kept(), lines.length]).toEqual([1, 1]);
  });

  test('is in the file once the disk has room again', async () => {
    const log = replica();
    diskIsFull = true;
    await tick(log, [opened]);
    await tick(log);
    expect([await kept(), lines.length]).toEqual([1, 0]);
    diskIsFull = false;
    await tick(log);
    expect([await kept(), lines.length]).toEqual([1, 1]);
  });

  test('is bounded while it waits', async () => {
    const log = replica();
    isAway = true;
    for (let eventNumber = 1; eventNumber <= 150; eventNumber += 1) {
      log.heard('pool', headWith({ eventNumber }), [{ ...opened, eventNumber }]);
    }
    await clock.advance(10_000);
    isAway = false;
    await tick(log);
    expect(await kept()).toBe(100);
    expect(lines).toHaveLength(100);
  });
});

describe('what an operator did', () => {
  const entry = {
    roomId: 'pool',
    actor: { keyId: 'k', name: 'Claire' },
    action: 'room.notice',
    reason: null,
    before: null,
    after: { logo: 'x'.repeat(600) },
  } as const;

  test('is in chain and file when it is acknowledged', async () => {
    await replica().record(entry);
    expect([await kept(), lines.length]).toEqual([1, 1]);
    expect(lines[0]).not.toContain('xxx');
  });

  test('is not acknowledged when it cannot be written down, or the store is away', async () => {
    diskIsFull = true;
    await expect(replica().record(entry)).rejects.toMatchObject({ code: 'audit-unavailable' });
    isAway = true;
    await expect(clock.during(replica().record(entry))).rejects.toMatchObject({ code: 'store-unavailable' });
  });
});
