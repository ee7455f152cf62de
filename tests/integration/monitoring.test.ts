/** Rules and dashboard as Prometheus itself reads them: promtool, of Debian's package prometheus. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { ensureCommand } from '../../src/dev/provision.ts';
import { dashboardExpressions, readDashboard } from '../support/dashboard.ts';
import { serviceForTest } from '../support/service.ts';

const folder = new URL('../../monitoring/', import.meta.url).pathname;
const installWithinMs = 300_000;

/** What promtool says; rejects with it when it finds fault. */
async function promtool(...words: string[]): Promise<string> {
  const command = await ensureCommand('promtool', 'prometheus');
  const { stdout, stderr } = await promisify(execFile)(command, words, { cwd: folder });
  return stdout + stderr;
}

async function fileWith(text: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'guichet-monitoring-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const path = join(directory, 'rules.yaml');
  await writeFile(path, text);
  return path;
}

test(
  'each alert fires on its fault and is silent on health',
  async () => {
    expect(await promtool('check', 'rules', 'alerts.yaml')).toContain('SUCCESS: 12 rules found');
    expect(await promtool('test', 'rules', 'alerts.test.yaml')).toContain('SUCCESS');
  },
  installWithinMs,
);

test('Prometheus can read every expression of the dashboard, and refuses one that is none', async () => {
  const expressions = dashboardExpressions(readDashboard()).map((text) => text.replaceAll('$room', 'pool'));
  const rulesOf = (list: readonly string[]): string =>
    JSON.stringify({
      groups: [{ name: 'dashboard', rules: list.map((expr, index) => ({ record: `panel_${index}`, expr })) }],
    });
  const told = await promtool('check', 'rules', await fileWith(rulesOf(expressions)));
  expect(told).toContain(`SUCCESS: ${expressions.length} rules found`);
  const planted = await fileWith(rulesOf(['max by (room) (guichet_waiting_tickets']));
  await expect(promtool('check', 'rules', planted)).rejects.toThrow(/parse error|unclosed/);
});

test('Prometheus can read what the service answers', async () => {
  const service = await serviceForTest();
  const roomId = await service.openRoom();
  await service.join(roomId);
  const { text } = await service.internal('/metrics');
  const command = await ensureCommand('promtool', 'prometheus');
  const running = promisify(execFile)(command, ['check', 'metrics']);
  running.child.stdin?.end(text);
  const told = await running.catch((error: { stdout: string; stderr: string }) => error);
  // Advice on names is no error; what cannot be read is.
  expect(`${told.stdout}${told.stderr}`).not.toMatch(/error while linting|text format parsing error/);
});
