import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { childEnvironment } from '../../src/dev/provision.ts';
import { freePort } from '../../src/dev/redis-server.ts';
import { DeliveryStage } from '../support/delivery-stage.ts';
import { Receiver } from '../support/receiver.ts';

const page = readFileSync(new URL('../../docs/integrations/deliveries.md', import.meta.url), 'utf8');
const root = fileURLToPath(new URL('../..', import.meta.url));

/** The receiver of the page as a process; what it writes. */
function startReceiver(secret: string, port: number): { output: () => string } {
  const [, code = ''] = /```js\n(.*?)```/s.exec(page) ?? [];
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code], {
    cwd: root,
    env: childEnvironment({ GUICHET_SECRET: secret, PORT: String(port) }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (part: Buffer) => (text += String(part)));
  return { output: () => text };
}

test('the receiver in docs/integrations/deliveries.md receives', async () => {
  const stage = await DeliveryStage.open();
  const trusted = await Receiver.start();
  const port = await freePort();
  const roomId = await stage.room(trusted, { url: `http://127.0.0.1:${port}/batches` });
  const { output } = startReceiver(trusted.secret, port);
  await stage.service.join(roomId);
  await stage.service.join(roomId);
  await stage.until(() => output().includes('release 2'), 120_000);
  expect(output()).toMatch(
    /^release 1: numbers 1 may enter until 20\S+Z\nrelease 2: numbers 2 may enter until 20\S+Z\n$/,
  );
});

test('the page names every field of the message, as it is sent', async () => {
  const stage = await DeliveryStage.open();
  const receiver = await Receiver.start();
  await stage.service.join(await stage.room(receiver));
  await stage.until(() => receiver.messages.length === 1);
  const [, example = '{}'] = /```json\n(.*?)```/s.exec(page) ?? [];
  const shape = (value: unknown): unknown =>
    Array.isArray(value)
      ? [shape(value[0])]
      : typeof value === 'object' && value !== null
        ? Object.fromEntries(Object.entries(value).map(([name, field]) => [name, shape(field)]))
        : typeof value;
  expect(shape(JSON.parse(example))).toEqual(shape(JSON.parse(receiver.messages[0]?.body ?? '{}')));
});
