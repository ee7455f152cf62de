/** The service with a mail server, a Redis and a clock of its own, and visitors who ask to be written to. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { expect, onTestFinished } from 'vitest';
import type { RedisServer } from '../../src/dev/redis-server.ts';
import type { PolicyInput } from '../../src/domain/room.ts';
import type { ReceivedMail } from './mail-server.ts';
import { ManualClock } from './manual-clock.ts';
import { connectTo, startRedis } from './redis.ts';
import { expectStatus, serviceForTest, type TestService, type Visitor } from './service.ts';

const mailFrom = 'Piscines de Gatineau <file@gatineau.example.org>';
/** Who is present stays so; one admission a minute, so that the wait is the position in minutes and some more. */
export const onePerMinute: PolicyInput = {
  capacity: 1_000,
  outflowPerMinute: 1,
  presentWithinMs: 3_600_000,
  name: { fr: 'Cours de natation', en: 'Swimming lessons' },
};

export type EmailStage = {
  clock: ManualClock;
  redis: RedisServer;
  client: Redis;
  /** Redis answers nobody until it is thawed. */
  isFrozen?: boolean;
};

export async function emailStage(): Promise<EmailStage> {
  const redis = await startRedis();
  return { clock: new ManualClock(), redis, client: connectTo(redis.url) };
}

/** A replica that writes through the mail server at `url`. */
export async function replicaOn(
  { clock, redis }: EmailStage,
  url: string,
  replicaOf?: TestService,
): Promise<TestService> {
  const environment = { GUICHET_SMTP_URL: url, GUICHET_MAIL_FROM: mailFrom };
  const options = { redisUrl: redis.url, clock, environment, ...(replicaOf ? { replicaOf } : {}) };
  const service = await serviceForTest(options);
  onTestFinished(() => expectNoAddress(service));
  return service;
}

/** Some who wait, in the order in which they came. */
export async function joinMany(service: TestService, roomId: string, count: number): Promise<Visitor[]> {
  const visitors: Visitor[] = [];
  while (visitors.length < count) visitors.push(await service.join(roomId));
  return visitors;
}

export function addressOf({ number }: Visitor): string {
  return `visitor-${number}@example.org`;
}

export async function askFor(
  service: TestService,
  visitor: Visitor,
  underMinutes: number,
  changes: object = {},
): Promise<void> {
  const { roomId, queueToken } = visitor;
  const body = { address: addressOf(visitor), underMinutes, language: 'en', ...changes };
  const path = `/v1/rooms/${roomId}/ticket/email`;
  // From many networks, as in life.
  const localAddress = `127.0.${visitor.number % 200}.2`;
  expectStatus(await service.public(path, { method: 'PUT', bearer: queueToken, body, localAddress }), 200);
}

/** Lets time go by, slowly enough for a mail server on real time, until something holds. */
export async function untilHolds(
  stage: EmailStage,
  holds: () => boolean | Promise<boolean>,
  withinMs = 120_000,
): Promise<void> {
  const { clock } = stage;
  const untilMs = clock.monotonicMs() + withinMs;
  while (!(await holds())) {
    if (clock.monotonicMs() >= untilMs) throw new Error(`within ${withinMs} ms: not ${String(holds)}`);
    await aFewMilliseconds(stage);
    await advance(stage, sendingStepMs);
  }
}

/** Lets time go by where nothing has to be sent: fast. */
export async function letPass(stage: EmailStage, ms: number): Promise<void> {
  const { clock } = stage;
  const untilMs = clock.monotonicMs() + ms;
  while (clock.monotonicMs() < untilMs) {
    await aFewMilliseconds(stage);
    await advance(stage, waitingStepMs);
  }
}

/** A send may take 40 s of the service's time: at this pace more than half a second of the mail server's. */
const sendingStepMs = 250;
const waitingStepMs = 1_000;
/** A command without an answer fails after two real seconds, in which not too much may go by. */
const frozenStepMs = 20;

/** At least four, and as many as Redis takes to answer twice: on a busy machine, time goes by more slowly. */
async function aFewMilliseconds({ client, isFrozen = false }: EmailStage): Promise<void> {
  await pause(isFrozen ? frozenStepMs : 4);
  if (isFrozen) return;
  for (const _ of [1, 2]) if (client.status === 'ready') await client.ping().catch(() => {});
}

function advance({ clock, isFrozen = false }: EmailStage, ms: number): Promise<void> {
  return isFrozen ? clock.advanceAnyway(ms) : clock.advance(ms);
}

/** What the room keeps sealed. */
export function keptIn({ client }: EmailStage, roomId: string): Promise<number> {
  return client.hlen(`guichet:{${roomId}}:emails:records`);
}

/** All that Redis holds, keys and values, as one text. */
export async function everythingIn({ client }: EmailStage): Promise<string> {
  const texts: string[] = [];
  for (const key of await client.keys('*')) {
    const type = await client.type(key);
    const value =
      type === 'hash'
        ? await client.hgetall(key)
        : type === 'zset'
          ? await client.zrange(key, '0', '-1', 'WITHSCORES')
          : type === 'stream'
            ? await client.xrange(key, '-', '+')
            : await client.get(key);
    texts.push(key, JSON.stringify(value));
  }
  return texts.join('\n');
}

export function recipientsOf(mails: readonly ReceivedMail[]): string[] {
  return mails.flatMap(({ to }) => to);
}

/** What became of e-mails, by the replica's own count. */
export async function countOf(service: TestService, result: string): Promise<number> {
  const { text } = await service.internal('/metrics');
  return Number(new RegExp(`^guichet_emails_total\\{result="${result}"\\} (\\d+)`, 'm').exec(text)?.[1] ?? 0);
}

function expectNoAddress({ lines }: TestService): void {
  expect(JSON.stringify(lines)).not.toMatch(/visitor-\d+@|example\.org/);
}
