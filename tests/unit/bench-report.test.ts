import { describe, expect, test } from 'vitest';
import { slowestRefusal } from '../../src/dev/bench/overload.ts';
import { resultTable, withTable } from '../../src/dev/bench/report.ts';
import { atLeast, atMost, median, quantile, type RowResult, runRow } from '../../src/dev/bench/row.ts';

const empty = [
  '# Measured',
  '',
  '<!-- npm run bench writes from here -->',
  '<!-- to here -->',
  '',
  'Below it.',
].join('\n');
const row = (name: string, value: number): RowResult =>
  atMost(10, { name, value, unit: 'ms', beside: 'median 3' });

describe('the table of docs/benchmarks.md', () => {
  test('gets each row with its verdict, between the marks and nowhere else', () => {
    const text = withTable(empty, [row('tick', 4.567), row('look', 11)], 'On this machine.');
    expect(text).toContain(
      '| tick | 4.57 ms | ≤ 10 | yes | median 3 |\n| look | 11 ms | ≤ 10 | **no** | median 3 |',
    );
    expect(text).toContain('On this machine.');
    expect(text.startsWith('# Measured\n')).toBe(true);
    expect(text.endsWith('<!-- to here -->\n\nBelow it.')).toBe(true);
  });

  test('a later run of one row replaces its line and keeps the others in their places', () => {
    const first = withTable(empty, [row('tick', 4), row('look', 11)], 'Then.');
    const second = withTable(first, [row('tick', 5)], 'Now.');
    expect(second.split('\n').filter((line) => line.includes('| ≤ 10 |'))).toEqual([
      '| tick | 5 ms | ≤ 10 | yes | median 3 |',
      '| look | 11 ms | ≤ 10 | **no** | median 3 |',
    ]);
    expect(second).not.toContain('Then.');
  });

  test('is not written into a document without its marks', () => {
    expect(() => withTable('# Measured', [row('tick', 4)], '')).toThrow('marks');
  });
});

describe('a row that throws', () => {
  const run = (): Promise<RowResult[]> => Promise.reject(new Error('wrk | broke:\nno such file'));
  const options = { isShort: true, say: () => {} };

  test('is a line that fails and says why; the rows beside it are unharmed', async () => {
    const lines = await runRow({ command: 'looks', run }, options);
    expect(lines).toEqual([
      {
        name: 'looks',
        value: null,
        unit: '',
        bar: 'measured',
        holds: false,
        beside: 'wrk | broke:\nno such file',
      },
    ]);
    const whole = await runRow({ command: 'tick', run: async () => [row('tick', 4)] }, options);
    expect(whole).toEqual([row('tick', 4)]);
  });

  test('is in the table until something is measured again', async () => {
    const failed = withTable(empty, await runRow({ command: 'looks', run }, options), 'Then.');
    expect(failed).toContain('| looks | not measured | measured | **no** | wrk / broke: no such file |\n');
    expect(withTable(failed, [row('tick', 4)], 'Now.')).not.toContain('| looks |');
  });
});

test('at the end all rows are told with their verdicts, and how many hold', () => {
  const failed = { name: 'a longer name', value: null, unit: '', bar: 'measured', holds: false, beside: '' };
  expect(resultTable([row('tick', 4.567), failed, row('look', 11)]).split('\n')).toEqual([
    'holds  tick           4.57 ms       ≤ 10',
    'FAILS  a longer name  not measured  measured',
    'FAILS  look           11 ms         ≤ 10',
    '1 hold, 2 fail',
  ]);
});

test('the slowest refusal is a number of ms, also where a refusal was none', () => {
  const joined = { status: 201, hasRetryAfter: false, tookMs: 2_000 };
  const refused = { status: 429, hasRetryAfter: true, tookMs: 250 };
  expect(slowestRefusal([joined, refused], 0)).toMatchObject({ value: 250, holds: true });
  expect(slowestRefusal([joined], 0)).toMatchObject({ value: 0, holds: true });
  for (const wrong of [{ status: 0 }, { status: 500 }, { hasRetryAfter: false }, { tookMs: 1_001 }]) {
    const line = slowestRefusal([joined, { ...refused, ...wrong }], 0);
    expect(line).toMatchObject({ value: wrong.tookMs ?? 250, holds: false });
  }
  expect(slowestRefusal([joined, refused], 1)).toMatchObject({ value: 250, holds: false });
});

test('a bar holds at its own value, and not beyond', () => {
  const about = { name: 'ratio', unit: '', beside: '' };
  expect([0.59, 0.6].map((value) => atLeast(0.6, { ...about, value }).holds)).toEqual([false, true]);
  expect([20, 20.1].map((value) => atMost(20, { ...about, value }).holds)).toEqual([true, false]);
  expect(atLeast(0.6, { ...about, value: Number.NaN }).holds).toBe(false);
});

test('a quantile lies straight between neighbours', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1])).toBe(2.5);
  expect(quantile([10, 20, 30], 0.75)).toBe(25);
  expect(quantile([1, 2, 3], 1)).toBe(3);
  expect(() => median([])).toThrow('no values');
});
