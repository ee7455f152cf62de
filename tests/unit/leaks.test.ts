import { createServer, type Server } from 'node:http';
import { expect, test } from 'vitest';
import { assertNothingLeaked, openResources } from '../support/leaks.ts';

async function listening(): Promise<Server> {
  const server = createServer((_request, response) => response.end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

test('a server left open is found', async () => {
  const before = openResources();
  const server = await listening();
  await expect(assertNothingLeaked(before, 'this', 30)).rejects.toThrow(
    'left open after this: 1 TCPServerWrap',
  );
  server.close();
  await assertNothingLeaked(before, 'closing');
});

test('a timer left running is found with the line that made it', async () => {
  const before = openResources();
  const timer = setTimeout(() => undefined, 60_000);
  await expect(assertNothingLeaked(before, 'this', 30)).rejects.toThrow(/a timer made .*leaks\.test\.ts/);
  clearTimeout(timer);
  await assertNothingLeaked(before, 'clearing');
});

test('a timer that fired and an unreferenced one are no leaks', async () => {
  const before = openResources();
  await new Promise((resolve) => {
    setTimeout(resolve, 1);
  });
  setTimeout(() => undefined, 60_000).unref();
  await assertNothingLeaked(before, 'this', 30);
});

test('a request by fetch leaves nothing behind once its server is closed', async () => {
  const before = openResources();
  const server = await listening();
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  await fetch(`http://127.0.0.1:${address.port}/`);
  server.close();
  await assertNothingLeaked(before, 'the request');
});
