import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { redisDeliveryStore } from '../../src/store/delivery-store-redis.ts';
import { redisQueueStore } from '../../src/store/queue-store-redis.ts';
import { newRoom } from '../support/room-under-test.ts';
import { connected, expectAnswersAnew, replicasToConfirm } from '../support/script-cache.ts';

test.each(replicasToConfirm)(
  'each script of deliveries runs after the cache was emptied before it, with %i replicas to confirm',
  async (waitReplicas) => {
    const { redis, admin } = await connected(waitReplicas);
    // The store's own clock is moved, so that the room has settled.
    let nowUs = Date.now() * 1_000;
    const clocked = { waitReplicas, nowUs: () => nowUs };
    const queue = redisQueueStore({ commands: redis, ticks: redis, ...clocked });
    const store = redisDeliveryStore({ redis, ...clocked });
    const roomId = 'scripts';
    const delivery = { url: 'https://site.example.org/', holdAfterMs: 1_000, giveUpAfterMs: 10_000 };
    await queue.create(newRoom(roomId, { delivery, outflowPerMinute: 60_000 }), nowUs);
    nowUs += 3_000_000;
    const nothingKnown = { epochNumber: 0, epochId: '', eventNumber: 0, lastOrder: 0 };
    await queue.join(roomId, nothingKnown, [randomUUID()]);
    const options = { address: 'here', giveUpAfterMs: 10_000 };
    const claim = await store.claim(roomId, { claimId: 'claim', ...options });
    if (claim.kind !== 'leased') throw new Error(`not leased: ${claim.kind}`);
    const held = { claimId: 'claim', entryId: claim.batch.entryId, messageId: claim.batch.messageId };
    const disabled = { kind: 'disabled', error: 'answered 410' } as const;
    await expectAnswersAnew(admin, [
      [() => store.renew(roomId, held), true],
      [() => store.settle(roomId, held, disabled, options), 'buried'],
      [
        () => store.claim(roomId, { claimId: 'claim', ...options }),
        expect.objectContaining({ deadLetters: 1 }),
      ],
      [() => store.read(roomId, { after: null, limit: 1 }), expect.objectContaining({ isOff: true })],
      [() => store.resend(roomId, { letterIds: null, lastId: null }), expect.objectContaining({ resent: 1 })],
    ]);
    await queue.close();
  },
  30_000,
);

test('without the replicas that were asked for nothing counts as said', async () => {
  const { redis } = await connected(0);
  const queue = redisQueueStore({ commands: redis, ticks: redis, waitReplicas: 0 });
  await queue.create(newRoom('alone'), Date.now() * 1_000);
  const store = redisDeliveryStore({ redis, waitReplicas: 1 });
  const options = { claimId: 'claim', address: 'here', giveUpAfterMs: 10_000 };
  await expect(store.claim('alone', options)).rejects.toThrow(/confirmed by 0 of 1/);
  await expect(store.read('alone', { after: null, limit: 0 })).rejects.toThrow(/confirmed by 0 of 1/);
  await queue.close();
});
