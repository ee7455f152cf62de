import { randomUUID } from 'node:crypto';
import { test } from 'vitest';
import { redisEmailStore } from '../../src/store/email-store-redis.ts';
import { redisQueueStore } from '../../src/store/queue-store-redis.ts';
import { newRoom } from '../support/room-under-test.ts';
import { connected, expectAnswersAnew, replicasToConfirm } from '../support/script-cache.ts';

test.each(replicasToConfirm)(
  'each script of e-mails runs after the cache was emptied before it, with %i replicas to confirm',
  async (waitReplicas) => {
    const { redis, admin } = await connected(waitReplicas);
    const queue = redisQueueStore({ commands: redis, ticks: redis, waitReplicas });
    const store = redisEmailStore({ redis, waitReplicas });
    const roomId = 'scripts';
    await queue.create(newRoom(roomId), Date.now() * 1_000);
    const ticketId = randomUUID();
    const [order, expiresAtMs] = [Date.now() * 1_000 + 5_000_000, Date.now() + 60_000];
    const wish = { underMinutes: 5, sealed: 'a.b.c', addressName: 'name' } as const;
    const request = { ticketId, gen: 0, order, ...wish, expiresAtMs };
    const held = { claimId: 'claim', ticketId };
    const due = { 5: order, 15: 0, 30: 0, 60: 0 };
    await expectAnswersAnew(admin, [
      [() => store.ask(roomId, request), 'kept'],
      [
        () => store.claim(roomId, { claimId: 'claim', due, limit: 1 }),
        { emails: [{ ticketId, order, tries: 1, sealed: 'a.b.c' }], kept: 1, more: true },
      ],
      [() => store.begin(roomId, held), true],
      [() => store.settle(roomId, held, { kind: 'sent' }), 'settled'],
      [() => store.withdraw(roomId, { ticketId, gen: 0 }), 'sent-before'],
      [() => store.forget(roomId), undefined],
    ]);
    await queue.close();
  },
  30_000,
);
