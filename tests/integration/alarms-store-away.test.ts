/** Alarms while Redis is away: told of by each replica itself. */
import { describe, expect, test, vi } from 'vitest';
import { alarmsOf, AlarmStage, settledRoom, toldTo } from '../support/alarm-stage.ts';
import { startMailServer } from '../support/mail-server.ts';
import { Receiver } from '../support/receiver.ts';
import { type TestService } from '../support/service.ts';

// Minutes of the service's time go by.
vi.setConfig({ testTimeout: 60_000 });

describe('a store that is away', () => {
  test('is announced by each replica under one id, recorded once, and its end told once', async () => {
    const receiver = await Receiver.start();
    const mail = await startMailServer();
    const stage = await AlarmStage.open({
      GUICHET_ALARM_WEBHOOK_URL: receiver.url,
      GUICHET_SMTP_URL: mail.url,
      GUICHET_MAIL_FROM: 'file@example.org',
      GUICHET_ALARM_EMAILS: 'one@example.org',
    });
    const replicas = [await stage.replica(), await stage.replica()];
    const [one] = replicas as [TestService, TestService];
    stage.trust(receiver, one);
    await settledRoom(stage, one);
    stage.freeze();
    await stage.until(() => receiver.messages.length === 2 && mail.server.mails.length === 2);
    const ids = (): Set<string> => new Set(receiver.messages.map(({ event }) => event.id));
    expect(ids().size).toBe(1);
    expect(new Set(mail.server.mails.map(({ raw }) => /^Message-ID: (.*)\r$/im.exec(raw)?.[1])).size).toBe(1);
    for (const replica of replicas) {
      expect(await alarmsOf(replica)).toMatchObject([{ alarm: 'store-unreachable', clearedAt: null }]);
    }
    stage.thaw();
    await stage.until(() => ids().size === 2 && mail.server.mails.length === 3);
    await stage.pass(60_000);
    expect(toldTo(receiver)).toEqual([
      'raised store-unreachable',
      'raised store-unreachable',
      'cleared store-unreachable',
    ]);
    expect(await alarmsOf(one)).toMatchObject([{ alarm: 'store-unreachable' }]);
    expect(await alarmsOf(one, '?raised=true')).toEqual([]);
    // The next one is another.
    stage.freeze();
    await stage.until(() => ids().size === 3);
    stage.thaw();
    await stage.until(() => ids().size === 4);
  });

  test('and whose receiver is away too is announced when the receiver is back, before its end', async () => {
    const receiver = await Receiver.start();
    const stage = await AlarmStage.open({ GUICHET_ALARM_WEBHOOK_URL: receiver.url });
    const one = await stage.replica();
    stage.trust(receiver, one);
    await settledRoom(stage, one);
    await receiver.kill();
    stage.freeze();
    await stage.until(async () => (await alarmsOf(one)).length === 1);
    await stage.pass(20_000);
    stage.thaw();
    await stage.until(async () => (await alarmsOf(one, '?raised=true')).length === 0);
    await receiver.listen();
    await stage.until(() => receiver.messages.length >= 2);
    await stage.pass(60_000);
    expect(toldTo(receiver)).toEqual(['raised store-unreachable', 'cleared store-unreachable']);
  });

  test('from the start is announced by a replica that never reached it', async () => {
    const receiver = await Receiver.start();
    const stage = await AlarmStage.open({ GUICHET_ALARM_WEBHOOK_URL: receiver.url });
    const one = await stage.replica();
    stage.trust(receiver, one);
    stage.freeze();
    await stage.until(() => receiver.messages.length === 1);
    stage.thaw();
    await stage.until(() => receiver.messages.length === 2);
    expect(toldTo(receiver)).toEqual(['raised store-unreachable', 'cleared store-unreachable']);
  });
});
