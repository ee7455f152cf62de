/** The bench in its short form: that its rows work, and what no busy machine can change. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

type Row = { name: string; value: number | null; unit: string; bar: string; holds: boolean };

/** Runs rows in their short form; a row that fails gives exit status 1, and its line all the same. */
async function bench(...rows: string[]): Promise<{ machine: string; rows: Row[] }> {
  const words = ['run', '--silent', 'bench', '--', '--short', '--json', ...rows];
  const run = promisify(execFile)('npm', words).catch((error: unknown) => error as { stdout: string });
  return JSON.parse((await run).stdout) as { machine: string; rows: Row[] };
}

test('looks cost Redis nothing beyond ticks and gathered sights, and are measured against a bare route', async () => {
  const { machine, rows } = await bench('looks');
  expect(machine).toMatch(/cores .* Node v?24/);
  const [ratio, commands] = rows;
  expect(ratio).toMatchObject({ name: expect.stringContaining('bare ÷ ours') as string, bar: '≥ 0.5' });
  expect(ratio?.value).toBeGreaterThan(0.1);
  expect(ratio?.value).toBeLessThan(1.5);
  expect(commands).toMatchObject({ value: 0, holds: true });
}, 120_000);

test('a gate asks Redis nothing about passes, known or new, and is measured against a bare route', async () => {
  const { rows } = await bench('gate');
  const [warm, cold, commands, beside] = rows;
  expect(warm).toMatchObject({ name: expect.stringContaining('known passes') as string, bar: '≥ 0.7' });
  expect(warm?.value).toBeGreaterThan(0.1);
  expect(warm?.value).toBeLessThan(2);
  expect(cold).toMatchObject({ name: expect.stringContaining('first time') as string, bar: '≤ 1.4' });
  expect(cold?.value).toBeGreaterThan(0.5);
  expect(cold?.value).toBeLessThan(4);
  expect(commands).toMatchObject({ value: 0, holds: true });
  expect(beside).toMatchObject({ unit: 'ms', bar: '≤ 20' });
  expect(beside?.value).toBeGreaterThan(0);
}, 120_000);

test('Redis keeps a waiting visitor in 270 bytes, and what sleeps at the head does not hold a tick up', async () => {
  const { rows } = await bench('redis-memory', 'ticks');
  const [memory, ...ticks] = rows;
  expect(memory).toMatchObject({ unit: 'bytes', bar: '≤ 270', holds: true });
  expect(ticks).toHaveLength(4);
  for (const { name, value, bar } of ticks) {
    expect(bar).toBe('≤ 10');
    // The verdict is the bench's, on a machine that does nothing else; looking through all sleepers takes hundreds.
    expect(value, name).toBeLessThan(30);
  }
}, 180_000);

test('words that name no row are refused', async () => {
  const run = promisify(execFile)('npm', ['run', '--silent', 'bench', '--', 'lunch']);
  await expect(run).rejects.toMatchObject({ code: 2 });
});
