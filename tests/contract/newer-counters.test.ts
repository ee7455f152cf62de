import { expect, inject, it, onTestFinished } from 'vitest';
import { roomKeys } from '../../src/store/redis-keys.ts';
import { shortLife } from '../support/every-transition.ts';
import { connectTo } from '../support/redis.ts';
import { type HeldTicket, openRoom } from '../support/room-under-test.ts';
import { openRedisStore } from '../support/stores.ts';

/** Two counters that a newer version of the scripts has appended. */
const newer = ' 41 42.000001';

it('the counters of an older version, which counted less, are read with zeros for the rest', async () => {
  const test = await openRedisStore();
  onTestFinished(() => test.close());
  const redis = connectTo(inject('adminRedisUrl'));
  const room = await openRoom(test, { capacity: 10 });
  await room.join(2);
  const [key = ''] = roomKeys(room.roomId);
  const [older] = /^(\d+ ){24}\d+\.\d{6}/.exec((await redis.hget(key, 'counters')) as string) ?? [];
  await redis.hset(key, 'counters', older as string);
  const [ticket] = (await room.join(1)) as [HeldTicket];
  await room.enter(ticket);
  const { counters } = await room.observe();
  expect(counters).toMatchObject({
    lastNumber: 3,
    admittedTotal: 3,
    joinedTotal: 1,
    enteredTotal: 1,
    lapsedTotal: 0,
  });
});

it('while versions run side by side, the older one keeps the counters that the newer one appended', async () => {
  const test = await openRedisStore();
  onTestFinished(() => test.close());
  const redis = connectTo(inject('adminRedisUrl'));
  const { room, transitions } = shortLife(test);
  const [key = ''] = roomKeys(room.roomId);
  const [create, ...others] = transitions;
  await create?.ask();
  const before = (await redis.hget(key, 'counters')) as string;
  await redis.hset(key, 'counters', before + newer);
  const kept: [name: string, rest: string][] = [];
  for (const { name, ask } of others) {
    await ask();
    const counters = ((await redis.hget(key, 'counters')) as string).split(' ');
    const own = counters.splice(0, before.split(' ').length);
    expect(own.join(' '), name).toMatch(/^(\d+ ){24}\d+\.\d{6}( \d+){11}$/);
    kept.push([name, ` ${counters.join(' ')}`]);
  }
  expect(kept).toEqual(others.map(({ name }) => [name, newer]));
});
