import { existsSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import { connectTo, startRedis, startReplicaOf } from '../support/redis.ts';

test('with an append-only file a killed server comes back with what was acknowledged', async () => {
  const server = await startRedis({ appendonly: 'always' });
  const client = connectTo(server.url);
  await client.set('kept', 'yes');
  await server.kill();
  expect(server.pid).toBeNull();
  await server.start();
  expect(await client.get('kept')).toBe('yes');
});

test('without one it comes back empty', async () => {
  const server = await startRedis();
  const client = connectTo(server.url);
  await client.set('kept', 'no');
  await server.kill();
  await server.start();
  expect(await client.get('kept')).toBeNull();
});

test('a frozen server answers nothing until it is thawed', async () => {
  const server = await startRedis();
  const client = connectTo(server.url, { commandTimeout: 100 });
  await client.ping();
  server.freeze();
  await expect(client.ping()).rejects.toThrow('Command timed out');
  server.thaw();
  await vi.waitFor(async () => expect(await client.ping()).toBe('PONG'));
});

test('a replica is in sync when it is there, and its freezing shows in WAIT', async () => {
  const primary = await startRedis({ appendonly: 'everysec' });
  const client = connectTo(primary.url);
  await client.set('copied', 'yes');
  const replica = await startReplicaOf(primary);
  expect(await connectTo(replica.url).get('copied')).toBe('yes');
  await client.set('copied', 'again');
  expect(await client.wait(1, 8_000)).toBe(1);
  replica.freeze();
  await client.set('copied', 'not yet');
  expect(await client.wait(1, 100)).toBe(0);
  replica.thaw();
  expect(await client.wait(1, 8_000)).toBe(1);
});

test('stopping removes the process and its directory, twice if asked twice', async () => {
  const server = await startRedis({
    settings: { maxmemory: '10mb', 'client-output-buffer-limit': 'normal 1mb 1mb 1' },
  });
  const client = connectTo(server.url);
  expect(await client.config('GET', 'maxmemory')).toEqual(['maxmemory', '10485760']);
  await client.quit();
  await server.stop();
  await server.stop();
  expect(existsSync(server.directory)).toBe(false);
  expect(server.pid).toBeNull();
});
