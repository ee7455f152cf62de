/**
 * The chaos bench in short: one cut of the master of a Sentinel trio, with replicas of the service and visitors on both
 * sides of it. `npm run chaos -- --seeds 1-20` plays the whole.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { childEnvironment } from '../../src/dev/provision.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const words = ['--seed', '1', '--faults', 'split-master', '--visitors', '60'];

// Namespaces of the network are root's to make: elsewhere this says nothing about partitions.
it.skipIf(process.getuid?.() !== 0)(
  'over a partition of the master with clients on both sides every promise holds',
  async () => {
    const child = spawn(process.execPath, ['src/dev/chaos.ts', ...words], {
      cwd: root,
      env: childEnvironment(),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect(code, output).toBe(0);
    const verdict = JSON.parse(output.trim().split('\n').at(-1) ?? '') as Record<string, unknown>;
    expect(verdict, output).toMatchObject({ cutsWithBothSides: 1, broken: [], lost: 0, admittedTwice: 0 });
  },
  150_000,
);
