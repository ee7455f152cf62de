/** Alarms with real parts: Redis, an HTTP receiver, a mail server, several replicas. */
import { describe, expect, test, vi } from 'vitest';
import {
  type AlarmView,
  alarmsOf,
  AlarmStage,
  breakBucket,
  everybodyEnters,
  settledRoom,
  toldTo,
} from '../support/alarm-stage.ts';
import { startMailServer } from '../support/mail-server.ts';
import { Receiver } from '../support/receiver.ts';
import { expectStatus, type TestService } from '../support/service.ts';

// Minutes of the service's time go by.
vi.setConfig({ testTimeout: 60_000 });

const metric = async (service: TestService, name: string): Promise<number> => {
  const { text } = await service.internal('/metrics');
  const found = text.split('\n').find((line) => line.startsWith(`${name} `));
  return Number(found?.split(' ')[1]);
};

describe('a queue that stands still though there is room', () => {
  test('is announced once by two replicas, to webhook and people, and once more when it moves again', async () => {
    const receiver = await Receiver.start();
    const mail = await startMailServer();
    const stage = await AlarmStage.open({
      GUICHET_ALARM_WEBHOOK_URL: receiver.url,
      GUICHET_SMTP_URL: mail.url,
      GUICHET_MAIL_FROM: 'file@example.org',
      GUICHET_ALARM_EMAILS: 'one@example.org, two@example.org',
    });
    const [one, other] = [await stage.replica(), await stage.replica()];
    stage.trust(receiver, one);
    const roomId = await settledRoom(stage, one);
    const mend = await breakBucket(stage, roomId);
    await one.join(roomId);
    await stage.until(() => receiver.messages.length === 1 && mail.server.mails.length === 2);
    expect(await alarmsOf(one)).toMatchObject([
      { alarm: 'nobody-admitted', roomId, clearedAt: null, facts: { waiting: 1, freeSeats: 100 } },
    ]);
    await stage.until(async () => (await alarmsOf(other, '?raised=true')).length === 1);
    expect(await alarmsOf(other)).toEqual(await alarmsOf(one));
    await mend();
    await stage.until(() => receiver.messages.length === 2 && mail.server.mails.length === 4);
    await stage.pass(60_000);
    expect(receiver.faults).toEqual([]);
    expect(toldTo(receiver)).toEqual(['raised nobody-admitted', 'cleared nobody-admitted']);
    expect(mail.server.mails.map(({ to }) => to.join()).toSorted()).toEqual([
      'one@example.org',
      'one@example.org',
      'two@example.org',
      'two@example.org',
    ]);
    expect(await alarmsOf(one, '?raised=true')).toEqual([]);
    const [{ alarmId, clearedAt } = {} as AlarmView] = await alarmsOf(one);
    expect(clearedAt).not.toBeNull();
    const [raised, cleared] = receiver.messages;
    expect(raised?.event).toMatchObject({
      id: `alarm_${alarmId}_raised`,
      source: `/rooms/${roomId}/alarms`,
      data: { alarmId, kind: 'nobody-admitted', roomId, urgency: 'urgent', clearedAt: null },
    });
    expect(cleared?.event).toMatchObject({ id: `alarm_${alarmId}_cleared`, data: { alarmId, clearedAt } });
    expect(raised?.headers['webhook-id']).toBe(raised?.event.id);
  });

  test('is announced when the receiver is back: exactly one message of each, in order', async () => {
    const receiver = await Receiver.start();
    const stage = await AlarmStage.open({ GUICHET_ALARM_WEBHOOK_URL: receiver.url });
    const [one, other] = [await stage.replica(), await stage.replica()];
    stage.trust(receiver, one);
    await receiver.kill();
    const roomId = await settledRoom(stage, one);
    const mend = await breakBucket(stage, roomId);
    await one.join(roomId);
    await stage.until(async () => (await alarmsOf(one)).length === 1);
    await mend();
    await stage.until(async () => (await alarmsOf(one, '?raised=true')).length === 0);
    await stage.until(async () => (await metric(other, 'guichet_alarm_messages_waiting')) === 2);
    await stage.pass(120_000);
    await receiver.listen();
    await stage.until(() => receiver.messages.length === 2);
    await stage.pass(60_000);
    expect(toldTo(receiver)).toEqual(['raised nobody-admitted', 'cleared nobody-admitted']);
    expect(receiver.faults).toEqual([]);
    expect(await metric(one, 'guichet_alarm_messages_waiting')).toBe(0);
  });

  test('stays announced through a new replica in the place of all others, and is not announced again', async () => {
    const receiver = await Receiver.start();
    const stage = await AlarmStage.open({ GUICHET_ALARM_WEBHOOK_URL: receiver.url });
    const first = await stage.replica();
    stage.trust(receiver, first);
    const roomId = await settledRoom(stage, first);
    const mend = await breakBucket(stage, roomId);
    await first.join(roomId);
    await stage.until(() => receiver.messages.length === 1);
    await first.close();
    await stage.pass(90_000);
    const second = await stage.replica();
    await stage.pass(60_000);
    expect(toldTo(receiver)).toEqual(['raised nobody-admitted']);
    expect(await alarmsOf(second, '?raised=true')).toHaveLength(1);
    await mend();
    await stage.until(() => receiver.messages.length === 2);
  });

  test('is raised and cleared by the alarms’ own clock, whatever is done to the wall clock', async () => {
    const receiver = await Receiver.start();
    const stage = await AlarmStage.open({ GUICHET_ALARM_WEBHOOK_URL: receiver.url });
    const [one] = [await stage.replica(), await stage.replica()];
    stage.trust(receiver, one);
    const roomId = await settledRoom(stage, one);
    const mend = await breakBucket(stage, roomId);
    await one.join(roomId);
    await stage.until(() => receiver.messages.length === 1);
    for (const ms of [3_600_000, -3_600_000]) {
      stage.clock.stepWall(ms);
      await stage.pass(30_000);
    }
    expect(toldTo(receiver)).toEqual(['raised nobody-admitted']);
    await mend();
    await stage.until(() => receiver.messages.length === 2);
  });
});

describe('nothing is raised', () => {
  test('by an opening, a crowd, a capacity cut, a pause, and the deploy of one replica', async () => {
    const receiver = await Receiver.start();
    const stage = await AlarmStage.open({ GUICHET_ALARM_WEBHOOK_URL: receiver.url });
    const [one, other] = [await stage.replica(), await stage.replica()];
    stage.trust(receiver, one);
    const roomId = await one.makeRoom({ ...everybodyEnters, capacity: 30, outflowPerMinute: 60 });
    const visitors = [];
    for (let count = 0; count < 60; count += 1) visitors.push(await one.join(roomId));
    await stage.pass(60_000);
    const steer = async (path: string, method: string, body?: unknown): Promise<void> =>
      expectStatus(await one.internal(`/v1/rooms/${roomId}/${path}`, { method, body }), 200);
    await steer('open', 'POST');
    await stage.pass(20_000);
    for (const visitor of visitors) {
      const { body } = await one.look(visitor);
      if (body['kind'] === 'admitted') await one.act(visitor, 'enter');
    }
    await steer('admission', 'PATCH', { capacity: 5 });
    await stage.pass(60_000);
    await steer('pause', 'POST');
    await stage.pass(60_000);
    await other.close();
    await stage.pass(60_000);
    await stage.replica();
    await steer('resume', 'POST');
    await steer('admission', 'PATCH', { capacity: 60, outflowPerMinute: 600 });
    await stage.pass(60_000);
    expect(await alarmsOf(one)).toEqual([]);
    expect(receiver.messages).toEqual([]);
    expect((await one.internal('/metrics')).text).not.toContain('guichet_promise_broken_total{');
    expect(await metric(one, 'guichet_replicas')).toBe(2);
  });

  test('by a loss of all data, after which people come back inside above capacity', async () => {
    const stage = await AlarmStage.open();
    const one = await stage.replica();
    const roomId = await settledRoom(stage, one, { capacity: 3, recoverWithinMs: 5_000 });
    const passes: string[] = [];
    for (let count = 0; count < 3; count += 1) {
      const visitor = await one.join(roomId);
      await stage.until(async () => (await one.look(visitor)).body['kind'] === 'admitted');
      const { body } = await one.act(visitor, 'enter');
      passes.push(String(body['pass']));
    }
    expect(passes).toHaveLength(3);
    await stage.client.flushall();
    await stage.pass(30_000);
    for (let count = 0; count < 3; count += 1) await one.join(roomId);
    await stage.pass(60_000);
    expect((await one.internal('/metrics')).text).not.toContain('guichet_promise_broken_total{');
    expect((await alarmsOf(one)).filter(({ alarm }) => alarm !== 'store-unreachable')).toEqual([]);
  });
});

describe('of the service itself', () => {
  test('a replica that falls silent is missed; one that came in its place ends the alarm', async () => {
    const stage = await AlarmStage.open();
    const one = await stage.replica();
    // As a process that was killed leaves it: known, and silent.
    await stage.pass(5_000);
    const key = 'guichet:{alarms.index}:replicas';
    const [, times = ''] = Object.entries(await stage.client.hgetall(key))[0] ?? [];
    await stage.client.hset(key, 'dead', `0 ${times.split(' ')[1]}`);
    await stage.until(async () => (await alarmsOf(one)).length === 1, 150_000);
    expect(await alarmsOf(one)).toMatchObject([{ alarm: 'replica-not-ready', facts: { missing: 1 } }]);
    expect(await metric(one, 'guichet_replicas_missing')).toBe(1);
    await stage.replica();
    await stage.until(async () => (await alarmsOf(one, '?raised=true')).length === 0);
  });

  test('a certificate near its end, and a retired key whose tokens are over, are told of', async () => {
    const stage = await AlarmStage.open();
    const endsAtMs = stage.clock.wallMs() + 13 * 86_400_000;
    const one = await stage.replica({ certificate: async () => endsAtMs });
    await stage.until(async () => (await alarmsOf(one)).length === 1);
    expect(await alarmsOf(one)).toMatchObject([
      { alarm: 'certificate-ending', facts: { endsAt: new Date(endsAtMs).toISOString() } },
    ]);
    const seconds = await metric(one, 'guichet_certificate_seconds');
    expect(Math.round(seconds / 86_400)).toBe(13);
  });
});
