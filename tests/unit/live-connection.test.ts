import { describe, expect, test } from 'vitest';
import { ConnectionBench } from '../support/connection-bench.ts';
import { waiting } from '../support/room-pages.ts';
import { standing } from '../support/standing-message.ts';

/** Its socket was refused, and five looks found no such room. */
async function withoutItsRoom(): Promise<ConnectionBench> {
  const bench = new ConnectionBench();
  bench.look = { outcome: 'no-room' };
  bench.socket.hear.closed(4504);
  await bench.pass(45_000);
  return bench;
}

describe('the live connection', () => {
  test('says hello with the token first, and hears what follows', () => {
    const bench = new ConnectionBench();
    bench.socket.hear.opened();
    expect(bench.socket.sent).toEqual(['{"type":"hello","queueToken":"the.token"}']);
    bench.hear(standing(12));
    expect(bench.told).toEqual(['live', 'standing']);
  });

  test('takes no look while the socket speaks', async () => {
    const bench = new ConnectionBench();
    for (let second = 0; second < 300; second += 30) {
      bench.hear(standing(500 - second));
      await bench.pass(30_000);
    }
    expect(bench.looks).toEqual([]);
  });

  test('comes back at the moment that the goodbye draws, not before and not after its window', async () => {
    for (const random of [0, 0.25, 0.999]) {
      const bench = new ConnectionBench();
      bench.hear(standing(12));
      bench.random = random;
      bench.hear({ type: 'bye', afterMs: 2_000, withinMs: 40_000 });
      bench.socket.hear.closed(1012);
      await bench.pass(60_000);
      expect(bench.sockets[1]?.openedAtMs).toBe(2_000 + random * 40_000);
    }
  });

  test('counts from the goodbye, however long the closing takes', async () => {
    const bench = new ConnectionBench();
    bench.hear(standing(12));
    bench.hear({ type: 'bye', afterMs: 2_000, withinMs: 40_000 });
    expect(bench.sockets[0]?.isClosed).toBe(true);
    await bench.pass(7_000);
    bench.sockets[0]?.hear.closed(1012);
    await bench.pass(20_000);
    expect(bench.sockets.map(({ openedAtMs }) => openedAtMs)).toEqual([0, 22_000]);
  });

  test('gives up a socket that opens and never speaks, and tries again later', async () => {
    const bench = new ConnectionBench();
    const [first] = bench.sockets;
    first?.hear.opened();
    await bench.pass(14_999);
    expect(bench.sockets).toHaveLength(1);
    await bench.pass(2_000);
    expect(first?.isClosed).toBe(true);
    expect(bench.sockets).toHaveLength(2);
    bench.hear(standing(12));
    await bench.pass(60_000);
    expect(bench.sockets).toHaveLength(2);
  });

  test('does not even look before it comes back, and then only if the socket does not speak', async () => {
    const speaking = new ConnectionBench();
    const silent = new ConnectionBench();
    for (const bench of [speaking, silent]) {
      bench.hear(standing(12));
      bench.hear({ type: 'bye', afterMs: 2_000, withinMs: 40_000 });
      await bench.pass(22_000);
    }
    speaking.hear(standing(12));
    for (const bench of [speaking, silent]) await bench.pass(6_000);
    expect(speaking.looks).toEqual([]);
    expect(silent.looks).toEqual([27_000]);
  });

  test('still looks where all that a socket ever says is goodbye', async () => {
    const bench = new ConnectionBench();
    while (bench.nowMs < 30_000) {
      bench.hear({ type: 'bye', afterMs: 1_000, withinMs: 10_000 });
      await bench.pass(6_000);
    }
    expect(bench.sockets).toHaveLength(6);
    expect(bench.looks[0]).toBe(10_000);
  });

  test.each([1006, 1012, 1001, 4000, 4001, 4499])(
    'comes back after close code %d, ever less often',
    async (code) => {
      const bench = new ConnectionBench();
      bench.random = 1;
      const gaps: number[] = [];
      for (let attempt = 0; attempt < 9; attempt += 1) {
        const closedAtMs = bench.nowMs;
        const { length } = bench.sockets;
        bench.socket.hear.closed(code);
        while (bench.sockets.length === length) await bench.pass(100);
        gaps.push(bench.socket.openedAtMs - closedAtMs);
      }
      expect(gaps).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
    },
  );

  test.each([4500, 4501, 4502, 4504, 4999])(
    'opens no other socket after close code %d, but looks why',
    async (code) => {
      const bench = new ConnectionBench();
      bench.look = { outcome: 'answer', answer: { kind: 'ended', outcome: 'left' } };
      bench.socket.hear.closed(code);
      await bench.pass(600_000);
      expect(bench.sockets).toHaveLength(1);
      expect(bench.looks).toHaveLength(1);
      expect(bench.told).toEqual(['live', 'looked ended']);
      expect(bench.pendingTimers).toBe(0);
    },
  );

  test('looks at the server’s pace while the socket is away', async () => {
    const bench = new ConnectionBench();
    bench.look = { outcome: 'answer', answer: { ...waiting(12), pollAfterMs: 5_000 } };
    bench.socket.hear.closed(4500);
    await bench.pass(20_500);
    expect(bench.looks).toEqual([0, 5_000, 10_000, 15_000, 20_000]);
  });

  test('waits as long as a refusal says, and tells that updates are interrupted', async () => {
    const bench = new ConnectionBench();
    bench.look = { outcome: 'unavailable', retryAfterMs: 45_000 };
    bench.socket.hear.closed(4500);
    await bench.pass(50_000);
    expect(bench.looks).toEqual([0, 45_000]);
    expect(bench.told).toEqual(['interrupted', 'interrupted']);
  });

  test('stops when the token is not accepted any more', async () => {
    const bench = new ConnectionBench();
    bench.look = { outcome: 'refused' };
    bench.socket.hear.closed(4501);
    await bench.pass(600_000);
    expect(bench.told).toEqual(['looked gone']);
    expect(bench.looks).toHaveLength(1);
  });

  test('takes a room for deleted only when look after look finds none', async () => {
    const bench = await withoutItsRoom();
    expect(bench.looks).toHaveLength(5);
    expect(new Set(bench.told)).toEqual(new Set(['interrupted']));
    await bench.pass(600_000);
    expect(bench.looks).toHaveLength(6);
    expect(bench.told.at(-1)).toBe('looked gone');
    expect(bench.pendingTimers).toBe(0);
  });

  test('takes a room that a socket speaks of for one that was found', async () => {
    const bench = new ConnectionBench();
    bench.look = { outcome: 'no-room' };
    bench.socket.hear.closed(1006);
    await bench.pass(45_000);
    bench.hear(standing(12));
    bench.socket.hear.closed(1006);
    bench.told.length = 0;
    await bench.pass(45_000);
    expect(new Set(bench.told)).toEqual(new Set(['interrupted']));
  });

  test('goes on, with a socket, in a room that is found again', async () => {
    const bench = await withoutItsRoom();
    bench.look = { outcome: 'answer', answer: { ...waiting(12), pollAfterMs: 10_000 } };
    await bench.pass(10_000);
    expect(bench.told.slice(-2)).toEqual(['live', 'looked waiting']);
    expect(bench.sockets).toHaveLength(2);
    bench.look = { outcome: 'no-room' };
    bench.socket.hear.closed(4504);
    await bench.pass(45_000);
    expect(bench.told.at(-1)).toBe('interrupted');
  });

  test('stops when the ticket is over', async () => {
    const bench = new ConnectionBench();
    bench.hear({ type: 'ended', outcome: 'completed' });
    expect(bench.socket.isClosed).toBe(true);
    bench.socket.hear.closed(4502);
    await bench.pass(600_000);
    expect(bench.looks).toEqual([]);
    expect(bench.sockets).toHaveLength(1);
  });

  test('replaces a socket that fell silent while things moved', async () => {
    const bench = new ConnectionBench();
    bench.hear(standing(12));
    bench.look = { outcome: 'answer', answer: { ...waiting(9), pollAfterMs: 2_000 } };
    await bench.pass(80_000);
    expect(bench.sockets[0]?.isClosed).toBe(true);
    expect(bench.sockets).toHaveLength(2);
  });

  test('keeps a socket that is silent because nothing moves', async () => {
    const bench = new ConnectionBench();
    bench.hear(standing(12));
    bench.look = { outcome: 'answer', answer: { ...waiting(12), pollAfterMs: 2_000 } };
    await bench.pass(300_000);
    expect(bench.sockets).toHaveLength(1);
    expect(bench.looks).toHaveLength(4);
  });

  test('uses the fresh token of a look for the next hello', async () => {
    const bench = new ConnectionBench();
    bench.look = {
      outcome: 'answer',
      answer: { ...waiting(9), pollAfterMs: 2_000, queueToken: 'a.newer.token' },
    };
    bench.random = 1;
    for (let attempt = 0; attempt < 4; attempt += 1) {
      bench.socket.hear.closed(1006);
      await bench.pass(8_000);
    }
    bench.socket.hear.opened();
    expect(bench.socket.sent).toEqual(['{"type":"hello","queueToken":"a.newer.token"}']);
    expect(new Set(bench.renewed)).toEqual(new Set(['a.newer.token']));
  });

  test('once stopped says nothing more, and leaves no timer, socket or look behind', async () => {
    const bench = new ConnectionBench();
    bench.socket.hear.opened();
    bench.hear(standing(12));
    const { told } = bench;
    const before = told.length;
    bench.connection.stop();
    bench.hear(standing(11));
    bench.socket.hear.closed(1006);
    bench.connection.wake();
    await bench.pass(300_000);
    expect(told).toHaveLength(before);
    expect(bench.sockets.map(({ isClosed }) => isClosed)).toEqual([true]);
    expect(bench.looks).toEqual([]);
  });

  test('looks on time where every socket is refused at once', async () => {
    const bench = new ConnectionBench();
    bench.look = { outcome: 'answer', answer: { ...waiting(12), pollAfterMs: 2_000 } };
    for (let second = 0; second < 16; second += 1) {
      bench.socket.hear.closed(1006);
      await bench.pass(1_000);
    }
    expect(bench.looks).toEqual([10_000, 12_000, 14_000, 16_000]);
  });

  test('ignores what a replaced socket still says, and what is no message', () => {
    const bench = new ConnectionBench();
    const before = bench.socket;
    bench.connection.wake();
    before.hear.message('{"type":"ended","outcome":null}');
    before.hear.closed(4502);
    bench.socket.hear.message('not json');
    expect(bench.told).toEqual([]);
    expect(bench.sockets).toHaveLength(2);
  });
});
