/**
 * A replica that is killed between two steps of what it does, at each call to its store: before it is made, and after it
 * was answered and nobody was told. Whoever asked asks another replica the same, and gets what they would have got; nobody
 * is admitted beyond capacity, and what the site is told of is told once. `npm run chaos:gate` takes every call.
 */
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join as pathJoin } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { ServiceProcess } from '../../src/dev/service-processes.ts';
import { loopbackAllowed } from '../support/delivery-stage.ts';
import { Receiver } from '../support/receiver.ts';
import { startRedis } from '../support/redis.ts';
import { expectStatus, newRoomId } from '../support/service.ts';
import { type Deployment, deploymentForTest } from '../support/service-process.ts';
import { type Answer, ask, type Question } from '../support/wire-client.ts';

const isWhole = process.env['TEST_CHAOS'] === 'whole';
const moments = ['before', 'after'] as const;
const answeredWithinMs = 15_000;
const capacity = 2;

type Held = { ticketId: string; number: number; queueToken: string; kind: string };
/** One question, the same whichever replica it goes to. */
type Step = (replica: ServiceProcess) => Promise<Answer>;

class Stage {
  readonly deployment: Deployment;
  readonly survivor: ServiceProcess;
  readonly roomId = newRoomId();

  constructor(deployment: Deployment) {
    this.deployment = deployment;
    this.survivor = deployment.replicas[0] as ServiceProcess;
  }

  internal(replica: ServiceProcess, path: string, question: Question = {}): Promise<Answer> {
    return ask(`${replica.internalUrl}/v1/rooms/${this.roomId}${path}`, {
      bearer: this.deployment.keys.admin,
      ...question,
    });
  }

  visitor(replica: ServiceProcess, path: string, question: Question): Promise<Answer> {
    return ask(`${replica.publicUrl}/v1/rooms/${this.roomId}/${path}`, question);
  }

  join(replica: ServiceProcess, key: string = randomUUID()): Promise<Answer> {
    return this.visitor(replica, 'tickets', { method: 'POST', headers: { 'idempotency-key': key } });
  }

  act({ queueToken }: Held, verb: string, body?: object): Step {
    return (replica) =>
      this.visitor(replica, `ticket/${verb}`, {
        method: 'POST',
        bearer: queueToken,
        ...(body ? { body } : {}),
      });
  }

  look({ queueToken }: Held): Promise<Answer> {
    return this.visitor(this.survivor, 'ticket', { bearer: queueToken });
  }

  async held(): Promise<Held> {
    const answer = await this.join(this.survivor);
    expectStatus(answer, 201);
    return answer.body as Held;
  }

  async until(held: Held, kind: string): Promise<void> {
    const isSo = async (): Promise<void> => {
      const { body } = await this.look(held);
      if (body['kind'] !== kind) throw new Error(`it is ${String(body['kind'])}, not ${kind}`);
    };
    await vi.waitFor(isSo, { timeout: answeredWithinMs, interval: 100 });
  }
}

/** What a replica is asked when it dies at a call of this name. */
const steps: { [method: string]: (stage: Stage) => Promise<Step> } = {
  join: async (stage) => {
    const key = randomUUID();
    return (replica) => stage.join(replica, key);
  },
  enter: async (stage) => stage.act(await admitted(stage), 'enter', {}),
  extend: async (stage) => stage.act(await admitted(stage), 'extend', { extension: 1 }),
  sight: async (stage) => {
    const held = await stage.held();
    return (replica) => stage.visitor(replica, 'ticket', { bearer: held.queueToken });
  },
  leave: async (stage) => {
    const held = await stage.held();
    return (replica) => stage.visitor(replica, 'ticket', { method: 'DELETE', bearer: held.queueToken });
  },
  keepAlive: async (stage) => {
    const held = await entered(stage);
    return (replica) => stage.internal(replica, `/sessions/${held.ticketId}/keep-alive`, { method: 'POST' });
  },
  finish: async (stage) => {
    const held = await entered(stage);
    const body = { outcome: 'completed', placesUsed: 1 };
    return (replica) =>
      stage.internal(replica, `/sessions/${held.ticketId}/finish`, { method: 'POST', body });
  },
  setRoom: async (stage) => {
    const body = { outflowPerMinute: 5_000 };
    return (replica) => stage.internal(replica, '', { method: 'PATCH', body });
  },
};

async function admitted(stage: Stage): Promise<Held> {
  const held = await stage.held();
  await stage.until(held, 'admitted');
  return held;
}

async function entered(stage: Stage): Promise<Held> {
  const held = await admitted(stage);
  expectStatus(await stage.act(held, 'enter', {})(stage.survivor), 200);
  return held;
}

async function staged(): Promise<{ stage: Stage; receiver: Receiver }> {
  const redis = await startRedis({ appendonly: 'always' });
  const environment = { REDIS_URL: redis.url, GUICHET_LOG_LEVEL: 'warn', ...loopbackAllowed };
  const stage = new Stage(await deploymentForTest({ environment }));
  const receiver = await Receiver.start();
  receiver.answering = (response) => response.writeHead(204).end();
  const policy = {
    capacity,
    outflowPerMinute: 6_000,
    placesPerVisitorMax: 1,
    targetUrl: 'https://site.example.org/',
    delivery: { url: receiver.url, holdAfterMs: 0 },
  };
  expectStatus(await stage.internal(stage.survivor, '', { method: 'PUT', body: policy }), 201);
  const told = await stage.internal(stage.survivor, '/delivery/secrets');
  [receiver.secret = ''] = told.body['secrets'] as string[];
  expectStatus(await stage.internal(stage.survivor, '/open', { method: 'POST' }), 200);
  return { stage, receiver };
}

/** A second replica that dies at its next call of that name once the answer's `tell` was called. */
async function mortalReplica(
  { deployment, roomId }: Stage,
  method: string,
  moment: string,
): Promise<{ replica: ServiceProcess; tell: () => Promise<void> }> {
  const file = pathJoin(deployment.directory, `dies-${method}-${moment}`);
  const replica = await ServiceProcess.create({
    name: `dies-${method}-${moment}`,
    directory: deployment.directory,
    apiKeys: deployment.keys,
    entry: ['src/dev/dying-service-main.ts', method, moment, file],
    environment: deployment.environment,
  });
  onTestFinished(() => replica.kill());
  await replica.start();
  await vi.waitFor(
    async () => expectStatus(await ask(`${replica.publicUrl}/v1/rooms/${roomId}`), 200),
    answeredWithinMs,
  );
  return { replica, tell: () => writeFile(file, '') };
}

const died = (replica: ServiceProcess): Promise<void> =>
  vi.waitFor(() => expect(replica.pid).toBeNull(), answeredWithinMs);

async function expectCapacityKept(stage: Stage, receiver: Receiver): Promise<void> {
  const { body } = await stage.internal(stage.survivor, '/snapshot');
  expect(Number(body['admitted']) + Number(body['inside'])).toBeLessThanOrEqual(capacity);
  const numbers = receiver.ticketNumbers;
  expect(numbers).toEqual([...new Set(numbers)]);
  expect(receiver.faults).toEqual([]);
}

const some = [
  ['join', 'after'],
  ['enter', 'before'],
];
const all = moments.flatMap((moment) => Object.keys(steps).map((method) => [method, moment]));

test.each(isWhole ? all : some)(
  'killed at %s, %s it: asked again elsewhere, it is done once',
  async (method = '', moment = '') => {
    const { stage, receiver } = await staged();
    const step = await (steps[method] as (stage: Stage) => Promise<Step>)(stage);
    const { replica, tell } = await mortalReplica(stage, method, moment);
    await tell();
    // A look may be answered first: what it shows is known already.
    if (method === 'sight') await step(replica).catch(() => undefined);
    else await expect(step(replica)).rejects.toThrow(/socket|ECONN|closed/);
    await died(replica);
    const answer = await vi.waitFor(
      async () => {
        const repeated = await step(stage.survivor);
        expect(repeated.status).toBeLessThan(300);
        return repeated;
      },
      { timeout: answeredWithinMs, interval: 100 },
    );
    const again = await step(stage.survivor);
    expect([again.status < 300, again.body['ticketId'], again.body['number']]).toEqual([
      true,
      answer.body['ticketId'],
      answer.body['number'],
    ]);
    await expectCapacityKept(stage, receiver);
  },
  60_000,
);

test.each(isWhole ? moments : (['after'] as const))(
  'killed at a tick that releases, %s it: the batch is told once, by the other',
  async (moment) => {
    const { stage, receiver } = await staged();
    const { replica, tell } = await mortalReplica(stage, 'tick', moment);
    await tell();
    const crowd = await Promise.all(Array.from({ length: capacity + 3 }, () => stage.held()));
    await died(replica);
    const turns = async (): Promise<number> => {
      const answers = await Promise.all(crowd.map((held) => stage.look(held)));
      return answers.filter(({ body }) => body['kind'] === 'admitted').length;
    };
    await vi.waitFor(async () => expect(await turns()).toBe(capacity), answeredWithinMs);
    await vi.waitFor(() => expect(receiver.ticketNumbers).toHaveLength(capacity), answeredWithinMs);
    await expectCapacityKept(stage, receiver);
  },
  60_000,
);
