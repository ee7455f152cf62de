import { describe, expect, test, vi } from 'vitest';
import { emailLeaseMs } from '../../src/store/email-store.ts';
import {
  addressOf,
  askFor,
  countOf,
  emailStage,
  joinMany,
  keptIn,
  letPass,
  onePerMinute,
  recipientsOf,
  replicaOn,
  untilHolds,
} from '../support/email-stage.ts';
import { closedPort, MailServer, startMailServer, startSilentServer } from '../support/mail-server.ts';
import type { Visitor } from '../support/service.ts';

// Minutes of the service's time go by.
vi.setConfig({ testTimeout: 60_000 });

describe('a mail server', () => {
  /** A room of three, the last of whom asked and is due. */
  async function due(url: string) {
    const stage = await emailStage();
    const service = await replicaOn(stage, url);
    const roomId = await service.openRoom(onePerMinute);
    const visitors = await joinMany(service, roomId, 30);
    const watched = visitors[29] as Visitor;
    await askFor(service, watched, 60);
    return { stage, service, roomId, watched, visitors };
  }

  test('that is dead costs nobody an e-mail: it comes when the server is back', async () => {
    const port = await closedPort();
    const { stage, service, roomId, watched, visitors } = await due(`smtp://127.0.0.1:${port}`);
    for (const visitor of visitors.slice(20, 28)) await askFor(service, visitor, 60);
    await untilHolds(stage, async () => (await countOf(service, 'unreachable')) >= 3);
    await letPass(stage, 5 * 60_000);
    // Left alone for a minute at a time, not asked for each e-mail.
    expect(await countOf(service, 'unreachable')).toBeLessThan(20);
    expect(await keptIn(stage, roomId)).toBe(9);
    const server = new MailServer();
    await server.listen(port);
    try {
      await untilHolds(stage, () => server.mails.length === 9, 10 * 60_000);
      const asked = [watched, ...visitors.slice(20, 28)].map(addressOf);
      expect(recipientsOf(server.mails).toSorted()).toEqual(asked.toSorted());
      await untilHolds(stage, async () => (await keptIn(stage, roomId)) === 0);
    } finally {
      await server.close();
    }
    const said = service.lines.filter(({ msg }) => msg.startsWith('The mail server'));
    expect(said.map(({ level }) => level)).toEqual([40, 30]);
  });

  test('that never answers holds up neither looks nor ticks, nor the end of the service', async () => {
    const silent = await startSilentServer();
    const { stage, service, roomId, watched } = await due(silent.url);
    await untilHolds(stage, () => silent.connections() > 0);
    const asOfMs = async (): Promise<number> => {
      const { asOf } = (await service.look(watched)).body['standing'] as { asOf: string };
      return Date.parse(asOf);
    };
    const beforeMs = await asOfMs();
    await untilHolds(stage, async () => (await asOfMs()) >= beforeMs + 5_000, 15_000);
    expect(silent.connections()).toBeLessThanOrEqual(3);
    const startedAtMs = stage.clock.monotonicMs();
    await service.close();
    expect(stage.clock.monotonicMs() - startedAtMs).toBeLessThan(10_000);
    // Given back: whoever comes next may send it at once.
    expect(await stage.client.hvals(`guichet:{${roomId}}:emails:records`)).toEqual([
      expect.stringMatching(/^60 0 - /),
    ]);
  });

  test('that takes the content and never answers may have sent it: it is not sent again', async () => {
    const { server, url } = await startMailServer({ offersTls: false });
    server.afterContent = 'stall';
    const { stage, service, roomId } = await due(url);
    await untilHolds(stage, () => server.mails.length === 1);
    await untilHolds(stage, async () => (await countOf(service, 'unknown')) === 1);
    server.afterContent = 'answer';
    await letPass(stage, emailLeaseMs + 60_000);
    expect(server.mails).toHaveLength(1);
    expect(await keptIn(stage, roomId)).toBe(0);
  });

  test('gets no content of an e-mail that was withdrawn while it thought about the recipient', async () => {
    const { server, url } = await startMailServer({ offersTls: false });
    const { stage, service, roomId, watched } = await due(url);
    server.recipient = async () => {
      const withdraw = { method: 'DELETE', bearer: watched.queueToken };
      await service.public(`/v1/rooms/${roomId}/ticket/email`, withdraw);
      return null;
    };
    await untilHolds(stage, async () => (await countOf(service, 'withheld')) === 1);
    await letPass(stage, emailLeaseMs + 30_000);
    expect([server.asked.length, server.mails.length, await keptIn(stage, roomId)]).toEqual([1, 0, 0]);
  });

  test('that refuses the address for good is not asked again, and the address is deleted', async () => {
    const { server, url } = await startMailServer({ offersTls: false });
    server.recipient = () => 550;
    const { stage, service, roomId } = await due(url);
    await untilHolds(stage, async () => (await countOf(service, 'refused')) === 1);
    expect(await keptIn(stage, roomId)).toBe(0);
    await letPass(stage, 120_000);
    expect(server.asked).toHaveLength(1);
  });

  test('that says “later” is asked again a minute later, then gets it once', async () => {
    const { server, url } = await startMailServer({ offersTls: false });
    server.recipient = () => 451;
    const { stage, service, watched } = await due(url);
    await untilHolds(stage, async () => (await countOf(service, 'later')) === 1);
    await letPass(stage, 50_000);
    expect(server.asked).toHaveLength(1);
    await untilHolds(stage, async () => (await countOf(service, 'later')) === 2);
    server.recipient = () => null;
    await untilHolds(stage, () => server.mails.length === 1, 4 * 60_000);
    expect(recipientsOf(server.mails)).toEqual([addressOf(watched)]);
    expect(server.asked).toHaveLength(3);
  });
});
