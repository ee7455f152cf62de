import { expect, test } from 'vitest';
import { Gatherer, type GathererOptions } from '../../src/service/gatherer.ts';

type Call = { items: number[]; answer: (answers?: string[]) => void; fail: (error: Error) => void };

const turn = (): Promise<void> => new Promise(setImmediate);

/** A gatherer whose calls the test answers by hand. */
function gathered(options: Partial<GathererOptions<number, string>> = {}) {
  const calls: Call[] = [];
  const gatherer = new Gatherer<number, string>({
    batchMax: 3,
    callsMax: 2,
    waitingMax: 100,
    refuse: () => new Error('too many wait'),
    send: (items) =>
      new Promise((resolve, reject) => {
        calls.push({
          items,
          answer: (answers) => resolve(answers ?? items.map((item) => `answer ${item}`)),
          fail: reject,
        });
      }),
    ...options,
  });
  return { gatherer, calls };
}

test('what is asked in one turn of the event loop leaves in one call', async () => {
  const { gatherer, calls } = gathered({ batchMax: 500 });
  const answers = Promise.all([1, 2, 3, 4].map((item) => gatherer.ask(item)));
  expect(calls).toHaveLength(0);
  await turn();
  expect(calls.map(({ items }) => items)).toEqual([[1, 2, 3, 4]]);
  calls[0]?.answer();
  expect(await answers).toEqual(['answer 1', 'answer 2', 'answer 3', 'answer 4']);
});

test('a call takes no more than its batch, in order, and no more calls are under way than allowed', async () => {
  const { gatherer, calls } = gathered();
  const answers = Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map((item) => gatherer.ask(item)));
  await turn();
  expect(calls.map(({ items }) => items)).toEqual([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  await turn();
  expect(calls).toHaveLength(2);
  calls[1]?.answer();
  await turn();
  await turn();
  expect(calls[2]?.items).toEqual([7, 8]);
  calls[0]?.answer();
  calls[2]?.answer();
  expect(await answers).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((item) => `answer ${item}`));
});

test('what arrives while every call is under way gathers for the next one', async () => {
  const { gatherer, calls } = gathered({ callsMax: 1 });
  const first = gatherer.ask(1);
  await turn();
  const later = [gatherer.ask(2), gatherer.ask(3)];
  await turn();
  expect(calls).toHaveLength(1);
  calls[0]?.answer();
  await first;
  await turn();
  expect(calls[1]?.items).toEqual([2, 3]);
  calls[1]?.answer();
  expect(await Promise.all(later)).toEqual(['answer 2', 'answer 3']);
});

test('a call that fails fails each of its items and none of another call', async () => {
  const { gatherer, calls } = gathered();
  const asked = [1, 2, 3, 4].map((item) => gatherer.ask(item).catch((error: Error) => error.message));
  await turn();
  calls[0]?.fail(new Error('the store is away'));
  calls[1]?.answer();
  expect(await Promise.all(asked)).toEqual([
    'the store is away',
    'the store is away',
    'the store is away',
    'answer 4',
  ]);
});

test('after a failure it goes on', async () => {
  const { gatherer, calls } = gathered({ callsMax: 1 });
  const failed = gatherer.ask(1).catch((error: Error) => error.message);
  await turn();
  const next = gatherer.ask(2);
  calls[0]?.fail(new Error('away'));
  expect(await failed).toBe('away');
  await turn();
  calls[1]?.answer();
  expect(await next).toBe('answer 2');
});

test('more than may wait are refused at once, and those who wait are not touched', async () => {
  const { gatherer, calls } = gathered({ waitingMax: 2, callsMax: 1 });
  const waiting = [gatherer.ask(1), gatherer.ask(2)];
  expect(() => gatherer.ask(3)).toThrow('too many wait');
  await turn();
  // Room again: what is under way does not wait.
  waiting.push(gatherer.ask(4));
  calls[0]?.answer();
  await turn();
  await turn();
  calls[1]?.answer();
  expect(await Promise.all(waiting)).toEqual(['answer 1', 'answer 2', 'answer 4']);
});

test('each item gets its own answer, whatever it is', async () => {
  const { gatherer, calls } = gathered();
  const answers = Promise.all([gatherer.ask(1), gatherer.ask(2)]);
  await turn();
  calls[0]?.answer(['first', 'second']);
  expect(await answers).toEqual(['first', 'second']);
});
