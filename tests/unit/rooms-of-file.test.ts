import { expect, test } from 'vitest';
import { GuichetError } from '../../src/domain/errors.ts';
import { makeRoomsOfFile } from '../../src/service/rooms-of-file.ts';
import { ManualClock } from '../support/manual-clock.ts';

const rooms = new Map([
  ['pool', { capacity: 5 }],
  ['rink', { capacity: 6 }],
]);

/** A start with a store that is away until told otherwise, and a room that cannot be made. */
function start() {
  const clock = new ManualClock();
  const stage = {
    clock,
    away: new Set(['pool', 'rink']),
    made: [] as string[],
    logged: [] as unknown[],
    stop: new AbortController(),
  };
  const quiet = (): void => {};
  const log = {
    debug: quiet,
    info: quiet,
    warn: quiet,
    error: (fields: object) => stage.logged.push(fields),
  };
  const ensure = async (roomId: string): Promise<void> => {
    if (stage.away.has(roomId)) throw new GuichetError('store-unavailable');
    if (roomId === 'pool') throw new Error('no key for it');
    stage.made.push(roomId);
  };
  const done = makeRoomsOfFile(rooms, { control: { ensure }, clock, log }, stage.stop.signal);
  return { stage, done };
}

test('a store that comes long after the start gets the rooms of the file; one that cannot be made keeps no other', async () => {
  const { stage, done } = start();
  await stage.clock.advance(120_000);
  expect([stage.made, stage.logged]).toEqual([[], []]);
  stage.away.clear();
  await stage.clock.advance(1_000);
  await done;
  expect(stage.made).toEqual(['rink']);
  expect(stage.logged).toEqual([{ roomId: 'pool', err: new Error('no key for it') }]);
});

test('a room whose primary is away keeps no other waiting', async () => {
  const { stage } = start();
  stage.away.delete('rink');
  await stage.clock.advance(1_000);
  expect(stage.made).toEqual(['rink']);
  stage.stop.abort();
});

test('a stop ends the waiting', async () => {
  const { stage, done } = start();
  await stage.clock.advance(10_000);
  stage.stop.abort();
  await done;
  expect(stage.made).toEqual([]);
});
