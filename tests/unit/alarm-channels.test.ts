/** What is told of an alarm, and what a receiver's answer means. */
import { expect, test } from 'vitest';
import type { Alarm } from '../../src/domain/alarm.ts';
import { type AlarmChannel, emailChannel, webhookChannel } from '../../src/service/alarm-channels.ts';
import { alarmEvent, alarmMail } from '../../src/service/alarm-message.ts';
import type { EmailMessage, SendResult } from '../../src/service/email-sender.ts';
import type { WebhookAnswer } from '../../src/service/webhook-sender.ts';
import { ManualClock } from '../support/manual-clock.ts';

const publicUrl = 'https://file.example.org';
const alarm: Alarm = {
  kind: 'nobody-admitted',
  roomId: 'natation',
  alarmId: 'seed-7',
  raisedAtMs: Date.UTC(2026, 4, 4, 18),
  clearedAtMs: null,
  facts: { waiting: 1_200, freeSeats: 80 },
};
const raised = { change: 'raised', alarm } as const;
const cleared = { change: 'cleared', alarm: { ...alarm, clearedAtMs: Date.UTC(2026, 4, 4, 18, 5) } } as const;
const options = { signal: new AbortController().signal, tries: 1, begin: async () => true };

test('an e-mail says in French and in English what it is, since when, what visitors notice and what to do', () => {
  const { subject, text } = alarmMail(raised, publicUrl);
  expect(subject).toBe(
    '[natation] Alerte\u00a0: Personne n’est admis alors qu’il y a de la place / Alarm: Nobody is admitted though there is room',
  );
  expect(text).toBe(`Alerte\u00a0: Personne n’est admis alors qu’il y a de la place

Salle\u00a0: natation
Service\u00a0: https://file.example.org
Depuis\u00a0: 2026-05-04T18:00:00.000Z
en attente\u00a0: 1200
places libres\u00a0: 80

Ce que voient les visiteurs\u00a0: La file n’avance pas, et aucune raison n’est affichée.
À faire d’abord\u00a0: Regardez le journal des répliques («\u00a0A tick failed\u00a0») et l’horloge de la machine de Redis.

Plus de détails\u00a0: docs/operations.md#nobody-admitted
Numéro de l’alerte\u00a0: seed-7

-----

Alarm: Nobody is admitted though there is room

Room: natation
Service: https://file.example.org
Since: 2026-05-04T18:00:00.000Z
waiting: 1200
free seats: 80

What visitors notice: The queue does not move, and no reason is shown.
To be done first: Look at the replicas’ log ("A tick failed") and at the clock of the machine of Redis.

More about it: docs/operations.md#nobody-admitted
Number of the alarm: seed-7
`);
});

test('an e-mail at its end says until when, and no longer what to do', () => {
  const { subject, text } = alarmMail(cleared, publicUrl);
  expect(subject).toContain('Terminé\u00a0: Personne');
  expect(text).toContain('Jusqu’à\u00a0: 2026-05-04T18:05:00.000Z');
  expect(text).toContain('Until: 2026-05-04T18:05:00.000Z');
  expect(text).not.toMatch(/To be done|À faire/);
});

test('an alarm of the service is headed by its host', () => {
  const ofService = { ...alarm, kind: 'store-unreachable', roomId: null, facts: {} } as const;
  const { subject } = alarmMail({ change: 'raised', alarm: ofService }, publicUrl);
  expect(subject).toMatch(/^\[file\.example\.org\] Alerte/);
  expect(JSON.parse(alarmEvent({ change: 'raised', alarm: ofService }, publicUrl))).toMatchObject({
    source: '/alarms',
    data: { roomId: null },
  });
});

test('a message is the same text at each try, and raising and clearing have ids of their own', () => {
  expect(alarmEvent(raised, publicUrl)).toBe(alarmEvent(structuredClone(raised), publicUrl));
  const ids = [raised, cleared].map(
    (message) => (JSON.parse(alarmEvent(message, publicUrl)) as { id: string }).id,
  );
  expect(ids).toEqual(['alarm_seed-7_raised', 'alarm_seed-7_cleared']);
});

test.each<[WebhookAnswer, object]>([
  [{ kind: 'answered', status: 200, retryAfter: null }, { kind: 'sent' }],
  [
    { kind: 'answered', status: 410, retryAfter: null },
    { kind: 'refused', error: 'answered 410' },
  ],
  [
    { kind: 'answered', status: 302, retryAfter: null },
    { kind: 'failed', error: 'answered 302' },
  ],
  [
    { kind: 'answered', status: 503, retryAfter: '60' },
    { kind: 'failed', againInMs: 60_000 },
  ],
  [
    { kind: 'unanswered', code: 'timeout' },
    { kind: 'failed', error: 'no answer: timeout' },
  ],
])('of a webhook, %o means %o', async (answer, result) => {
  const channel = webhookChannel({
    url: 'https://hooks.example.org/secret-path',
    publicUrl,
    secrets: () => [Buffer.alloc(32)],
    sender: { send: async () => answer, close: () => {} },
    clock: new ManualClock(),
  });
  const told = await channel.send(raised, options);
  expect(told).toMatchObject(result);
  expect(JSON.stringify(told)).not.toContain('secret-path');
});

test.each<[SendResult, object]>([
  [{ kind: 'sent', code: null }, { kind: 'sent' }],
  [
    { kind: 'refused', code: '550' },
    { kind: 'refused', error: 'refused 550' },
  ],
  [
    { kind: 'unknown', code: 'ETIMEDOUT' },
    { kind: 'failed', againInMs: 120_000 },
  ],
  [
    { kind: 'later', code: '451' },
    { kind: 'failed', error: 'later 451' },
  ],
  [{ kind: 'unreachable', code: 'ECONNREFUSED' }, { kind: 'failed' }],
  [{ kind: 'withheld', code: null }, { kind: 'failed' }],
])('of a mail server, %o means %o', async (answer, result) => {
  const sent: EmailMessage[] = [];
  const channel: AlarmChannel = emailChannel({
    address: 'astreinte@example.org',
    publicUrl,
    sender: {
      send: async (message) => {
        sent.push(message);
        return answer;
      },
      close: () => {},
    },
  });
  expect(channel.name).toMatch(/^email-[0-9a-f]{16}$/);
  expect(await channel.send(raised, { ...options, tries: 3 })).toMatchObject(result);
  expect(sent).toMatchObject([
    { to: 'astreinte@example.org', id: 'alarm_seed-7_raised', language: 'fr, en' },
  ]);
});
