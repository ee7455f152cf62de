import { expect, test } from 'vitest';
import { type PublicRoom, watchRoom, withRoom } from '../../src/web/client/room-watch.ts';
import { inMinutes, refusedPage, roomPage } from '../support/room-pages.ts';

const open: PublicRoom = {
  name: { fr: 'Piscines' },
  languages: ['fr', 'en'],
  timeZone: 'America/Toronto',
  targetUrl: 'https://example.org/',
  enterWithinMs: 120_000,
  state: 'open',
  reason: null,
  notice: 'Midi.',
  joinFrom: null,
  opensAt: null,
  closesAt: null,
  waiting: 7,
  placesLeft: null,
  asOf: inMinutes(-1),
  now: inMinutes(0),
};

test('a room is asked for again and again, at a random moment of each turn, answered or not', async () => {
  const waits: number[] = [];
  let wake = (): void => {};
  const answers: (PublicRoom | null)[] = [open, null, open];
  const heard: (PublicRoom | null)[] = [];
  const randoms = [0, 1, 0.5, 0.5];
  watchRoom(
    {
      ask: async () => answers.shift() ?? null,
      after: (ms, callback) => {
        waits.push(ms);
        wake = callback;
        return () => {};
      },
      random: () => randoms.shift() ?? 0,
    },
    (room) => heard.push(room),
  );
  for (let asked = 0; asked < 3; asked += 1) {
    wake();
    for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
  }
  expect(heard).toEqual([open, null, open]);
  expect(waits).toEqual([15_000, 25_000, 20_000, 20_000]);
});

test('once it is no longer watched nothing is asked, and what is under way is not heard', async () => {
  let wake = (): void => {};
  let cancelled = 0;
  const asked = Promise.withResolvers<PublicRoom>();
  const heard: (PublicRoom | null)[] = [];
  let questions = 0;
  const stop = watchRoom(
    {
      ask: () => {
        questions += 1;
        return asked.promise;
      },
      after: (_ms, callback) => {
        wake = callback;
        return () => {
          cancelled += 1;
        };
      },
      random: () => 0,
    },
    (room) => heard.push(room),
  );
  wake();
  stop();
  asked.resolve(open);
  await new Promise(setImmediate);
  expect({ questions, cancelled, heard }).toEqual({ questions: 1, cancelled: 1, heard: [] });
});

test('what was heard stands on the page, the places with their time', () => {
  const page = roomPage('fr', { state: 'scheduled', joinFrom: inMinutes(-9), opensAt: inMinutes(5) });
  const after = withRoom(page, { ...open, placesLeft: 12 });
  expect(after.room).toMatchObject({
    state: 'open',
    notice: 'Midi.',
    joinFrom: null,
    opensAt: null,
    waiting: 7,
  });
  expect(after.room.placesLeft).toEqual({ count: 12, asOf: inMinutes(-1) });
  expect(after.room).not.toHaveProperty('asOf');
  expect(after.room).not.toHaveProperty('now');
  expect(after.room.name).toEqual(open.name);
});

test('how many wait is not known where nothing was heard of lately', () => {
  expect(withRoom(roomPage('fr'), { ...open, waiting: null }).room.waiting).toBeNull();
  expect(withRoom(roomPage('fr'), { ...open, placesLeft: 12, asOf: null }).room.placesLeft).toBeNull();
});

test('a refusal for want of places is over when there are some again, any other stays', () => {
  const none = refusedPage('fr', 'no-places-left');
  expect(withRoom(none, { ...open, placesLeft: 0 }).problem).toEqual(none.problem);
  expect(withRoom(none, { ...open, placesLeft: 3 }).problem).toBeNull();
  expect(withRoom(none, open).problem).toBeNull();
  const early = { ...none, room: { ...none.room, placesLeft: { count: 0, asOf: inMinutes(0) } } };
  expect(withRoom(early, { ...open, placesLeft: 3, asOf: inMinutes(-1) })).toMatchObject({
    problem: none.problem,
    room: { placesLeft: { count: 0, asOf: inMinutes(0) } },
  });
  const full = refusedPage('fr', 'room-full');
  expect(withRoom(full, { ...open, placesLeft: 3 }).problem).toEqual(full.problem);
});
