/** Whoever reads only the last line of a run must not be misled: each case is a real run of vitest. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { childEnvironment } from '../../src/dev/provision.ts';

const root = join(import.meta.dirname, '../..');
const passing = "test('passes', () => expect(1).toBe(1));";

/** Runs vitest on one file of tests and gives its last lines and its exit status. */
async function runOf(body: string, skips = ''): Promise<{ lines: string[]; code: unknown }> {
  const directory = await mkdtemp(join(tmpdir(), 'guichet-reporter-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  await symlink(join(root, 'node_modules'), join(directory, 'node_modules'));
  await writeFile(
    join(directory, 'a.test.ts'),
    `import { beforeAll, describe, expect, test } from 'vitest';\n${body}`,
  );
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const words = [vitest, 'run', '--root', directory, '--reporter', join(root, 'tests/support/reporter.ts')];
  const env = childEnvironment({ TEST_SKIPS: skips });
  const result = await promisify(execFile)(process.execPath, words, { env }).then(
    ({ stdout }) => ({ stdout, code: 0 }),
    (error: { stdout: string; code: unknown }) => error,
  );
  return { lines: result.stdout.trimEnd().split('\n').slice(-3), code: result.code };
}

test('what passed, failed and was skipped is counted', async () => {
  const { lines, code } = await runOf(`
    ${passing}
    test('fails', () => expect(1).toBe(2));
    test.skip('is skipped', () => expect(1).toBe(1));
  `);
  expect(lines.slice(-2)).toEqual(['1 skipped', '1 passed, 1 failed']);
  expect(code).toBe(1);
});

test('a skipped test fails the run where none may be skipped, and is named', async () => {
  const body = `${passing} describe('a part', () => test.skip('is skipped', () => expect(1).toBe(1)));`;
  expect(await runOf(body, 'fail')).toEqual({
    lines: [
      'skipped: a.test.ts > a part > is skipped',
      '1 skipped, and TEST_SKIPS=fail allows none: each counts as failed',
      '1 passed, 1 failed',
    ],
    code: 1,
  });
  const { lines, code } = await runOf(body);
  expect([lines.slice(-2), code]).toEqual([['1 skipped', '1 passed, 0 failed'], 0]);
  expect((await runOf(passing, 'fail')).code).toBe(0);
});

test('a run without a failure says so', async () => {
  const { lines, code } = await runOf(passing);
  expect(lines.at(-1)).toBe('1 passed, 0 failed');
  expect(code).toBe(0);
});

test.each([
  ['a file that cannot be loaded', "import './missing.ts';\n", '0 passed, 1 failed'],
  [
    'an error outside any test',
    `${passing} test('t', () => void Promise.reject(new Error('late')));`,
    '2 passed, 1 failed',
  ],
  [
    'a hook of the whole file that fails',
    `beforeAll(() => { throw new Error('no'); }); ${passing}`,
    '0 passed, 1 failed',
  ],
  ['a file without a test', '', '0 passed, 1 failed'],
])('%s counts as a failure', async (_what, body, expected) => {
  const { lines, code } = await runOf(body);
  expect(lines.at(-1)).toBe(expected);
  expect(code).toBe(1);
});
