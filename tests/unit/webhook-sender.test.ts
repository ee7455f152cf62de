import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { webhookSender } from '../../src/edge/webhook-sender.ts';

test.each([
  ['a switch of protocols', 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'],
  ['a hint and no more', 'HTTP/1.1 103 Early Hints\r\n\r\n'],
  ['no HTTP', 'welcome\r\n\r\n'],
  ['nothing', ''],
])('a try that is answered by %s is over when the connection is', async (_, text) => {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end(text));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const sender = webhookSender({ rule: () => true });
  onTestFinished(() => {
    sender.close();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const answer = await sender.send({ url, headers: {}, body: '{}' }, new AbortController().signal);
  expect(answer.kind).toBe('unanswered');
});
