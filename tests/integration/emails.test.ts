import { describe, expect, test, vi } from 'vitest';
import { redisEmailStore } from '../../src/store/email-store-redis.ts';
import { emailLeaseMs } from '../../src/store/email-store.ts';
import { connectToServer } from '../../src/dev/redis-client.ts';
import {
  addressOf,
  askFor,
  countOf,
  emailStage,
  everythingIn,
  joinMany,
  keptIn,
  letPass,
  onePerMinute,
  recipientsOf,
  replicaOn,
  untilHolds,
} from '../support/email-stage.ts';
import { startMailServer } from '../support/mail-server.ts';
import { expectProblem } from '../support/problems.ts';
import { nameOfCommand } from '../support/script-calls.ts';
import { expectStatus, type Visitor } from '../support/service.ts';

// Minutes of the service's time go by.
vi.setConfig({ testTimeout: 60_000 });

describe('an e-mail', () => {
  test('is sent when the whole expected wait lies under the choice, and not before', async () => {
    const stage = await emailStage();
    const { server, url } = await startMailServer({ offersTls: false });
    const service = await replicaOn(stage, url);
    const roomId = await service.openRoom(onePerMinute);
    const visitors = await joinMany(service, roomId, 12);
    const watched = visitors[6] as Visitor;
    await askFor(service, watched, 5);
    await letPass(stage, 60_000);
    expect(server.mails).toEqual([]);
    await untilHolds(stage, () => server.mails.length > 0, 10 * 60_000);
    const { body } = await service.look(watched);
    const { expectedWaitMs } = body['standing'] as { expectedWaitMs: { low: number; high: number } };
    expect(expectedWaitMs.high).toBeLessThanOrEqual(5 * 60_000);
    expect(expectedWaitMs.high).toBeGreaterThan(3.5 * 60_000);

    const [mail] = server.mails;
    expect(mail?.to).toEqual([addressOf(watched)]);
    const raw = (mail?.raw ?? '').replace(/=\r\n/g, '');
    expect(raw).toMatch(/^Subject: Swimming lessons: your turn is near\r$/m);
    expect(raw).toMatch(/^Your expected wait is now: between 3 and 5 minutes\.\r$/m);
    expect(raw).toMatch(/^Your number: 7\r$/m);
    expect(raw).toContain(`https://tickets.example.org/rooms/${roomId}?lang=3Den`);
    expect(raw).toContain('you will have 5 minutes to press');
    await untilHolds(stage, async () => (await keptIn(stage, roomId)) === 0);
    const path = `/v1/rooms/${roomId}/ticket/email`;
    const bearer = watched.queueToken;
    const again = { address: addressOf(watched), underMinutes: 60 };
    for (const asked of [{ method: 'PUT', body: again }, { method: 'DELETE' }]) {
      expect((await service.public(path, { ...asked, bearer })).body).toEqual({ kind: 'sent-before' });
    }
    await letPass(stage, 120_000);
    expect(server.mails).toHaveLength(1);
  });

  test('is sent once with two replicas racing, to each who asked', async () => {
    const stage = await emailStage();
    const { server, url } = await startMailServer({ offersTls: false });
    const first = await replicaOn(stage, url);
    const second = await replicaOn(stage, url, first);
    const roomId = await first.openRoom(onePerMinute);
    await letPass(stage, 3_000);
    const visitors = await joinMany(first, roomId, 40);
    for (const [index, visitor] of visitors.slice(2).entries()) {
      await askFor(index % 2 === 0 ? first : second, visitor, 60);
    }
    await untilHolds(stage, async () => (await keptIn(stage, roomId)) === 0);
    await letPass(stage, emailLeaseMs + 20_000);
    expect(recipientsOf(server.mails).toSorted()).toEqual(visitors.slice(2).map(addressOf).toSorted());
    expect((await countOf(first, 'sent')) + (await countOf(second, 'sent'))).toBe(38);
  });

  test('speaks the language that was chosen, whoever sends it', async () => {
    const stage = await emailStage();
    const { server, url } = await startMailServer({ offersTls: false });
    const service = await replicaOn(stage, url);
    const roomId = await service.openRoom(onePerMinute);
    const visitors = await joinMany(service, roomId, 4);
    for (const [index, language] of ['fr', 'ar', 'es'].entries()) {
      await askFor(service, visitors[index + 1] as Visitor, 60, { language });
    }
    await untilHolds(stage, () => server.mails.length === 3);
    const languages = server.mails.map(({ raw }) => /^Content-Language: (\w+)/m.exec(raw)?.[1]);
    expect(new Set(languages)).toEqual(new Set(['ar', 'es', 'fr']));
  });

  test('waits while nobody is let in', async () => {
    const stage = await emailStage();
    const { server, url } = await startMailServer({ offersTls: false });
    const service = await replicaOn(stage, url);
    const roomId = await service.openRoom(onePerMinute);
    const visitors = await joinMany(service, roomId, 3);
    expectStatus(await service.internal(`/v1/rooms/${roomId}/pause`, { method: 'POST' }), 200);
    await askFor(service, visitors[2] as Visitor, 60);
    await letPass(stage, 40_000);
    expect([server.mails.length, await keptIn(stage, roomId)]).toEqual([0, 1]);
    expectStatus(await service.internal(`/v1/rooms/${roomId}/resume`, { method: 'POST' }), 200);
    await untilHolds(stage, () => server.mails.length === 1);
  });
});

test('where nobody asked, each replica asks Redis once in 16 to 24 seconds', async () => {
  const stage = await emailStage();
  const { url } = await startMailServer({ offersTls: false });
  const service = await replicaOn(stage, url);
  await joinMany(service, await service.openRoom(onePerMinute), 3);
  await letPass(stage, 30_000);
  const monitor = await stage.client.monitor();
  let claims = 0;
  monitor.on('monitor', (_time: string, words: string[], source: string) => {
    if (source !== 'lua' && nameOfCommand(words) === 'email_claim') claims += 1;
  });
  await letPass(stage, 240_000);
  monitor.disconnect();
  expect(claims).toBeGreaterThanOrEqual(8);
  expect(claims).toBeLessThanOrEqual(15);
});

describe('what is kept', () => {
  test('cannot be read in Redis, and is gone when it was sent, left, withdrawn, at its turn, and with its room', async () => {
    const stage = await emailStage();
    const { server, url } = await startMailServer({ offersTls: false });
    const service = await replicaOn(stage, url);
    const roomId = await service.openRoom({ ...onePerMinute, capacity: 0 });
    const visitors = await joinMany(service, roomId, 6);
    for (const visitor of visitors) await askFor(service, visitor, 60);
    expect(await keptIn(stage, roomId)).toBe(6);
    const everything = await everythingIn(stage);
    expect(everything).not.toMatch(/visitor-|@|example|dmlzaXRvci|Zpc2l0b3|2aXNpdG9y/);

    const [, leaves, withdraws] = visitors as [Visitor, Visitor, Visitor];
    const path = `/v1/rooms/${roomId}/ticket`;
    const bearer = leaves.queueToken;
    expectStatus(await service.public(path, { method: 'DELETE', bearer }), 204);
    const email = { method: 'DELETE', bearer: withdraws.queueToken };
    expectStatus(await service.public(`${path}/email`, email), 200);
    await untilHolds(stage, async () => (await keptIn(stage, roomId)) === 4);

    // Everyone's turn comes at once: nobody is written to any more.
    server.recipient = () => 451;
    const all = { capacity: 1_000, outflowPerMinute: 600_000 };
    expectStatus(
      await service.internal(`/v1/rooms/${roomId}/admission`, { method: 'PATCH', body: all }),
      200,
    );
    await untilHolds(stage, async () => (await keptIn(stage, roomId)) === 0);
    expect(server.mails).toEqual([]);

    const closed = await service.openRoom({ ...onePerMinute, capacity: 0 });
    await askFor(service, (await joinMany(service, closed, 1))[0] as Visitor, 5);
    expectStatus(await service.internal(`/v1/rooms/${closed}`, { method: 'DELETE' }), 204);
    await untilHolds(
      stage,
      async () => (await stage.client.keys(`guichet:{${closed}}:emails:*`)).length === 0,
    );
  });

  test('is sent by another replica when the one that had claimed it died', async () => {
    const stage = await emailStage();
    const { server, url } = await startMailServer({ offersTls: false });
    const died = await replicaOn(stage, url);
    const roomId = await died.openRoom(onePerMinute);
    const visitors = await joinMany(died, roomId, 3);
    await askFor(died, visitors[2] as Visitor, 60);
    // What the dead one had done last, seen from the store.
    await died.close();
    const redis = connectToServer(stage.redis.url, { name: 'died', onError: () => {} });
    const store = redisEmailStore({ redis, waitReplicas: 0, nowUs: stage.clock.wallUs });
    await expect.poll(async () => redis.status).toBe('ready');
    const due = { 5: 0, 15: 0, 30: 0, 60: Number.MAX_SAFE_INTEGER };
    const { emails } = await store.claim(roomId, { claimId: 'died', due, limit: 10 });
    expect(emails).toHaveLength(1);
    await store.close();

    const other = await replicaOn(stage, url, died);
    await letPass(stage, emailLeaseMs - 20_000);
    expect(server.mails).toEqual([]);
    await untilHolds(stage, () => server.mails.length === 1);
    await letPass(stage, 30_000);
    expect(recipientsOf(server.mails)).toEqual([addressOf(visitors[2] as Visitor)]);
    expect(await countOf(other, 'sent')).toBe(1);
  });

  test('survives a Redis that is away, and asking then is answered', async () => {
    const stage = await emailStage();
    const { server, url } = await startMailServer({ offersTls: false });
    const service = await replicaOn(stage, url);
    const roomId = await service.openRoom({ ...onePerMinute, capacity: 0 });
    const visitors = await joinMany(service, roomId, 3);
    await askFor(service, visitors[1] as Visitor, 60);
    await letPass(stage, 2_000);
    await stage.client.save();
    await stage.redis.shutdown();
    const { roomId: room, queueToken } = visitors[2] as Visitor;
    const body = { address: 'visitor-3@example.org', underMinutes: 60 };
    const asked = service.public(`/v1/rooms/${room}/ticket/email`, {
      method: 'PUT',
      bearer: queueToken,
      body,
    });
    expectProblem(await stage.clock.during(asked), 'store-unavailable');
    await letPass(stage, 30_000);
    await stage.redis.start();
    await untilHolds(stage, async () => (await service.internal('/readyz')).status === 200);
    await expect.poll(() => stage.client.status, { timeout: 10_000 }).toBe('ready');
    const all = { capacity: 1_000 };
    // Each of the service's connections comes back at its own time.
    await untilHolds(stage, async () => {
      const change = service.internal(`/v1/rooms/${roomId}/admission`, { method: 'PATCH', body: all });
      return (await stage.clock.during(change)).status === 200;
    });
    await untilHolds(stage, () => server.mails.length === 1, 240_000);
    expect(recipientsOf(server.mails)).toEqual([addressOf(visitors[1] as Visitor)]);
  });
});
