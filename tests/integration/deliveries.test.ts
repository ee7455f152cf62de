import { describe, expect, test, vi } from 'vitest';
import { DeliveryStage } from '../support/delivery-stage.ts';
import { Receiver } from '../support/receiver.ts';
import { expectStatus, type Visitor } from '../support/service.ts';

// Minutes of the service's time go by.
vi.setConfig({ testTimeout: 60_000 });

const reasonOf = async ({ service }: DeliveryStage, visitor: Visitor): Promise<unknown> => {
  const { body } = await service.look(visitor);
  const standing = body['standing'] as { reason: string; expectedWaitMs: unknown } | undefined;
  return standing ? [standing.reason, standing.expectedWaitMs] : body['kind'];
};

describe('a release', () => {
  test('arrives as a signed CloudEvent that says who may enter until when', async () => {
    const stage = await DeliveryStage.open();
    const receiver = await Receiver.start();
    const roomId = await stage.room(receiver, {}, { capacity: 2, enterWithinMs: 60_000 });
    const startedMs = Date.now();
    const visitors = [await stage.service.join(roomId), await stage.service.join(roomId)];
    await stage.service.join(roomId);
    await stage.until(() => receiver.messages.length === 2, 2_000);
    expect(receiver.faults).toEqual([]);
    const [message] = receiver.messages;
    const { event, headers, path } = message as NonNullable<typeof message>;
    expect(headers['content-type']).toBe('application/cloudevents+json; charset=utf-8');
    expect(headers['webhook-id']).toBe(event.id);
    expect(path).toBe('/batches');
    expect(event).toMatchObject({
      specversion: '1.0',
      source: `/rooms/${roomId}`,
      type: 'guichet.release.v1',
      subject: 'releases/1',
      data: {
        roomId,
        releaseNumber: 1,
        tickets: [{ ticketId: visitors[0]?.ticketId, number: 1 }],
        counts: { tickets: 1, waiting: 0, admitted: 1, inside: 0 },
      },
    });
    const time = Date.parse(event.time ?? '');
    expect(Math.abs(time - startedMs)).toBeLessThan(60_000);
    expect(Date.parse(event.data?.deadline ?? '')).toBe(time + 60_000);
    await stage.until(async () => (await stage.delivery(roomId))['state'] === 'idle', 5_000);
    const { text } = await stage.service.internal('/metrics');
    expect(text).toContain('guichet_deliveries_total{result="delivered"} 2');
    expect(text).toContain(`guichet_undelivered_batches{room="${roomId}"}`);
  });

  test('of several rooms: a slow receiver delays its own room only, and is sent nothing twice', async () => {
    const stage = await DeliveryStage.open();
    const [slow, quick] = [await Receiver.start(), await Receiver.start()];
    const held: (() => void)[] = [];
    slow.answering = (response) => held.push(() => response.writeHead(200).end());
    const slowRoom = await stage.room(slow);
    const quickRoom = await stage.room(quick);
    await stage.service.join(slowRoom);
    await stage.until(() => slow.messages.length === 1, 2_000);
    for (let count = 1; count <= 4; count += 1) {
      await stage.service.join(slowRoom);
      await stage.service.join(quickRoom);
      await stage.until(() => quick.messages.length === count, 2_000);
    }
    expect(slow.messages).toHaveLength(1);
    slow.answering = (response) => void response.writeHead(200).end();
    for (const answer of held) answer();
    await stage.until(() => slow.messages.length === 5, 10_000);
    expect(slow.releaseNumbers).toEqual([1, 2, 3, 4, 5]);
  });

  test('is told to an answer of any length: little of it is read', async () => {
    const stage = await DeliveryStage.open();
    const receiver = await Receiver.start();
    const closed: boolean[] = [];
    receiver.answering = (response) => {
      response.writeHead(200);
      const write = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536)));
      };
      response.on('drain', write);
      response.on('close', () => closed.push(true));
      write();
    };
    const roomId = await stage.room(receiver);
    await stage.service.join(roomId);
    await stage.until(async () => (await stage.delivery(roomId))['state'] === 'idle' && closed.length === 1);
    expect(receiver.messages).toHaveLength(1);
  });
});

describe('a receiver', () => {
  test('that is away holds the room after a while; back again, it gets all in order and the room goes on', async () => {
    const stage = await DeliveryStage.open();
    const { service } = stage;
    const receiver = await Receiver.start();
    const roomId = await stage.room(receiver, { holdAfterMs: 10_000 });
    await service.join(roomId);
    await stage.until(() => receiver.messages.length === 1, 2_000);

    await receiver.kill();
    const admitted = await service.join(roomId);
    expect(admitted.kind).toBe('admitted');
    await stage.pass(5_000);
    expect((await service.join(roomId)).kind).toBe('admitted');
    await stage.pass(7_000);
    const late = await service.join(roomId);
    expect(late.kind).toBe('waiting');
    await stage.pass(3_000);
    expect(await reasonOf(stage, late)).toEqual(['holding', null]);
    expect(await stage.delivery(roomId)).toMatchObject({
      state: 'holding',
      holding: true,
      pending: 2,
      lastError: { what: 'no answer: ECONNREFUSED' },
    });
    // A pass is good without the batch.
    expectStatus(await service.act(admitted, 'enter'), 200);

    await receiver.listen();
    await stage.until(() => receiver.messages.length === 4, 40_000);
    expect(receiver.releaseNumbers).toEqual([1, 2, 3, 4]);
    expect(receiver.ticketNumbers).toEqual([1, 2, 3, 4]);
    expect(await reasonOf(stage, late)).toBe('admitted');
    await stage.until(async () => (await stage.delivery(roomId))['state'] === 'idle', 5_000);
    expect(await stage.delivery(roomId)).toMatchObject({ lastError: null, nextTryAt: null, pending: 0 });
  });

  test('that answers and dies before it says so gets the same again, under the same id', async () => {
    const stage = await DeliveryStage.open();
    const receiver = await Receiver.start();
    receiver.answering = (response) => void response.destroy();
    const roomId = await stage.room(receiver);
    await stage.service.join(roomId);
    await stage.until(() => receiver.messages.length === 1, 3_000);
    receiver.answering = (response) => void response.writeHead(202).end();
    await stage.until(() => receiver.messages.length === 2, 5_000);
    const [first, second] = receiver.messages;
    expect(second?.body).toBe(first?.body);
    expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
    expect(receiver.batches).toHaveLength(1);
  });

  test('that asks for time by Retry-After gets it, in seconds and as a date', async () => {
    const stage = await DeliveryStage.open();
    const receiver = await Receiver.start();
    const atMs: number[] = [];
    // A date has no parts of a second.
    const asked = ['20', () => new Date(Math.ceil(stage.wallMs() / 1_000) * 1_000 + 40_000).toUTCString()];
    receiver.answering = (response) => {
      atMs.push(stage.nowMs());
      const retryAfter = asked.shift();
      if (retryAfter === undefined) return void response.writeHead(204).end();
      const text = typeof retryAfter === 'string' ? retryAfter : retryAfter();
      response.writeHead(asked.length === 1 ? 429 : 503, { 'retry-after': text }).end();
    };
    const roomId = await stage.room(receiver);
    await stage.service.join(roomId);
    await stage.until(() => atMs.length === 3, 100_000);
    const [first = 0, second = 0, third = 0] = atMs;
    expect(second - first).toBeGreaterThanOrEqual(20_000);
    expect(second - first).toBeLessThan(23_000);
    expect(third - second).toBeGreaterThanOrEqual(40_000);
    expect(third - second).toBeLessThan(44_000);
  });

  test('that sends us elsewhere has not taken the batch, and elsewhere gets nothing', async () => {
    const stage = await DeliveryStage.open();
    const [receiver, elsewhere] = [await Receiver.start(), await Receiver.start()];
    const statuses = [301, 302, 307, 308];
    receiver.answering = (response) => {
      const status = statuses.shift();
      if (status === undefined) response.writeHead(204).end();
      else response.writeHead(status, { location: elsewhere.url }).end();
    };
    const roomId = await stage.room(receiver);
    await stage.service.join(roomId);
    await stage.until(() => receiver.messages.length === 5, 40_000);
    expect(receiver.batches).toHaveLength(1);
    expect([elsewhere.messages, elsewhere.faults]).toEqual([[], []]);
  });

  test('that wants no more (410) is asked no more: until its dead letters are sent again', async () => {
    const stage = await DeliveryStage.open();
    const receiver = await Receiver.start();
    receiver.answering = (response) => void response.writeHead(410).end();
    const roomId = await stage.room(receiver);
    await stage.service.join(roomId);
    await stage.until(async () => (await stage.delivery(roomId))['state'] === 'disabled', 3_000);
    for (let count = 0; count < 3; count += 1) {
      expect((await stage.service.join(roomId)).kind).toBe('admitted');
      await stage.pass(3_000);
    }
    await stage.until(async () => (await stage.delivery(roomId))['deadLetters'] === 4, 10_000);
    expect(receiver.messages).toHaveLength(1);
    const path = `/v1/rooms/${roomId}/delivery/dead-letters`;
    const { body } = await stage.service.internal(path, { as: 'viewer' });
    expect(body['next']).toBeNull();
    const letters = body['deadLetters'] as { id: string; messageId: string; reason: string }[];
    expect(letters.map(({ reason }) => reason)).toEqual(Array.from({ length: 4 }, () => 'disabled'));

    receiver.answering = (response) => void response.writeHead(204).end();
    expect((await stage.resend(roomId, { ids: [letters[2]?.id] })).body).toEqual({
      resent: 1,
      deadLetters: 3,
    });
    expect((await stage.resend(roomId)).body).toEqual({ resent: 3, deadLetters: 0 });
    await stage.until(() => receiver.batches.length === 4, 10_000);
    expect(receiver.releaseNumbers).toEqual([1, 3, 2, 4]);
    expect(new Set(receiver.batches.map(({ event }) => event.id))).toEqual(
      new Set(letters.map(({ messageId }) => messageId)),
    );
  });

  test('at a new address gets what the old one did not take', async () => {
    const stage = await DeliveryStage.open();
    const [old, young] = [await Receiver.start(), await Receiver.start()];
    old.answering = (response) => void response.writeHead(500).end();
    const roomId = await stage.room(old);
    young.secret = old.secret;
    await stage.service.join(roomId);
    await stage.until(() => old.messages.length === 3, 10_000);
    const path = `/v1/rooms/${roomId}`;
    const body = { delivery: { url: young.url } };
    expectStatus(await stage.service.internal(path, { method: 'PATCH', body }), 200);
    await stage.until(() => young.messages.length === 1, 4_000);
    expect(young.messages[0]?.event.id).toBe(old.messages[0]?.event.id);
  });

  test('that never takes a batch leaves a dead letter behind, and the room goes on', async () => {
    const stage = await DeliveryStage.open();
    const receiver = await Receiver.start();
    receiver.answering = (response) => void response.writeHead(503).end();
    const roomId = await stage.room(receiver, { holdAfterMs: 2_000, giveUpAfterMs: 20_000 });
    await stage.service.join(roomId);
    await stage.pass(5_000);
    const late = await stage.service.join(roomId);
    expect(late.kind).toBe('waiting');
    await stage.until(async () => (await reasonOf(stage, late)) === 'admitted', 30_000);
    expect(await stage.delivery(roomId)).toMatchObject({ deadLetters: 1 });
    const said = stage.service.lines.map(({ msg }) => msg);
    expect(said).toContain('The receiver did not take a batch; it is tried again');
    expect(JSON.stringify(stage.service.lines)).not.toContain(receiver.url);
  });
});

describe('an address in our own network', () => {
  test('is not connected to unless it is allowed, by figures or by name', async () => {
    const stage = await DeliveryStage.open({});
    const receiver = await Receiver.start();
    const port = new URL(receiver.url).port;
    for (const host of ['127.0.0.1', 'localhost']) {
      const roomId = await stage.room(receiver, { url: `http://${host}:${port}/` });
      await stage.service.join(roomId);
      await stage.until(async () => (await stage.delivery(roomId))['lastError'] !== null, 3_000);
      expect(await stage.delivery(roomId)).toMatchObject({
        lastError: { what: 'the address is not allowed' },
      });
    }
    expect([receiver.messages, receiver.faults]).toEqual([[], []]);
  });
});

test('a room that is deleted, or tells nobody any more, is told of no more', async () => {
  const stage = await DeliveryStage.open();
  const receiver = await Receiver.start();
  receiver.answering = (response) => void response.writeHead(500).end();
  const rooms = [await stage.room(receiver), await stage.room(receiver)] as const;
  for (const roomId of rooms) await stage.service.join(roomId);
  await stage.pass(3_000);
  expectStatus(await stage.service.internal(`/v1/rooms/${rooms[0]}`, { method: 'DELETE' }), 204);
  const body = { delivery: null };
  expectStatus(await stage.service.internal(`/v1/rooms/${rooms[1]}`, { method: 'PATCH', body }), 200);
  expect(await stage.delivery(rooms[1])).toMatchObject({ state: 'off', url: null, pending: 0 });
  await stage.pass(2_000);
  const before = receiver.messages.length + receiver.faults.length;
  await stage.service.join(rooms[1]);
  await stage.pass(60_000);
  expect(receiver.messages.length + receiver.faults.length).toBe(before);
});
