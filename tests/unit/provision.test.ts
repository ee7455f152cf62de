import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { ensureCommand, findCommand } from '../../src/dev/provision.ts';

const directory = mkdtempSync(join(tmpdir(), 'guichet-provision-'));
afterAll(() => rmSync(directory, { recursive: true }));

test('a command is found in the first directory that has it as an executable', async () => {
  writeFileSync(join(directory, 'there'), '#!/bin/sh\n', { mode: 0o755 });
  writeFileSync(join(directory, 'text'), 'words', { mode: 0o644 });
  expect(await findCommand('there', ['/nowhere', directory])).toBe(join(directory, 'there'));
  expect(await findCommand('text', [directory])).toBeNull();
});

test('without the right to install, one sentence says what to install', async () => {
  vi.spyOn(process, 'getuid').mockReturnValue(1_000);
  await expect(ensureCommand('guichet-no-such-command', 'some-package')).rejects.toThrow(
    /^guichet-no-such-command is needed and was not found on the PATH: install it \(Debian: apt-get install some-package\)\.$/,
  );
  vi.restoreAllMocks();
});
