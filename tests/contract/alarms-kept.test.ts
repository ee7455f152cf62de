/** The alarms that all replicas share, on both stores: raised once, cleared once, announced once. */
import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import {
  alarmGiveUpAfterMs,
  alarmLeaseMs,
  alarmMessageLeaseMs,
  alarmMessagesMax,
  type AlarmReport,
  type AlarmReportAnswer,
  alarmsClearedMax,
  alarmsRaisedMax,
  type AlarmStore,
  replicaForgottenAfterMs,
  replicasMax,
} from '../../src/store/alarm-store.ts';
import { memoryAlarmStore } from '../../src/store/alarm-store-memory.ts';
import { redisAlarmStore } from '../../src/store/alarm-store-redis.ts';
import { alarmKeys } from '../../src/store/redis-keys.ts';
import { TestTime } from '../support/stores.ts';

/** Its keys are the same for every test: on a database of its own. */
async function openStore(kind: 'memory' | 'redis', nowUs: () => number): Promise<AlarmStore> {
  if (kind === 'memory') return memoryAlarmStore({ nowUs });
  const url = new URL(inject('redisUrl'));
  url.pathname = '/28';
  const redis = new Redis(url.href, { retryStrategy: () => null });
  await redis.unlink(...alarmKeys);
  return redisAlarmStore({ redis, waitReplicas: 0, nowUs });
}

describe.each(['memory', 'redis'] as const)('on the %s store', (kind) => {
  let store: AlarmStore;
  let time: TestTime;
  const one = 'nobody-admitted pool';
  const other = 'batches-undelivered skating';

  beforeEach(async () => {
    time = new TestTime();
    store = await openStore(kind, () => time.us);
  });
  afterEach(() => store.close());

  const report = (replicaId: string, subjects: string[], more: Partial<AlarmReport> = {}) =>
    store.report({
      replicaId,
      held: subjects.map((subject) => ({ subject, facts: '{"waiting":12,"why":"a b"}' })),
      channels: ['webhook'],
      knownVersion: '',
      seed: 'seed',
      outage: null,
      ...more,
    });
  /** Reports every 5 s, as replicas do, until so much time has passed. */
  async function pass(ms: number, subjects: string[] = [], replicaId = 'a'): Promise<AlarmReportAnswer> {
    let answer = await report(replicaId, subjects);
    for (let left = ms; left > 0; left -= 5_000) {
      time.passMs(Math.min(left, 5_000));
      answer = await report(replicaId, subjects);
    }
    return answer;
  }
  const raisedOf = ({ alarms }: AlarmReportAnswer): string[] =>
    (alarms ?? []).filter(({ clearedAtMs }) => clearedAtMs === null).map(({ subject }) => subject);

  /** Takes a channel's messages until there is none. */
  async function sendAll(channel = 'webhook'): Promise<string[]> {
    const sent: string[] = [];
    for (;;) {
      const claim = await store.claim(channel, 'sender');
      if (claim.kind !== 'leased') return sent;
      const { entryId, change, alarm } = claim.entry;
      sent.push(`${change} ${alarm.subject} ${alarm.alarmId}`);
      expect(await store.settle({ channel, claimId: 'sender', entryId }, { kind: 'sent' })).toBe('settled');
    }
  }

  test('what several replicas report is raised once, and cleared once none reports it any more', async () => {
    const raised = await report('a', [one]);
    expect(raised.alarms).toEqual([
      {
        alarmId: 'seed-1',
        subject: one,
        facts: '{"waiting":12,"why":"a b"}',
        raisedAtMs: time.ms,
        clearedAtMs: null,
      },
    ]);
    await report('b', [one, other]);
    await report('a', []);
    expect(raisedOf(await report('a', [])).toSorted()).toEqual([other, one].toSorted());
    time.passMs(5_000);
    const { alarms } = await report('b', [other]);
    expect(alarms).toContainEqual(expect.objectContaining({ alarmId: 'seed-1', clearedAtMs: time.ms }));
    await report('b', []);
    expect(await sendAll()).toEqual([
      `raised ${one} seed-1`,
      `raised ${other} seed-2`,
      `cleared ${one} seed-1`,
      `cleared ${other} seed-2`,
    ]);
    await report('b', [one]);
    expect(await sendAll()).toEqual([`raised ${one} seed-3`]);
  });

  test('a report that is repeated after a lost reply changes nothing', async () => {
    const first = await report('a', [one]);
    expect(await report('a', [one])).toEqual(first);
    expect(first.pending).toBe(1);
  });

  test('who knows the version is told nothing again, until something changes', async () => {
    const { version } = await report('a', [one]);
    expect((await report('a', [one], { knownVersion: version })).alarms).toBeNull();
    expect((await report('a', [], { knownVersion: version })).alarms).toHaveLength(1);
  });

  test('what a replica said counts until its lease ends, and no longer', async () => {
    await report('dead', [one]);
    expect(raisedOf(await pass(alarmLeaseMs - 1))).toEqual([one]);
    time.passMs(1);
    expect(raisedOf(await report('a', []))).toEqual([]);
  });

  test('a wall clock that is set ends no lease, gives no message up, and forgets no replica', async () => {
    await report('b', [one]);
    for (const ms of [7 * 86_400_000, -14 * 86_400_000]) {
      time.passMs(ms);
      const { alarms, replicas, dropped, pending } = await report('a', []);
      expect(alarms).toEqual([expect.objectContaining({ subject: one, clearedAtMs: null })]);
      expect(replicas.map(({ replicaId }) => replicaId).toSorted()).toEqual(['a', 'b']);
      expect({ dropped, pending }).toEqual({ dropped: 0, pending: 1 });
    }
  });

  test('a message is one caller’s until the lease ends or it is given back, and is tried later when it failed', async () => {
    await report('a', [one]);
    const claim = await store.claim('webhook', 'x');
    if (claim.kind !== 'leased') throw new Error(claim.kind);
    const held = { channel: 'webhook', claimId: 'x', entryId: claim.entry.entryId };
    expect(await store.claim('webhook', 'y')).toEqual({ kind: 'later', afterMs: alarmMessageLeaseMs });
    expect(await store.claim('email-1', 'y')).toEqual({ kind: 'none' });
    expect(await store.renew({ ...held, claimId: 'y' })).toBe(false);
    expect(await store.renew(held)).toBe(true);
    expect(await store.settle({ ...held, claimId: 'y' }, { kind: 'failed', againInMs: 1 })).toBe('gone');
    expect(await store.settle({ ...held, claimId: 'y' }, { kind: 'refused' })).toBe('gone');
    expect(await store.settle(held, { kind: 'failed', againInMs: 1_000 })).toBe('settled');
    expect(await store.claim('webhook', 'y')).toEqual({ kind: 'later', afterMs: 1_000 });
    time.passMs(1_000);
    expect(await store.claim('webhook', 'y')).toMatchObject({ kind: 'leased', tries: 2 });
    for (let passed = 0; passed < alarmMessageLeaseMs; passed += 5_000) {
      time.passMs(5_000);
      await report('a', [one]);
    }
    expect(await store.claim('webhook', 'x')).toMatchObject({ kind: 'leased', tries: 3 });
    // The word of somebody whose lease ended: it did arrive.
    expect(await store.settle({ ...held, claimId: 'y' }, { kind: 'sent' })).toBe('settled');
    expect(await store.settle(held, { kind: 'sent' })).toBe('gone');
    expect(await store.renew(held)).toBe(false);
    expect(await store.claim('webhook', 'x')).toEqual({ kind: 'none' });
  });

  test('each channel has each message, in order, and waits for no other', async () => {
    const channels = ['webhook', 'email-1'];
    await report('a', [one], { channels });
    await report('a', [], { channels });
    expect(await store.claim('webhook', 'slow')).toMatchObject({ kind: 'leased' });
    expect(await sendAll('email-1')).toEqual([`raised ${one} seed-1`, `cleared ${one} seed-1`]);
  });

  test('an outage is recorded once, whichever replicas announced it; who was not told is told', async () => {
    const outage = {
      alarmId: 'seed-store-1',
      subject: 'store-unreachable -',
      facts: '{}',
      raisedAtMs: time.ms - 60_000,
      untold: ['webhook'],
    };
    expect((await report('a', [])).outages).toBe(0);
    const recorded = await report('a', [], { outage });
    expect(recorded).toMatchObject({ outages: 1, pending: 2 });
    expect(recorded.alarms).toEqual([
      expect.objectContaining({
        alarmId: 'seed-store-1',
        raisedAtMs: time.ms - 60_000,
        clearedAtMs: time.ms,
      }),
    ]);
    expect(await report('b', [], { outage: { ...outage, untold: [] } })).toMatchObject({
      outages: 1,
      pending: 2,
    });
    expect(await sendAll()).toEqual([
      'raised store-unreachable - seed-store-1',
      'cleared store-unreachable - seed-store-1',
    ]);
    const again = await report('a', [], { outage: { ...outage, alarmId: 'seed-store-2', untold: [] } });
    expect(again).toMatchObject({ outages: 2, pending: 1 });
  });

  test('a replica that says goodbye is not listed; one that falls silent is, until it is forgotten', async () => {
    await report('b', []);
    await report('c', []);
    await store.leave('b');
    const ids = ({ replicas }: AlarmReportAnswer): string[] =>
      replicas.map(({ replicaId }) => replicaId).toSorted();
    const firstMs = (await report('a', [])).clockMs;
    const answer = await pass(replicaForgottenAfterMs - 5_000);
    expect(ids(answer)).toEqual(['a', 'c']);
    expect(answer.replicas.find(({ replicaId }) => replicaId === 'a')).toEqual({
      replicaId: 'a',
      firstMs,
      lastMs: answer.clockMs,
    });
    expect(ids(await pass(10_000))).toEqual(['a']);
  });

  test('a message that nobody takes is given up after a day of the alarms’ clock', async () => {
    await report('a', [one]);
    let dropped = 0;
    // The clock moves by 20 s at most.
    for (let passed = 0; passed < alarmGiveUpAfterMs; passed += 20_000) {
      time.passMs(20_000);
      if (passed % 600_000 !== 0) await store.claim('none', 'x');
      else dropped += (await report('a', [one])).dropped;
    }
    dropped += (await report('a', [one])).dropped;
    expect(dropped).toBe(1);
    expect(await store.claim('webhook', 'x')).toEqual({ kind: 'none' });
  }, 60_000);

  test('all that is kept is bounded: alarms, what was cleared, messages, replicas', async () => {
    const subjects = Array.from({ length: alarmsRaisedMax }, (_, number) => `nobody-admitted room-${number}`);
    const raised = await report('a', subjects);
    expect(raised.alarms).toHaveLength(alarmsRaisedMax);
    expect(raisedOf(await report('b', [one]))).not.toContain(one);
    await expect(report('a', [...subjects, one])).rejects.toThrow(RangeError);
    // Of those that stay raised, the messages are kept longest.
    const stays = subjects.slice(0, 10);
    await report('b', []);
    for (let round = 0; round < 3; round += 1) {
      await report('a', stays);
      await report('a', subjects);
    }
    const answer = await report('a', stays);
    expect(answer.pending).toBe(alarmMessagesMax);
    expect(answer.alarms).toHaveLength(stays.length + alarmsClearedMax);
    const sent = await sendAll();
    expect(stays.every((subject, index) => sent[index]?.startsWith(`raised ${subject} seed-`))).toBe(true);
    for (let number = 0; number < replicasMax + 5; number += 1) await report(randomUUID(), []);
    expect((await report('a', [])).replicas).toHaveLength(replicasMax);
  });
});
