import { expect, onTestFinished, test } from 'vitest';
import type { Log } from '../../src/domain/log.ts';
import { EmailDeliveries, type EmailDeliveriesParts } from '../../src/service/email-deliveries.ts';
import type { EmailSender } from '../../src/service/email-sender.ts';
import { RoomBoard } from '../../src/service/room-board.ts';
import type { Rooms } from '../../src/service/rooms.ts';
import type { ClaimedEmail, EmailOutcome, EmailStore } from '../../src/store/email-store.ts';
import { frameOf, headWith, roomWith, startUs, tickAnswer } from '../support/board-parts.ts';
import { ManualClock } from '../support/manual-clock.ts';

const orders = [1, 2, 3].map((number) => startUs + number * 1_000_000);

test('an e-mail whose words cannot be made is given up and said, and the others go out', async () => {
  const clock = new ManualClock();
  const board = new RoomBoard('pool', clock, () => undefined);
  board.applyTick(headWith(), tickAnswer(frameOf(orders, startUs + 4_000_000), { room: roomWith() }));
  const waiting: ClaimedEmail[] = orders.map((order, index) => {
    const number = String(index + 1);
    return { ticketId: `ticket-${number}`, order, tries: 1, sealed: number };
  });
  const outcomes: { [ticketId: string]: EmailOutcome['kind'] } = {};
  const store: Partial<EmailStore> = {
    claim: async () => ({ emails: waiting.splice(0), kept: 3, more: false }),
    begin: async () => true,
    async settle(_roomId, { ticketId }, { kind }) {
      outcomes[ticketId] = kind;
      return 'settled';
    },
  };
  const sent: string[] = [];
  const sender: Partial<EmailSender> = {
    async send({ to }) {
      sent.push(to);
      return { kind: 'sent', code: null };
    },
  };
  const said: { level: string; text: string }[] = [];
  const say =
    (level: string) =>
    (about: object, sentence: string): void => {
      said.push({ level, text: `${sentence} ${JSON.stringify(about)}` });
    };
  const counted: string[] = [];
  const parts: Partial<EmailDeliveriesParts> = {
    store: store as EmailStore,
    sender: sender as EmailSender,
    envelopes: {
      seal: () => '',
      name: () => '',
      open: (sealed) => ({
        address: `visitor-${sealed}@example.org`,
        language: 'en',
        number: Number(sealed),
      }),
    },
    rooms: { boards: new Map([['pool', board]]) } as unknown as Rooms,
    clock,
    log: { info: say('info'), warn: say('warn'), error: say('error') } as unknown as Log,
    compose({ number }) {
      if (number === 2) throw new Error('no such phrase');
      return { subject: 'Near', text: 'Near' };
    },
    count: (result) => counted.push(result),
  };
  const deliveries = new EmailDeliveries(parts as EmailDeliveriesParts);
  const stop = new AbortController();
  const running = deliveries.run(stop.signal);
  onTestFinished(async () => {
    stop.abort();
    await clock.during(running);
  });
  for (let seconds = 0; seconds < 12 && counted.length < 3; seconds += 1) await clock.advance(1_000);

  expect(sent.toSorted()).toEqual(['visitor-1@example.org', 'visitor-3@example.org']);
  expect(outcomes).toEqual({ 'ticket-1': 'sent', 'ticket-2': 'refused', 'ticket-3': 'sent' });
  expect(counted.toSorted()).toEqual(['sent', 'sent', 'unwritten']);
  expect(said.map(({ level }) => level)).toEqual(['error', 'info']);
  expect(JSON.stringify(said)).not.toMatch(/example\.org|did not answer/);
});
