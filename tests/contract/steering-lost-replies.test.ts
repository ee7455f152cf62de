import { readFile, rename, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import { parseAuditLines, verifyChains } from '../../src/service/audit-chain.ts';
import { type QueueStore, StoreUnknownError } from '../../src/store/queue-store.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { expectProblem } from '../support/problems.ts';
import { expectStatus, newRoomId, serviceForTest, type TestService } from '../support/service.ts';
import type { Answer } from '../support/wire-client.ts';

/** Calls happen, and their replies get lost. */
class LostReplies {
  /** Of this method, so many. */
  method = '';
  left = 0;
  /** Happens before such a call. */
  meanwhile = async (): Promise<unknown> => undefined;

  wrapStore = (store: QueueStore): QueueStore =>
    new Proxy(store, {
      get: (target, name: keyof QueueStore) => {
        const method = (target[name] as (...given: unknown[]) => Promise<unknown>).bind(target);
        if (name !== this.method) return method;
        return async (...given: unknown[]) => {
          await this.meanwhile();
          const reply = await method(...given);
          if (this.left <= 0) return reply;
          this.left -= 1;
          throw new StoreUnknownError('lost');
        };
      },
    });
}

type Stage = { service: TestService; clock: ManualClock; lost: LostReplies };

const redisDatabase = (database: number): string =>
  Object.assign(new URL(inject('redisUrl')), { pathname: `/${database}` }).href;

describe.each(['memory', 'redis'] as const)('steering on a %s store whose replies get lost', (kind) => {
  async function staged(): Promise<Stage> {
    const [clock, lost] = [new ManualClock(), new LostReplies()];
    const { wrapStore } = lost;
    const redisUrl = kind === 'redis' ? { redisUrl: redisDatabase(56) } : {};
    return { service: await serviceForTest({ clock, wrapStore, ...redisUrl }), clock, lost };
  }

  const filePath = (service: TestService): string => join(service.directory, 'audit.jsonl');
  async function inFile(service: TestService, roomId: string): Promise<string[]> {
    const { records } = parseAuditLines(await readFile(filePath(service), 'utf8'));
    const ofRoom = records.filter((record) => record.roomId === roomId);
    expect(verifyChains(ofRoom, []).faults).toEqual([]);
    return ofRoom.map(({ action }) => action);
  }
  const change = (stage: Stage, path: string, method: string, body?: unknown): Promise<Answer> =>
    stage.clock.during(stage.service.internal(`/v1/rooms/${path}`, { method, body }));
  const lose = ({ lost }: Stage, method: string, left: number): void =>
    void Object.assign(lost, { method, left });

  test('a room is made once, said to be made, and in the file', async () => {
    const stage = await staged();
    const roomId = newRoomId();
    lose(stage, 'create', 1);
    expectStatus(await change(stage, roomId, 'PUT', {}), 201);
    expect(await inFile(stage.service, roomId)).toEqual(['room.create']);
  });

  test('a deletion is said to be done, and in the file', async () => {
    const stage = await staged();
    const roomId = await stage.service.makeRoom();
    lose(stage, 'remove', 1);
    expectStatus(await change(stage, roomId, 'DELETE'), 204);
    expect(await inFile(stage.service, roomId)).toEqual(['room.create', 'room.delete']);
    expectProblem(await change(stage, roomId, 'DELETE'), 'room-unknown');
  });

  test('what nobody could say was done is in the file once the store says so, and before what follows', async () => {
    const stage = await staged();
    const roomId = await stage.service.makeRoom();
    lose(stage, 'setRoom', 1_000);
    expectProblem(await change(stage, `${roomId}/open`, 'POST'), 'store-unavailable');
    lose(stage, '', 0);
    expectStatus(await change(stage, `${roomId}/open`, 'POST'), 200);
    expectStatus(await change(stage, `${roomId}/pause`, 'POST'), 200);
    expect(await inFile(stage.service, roomId)).toEqual(['room.create', 'room.open', 'room.pause']);
  });

  const proposed = async ({ service }: Stage): Promise<{ roomId: string; path: string }> => {
    const roomId = await service.makeRoom({ secondPersonFor: ['open'] });
    const { body } = await service.internal(`/v1/rooms/${roomId}/open`, { method: 'POST', as: 'operator' });
    const { proposalId } = body['proposal'] as { proposalId: string };
    return { roomId, path: `${roomId}/proposals/${proposalId}` };
  };
  const stateOf = async ({ service }: Stage, roomId: string): Promise<unknown> =>
    (await service.internal(`/v1/rooms/${roomId}`)).body['state'];

  test('a change that was confirmed is said to be made when its second person asks again', async () => {
    const stage = await staged();
    const { roomId, path } = await proposed(stage);
    lose(stage, 'setRoom', 1_000);
    expectProblem(await change(stage, `${path}/confirm`, 'POST'), 'store-unavailable');
    lose(stage, '', 0);
    const again = await change(stage, `${path}/confirm`, 'POST');
    expectStatus(again, 200);
    expect(again.body).toMatchObject({ state: 'open', version: 2 });
    const { proposals } = (await stage.service.internal(`/v1/rooms/${roomId}/proposals`)).body;
    expect(proposals).toMatchObject([{ state: 'confirmed' }]);
    expect(await inFile(stage.service, roomId)).toEqual(['room.create', 'room.propose', 'room.open']);
  });

  test('a change is not taken back while it is being made', async () => {
    const stage = await staged();
    const { roomId, path } = await proposed(stage);
    let withdrawn: Promise<Answer> | undefined;
    stage.lost.meanwhile = async () => {
      withdrawn ??= stage.service.internal(`/v1/rooms/${path}/withdraw`, { method: 'POST' });
      await withdrawn;
    };
    lose(stage, 'setRoom', 0);
    expectStatus(await change(stage, `${path}/confirm`, 'POST'), 200);
    expectProblem((await withdrawn) as Answer, 'proposal-over');
    expect(await stateOf(stage, roomId)).toBe('open');
    expect(await inFile(stage.service, roomId)).toEqual(['room.create', 'room.propose', 'room.open']);
  });

  test('a change that came too late for the room waits, and is over', async () => {
    const stage = await staged();
    const { roomId, path } = await proposed(stage);
    let noticed: Promise<Answer> | undefined;
    stage.lost.meanwhile = async () => {
      const ask = { method: 'PUT', body: { notice: 'x' } };
      noticed ??= stage.service.internal(`/v1/rooms/${roomId}/notice`, ask);
      stage.lost.meanwhile = async () => undefined;
      await noticed;
    };
    lose(stage, 'setRoom', 0);
    expectProblem(await change(stage, `${path}/confirm`, 'POST'), 'proposal-over');
    expect(await stateOf(stage, roomId)).toBe('scheduled');
    const { proposals } = (await stage.service.internal(`/v1/rooms/${roomId}/proposals`)).body;
    expect(proposals).toMatchObject([{ state: 'waiting', decidedBy: null }]);
  });

  test('what the file did not take is in it once it can be written', async () => {
    const stage = await staged();
    const { service, clock } = stage;
    const roomId = await service.makeRoom();
    const path = filePath(service);
    await rename(path, `${path}.away`);
    await symlink('nowhere/audit.jsonl', path);
    expectProblem(await change(stage, `${roomId}/open`, 'POST'), 'audit-unavailable');
    // In one step: what is put into a file that is then replaced is lost.
    await rename(`${path}.away`, path);
    expectStatus(await change(stage, `${roomId}/open`, 'POST'), 200);
    await clock.until(async () => (await inFile(service, roomId)).length === 2);
    expect(await inFile(service, roomId)).toEqual(['room.create', 'room.open']);
  });
});

describe('a replica that has not heard yet', () => {
  async function replicas() {
    const clock = new ManualClock();
    const options = { clock, redisUrl: redisDatabase(57) };
    const one = await serviceForTest(options);
    return { clock, one, other: await serviceForTest({ ...options, replicaOf: one }) };
  }

  test.each([
    ['deletes', 'DELETE', '', 204],
    ['proposes', 'POST', '/bypass', 202],
  ])('%s nothing for an older version', async (_, method, path, done) => {
    const { clock, one, other } = await replicas();
    const roomId = await one.makeRoom(done === 202 ? { secondPersonFor: ['bypass'] } : {});
    const headers = { 'if-match': '"1"' };
    expectStatus(await clock.during(other.internal(`/v1/rooms/${roomId}`)), 200);
    // An empty room is ticked every ten seconds only.
    await clock.advance(11_000);
    expectStatus(await one.internal(`/v1/rooms/${roomId}/pause`, { method: 'POST' }), 200);
    const ask = (headersOf: Record<string, string>): Promise<Answer> =>
      other.internal(`/v1/rooms/${roomId}${path}`, { method, headers: headersOf });
    expectProblem(await ask(headers), 'version-outdated');
    expectStatus(await ask({ 'if-match': '"2"' }), done);
  });
});
