import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import { expect, onTestFinished, test, vi } from 'vitest';
import { scriptText } from '../../src/store/redis-scripts.ts';
import { connectTo, startRedis } from '../support/redis.ts';
import { callsScript, nameOfCommand } from '../support/script-calls.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';

async function proxiedRedis(): Promise<{ proxy: TcpProxy; client: Redis }> {
  const server = await startRedis();
  const proxy = await startTcpProxy(server);
  onTestFinished(() => proxy.close());
  const client = connectTo(proxy.url);
  await client.ping();
  return { proxy, client };
}

test('commands sent are counted by name, and calls inside a script are not', async () => {
  const { proxy, client } = await proxiedRedis();
  proxy.resetCounts();
  await client.pipeline().set('a', '1').set('b', '2').get('a').exec();
  await client.eval("redis.call('incr', KEYS[1]); return redis.call('get', KEYS[1])", 1, 'a');
  expect(Object.fromEntries(proxy.counts)).toEqual({ set: 2, get: 1, eval: 1 });
  expect(proxy.commandsTotal).toBe(4);
});

test('calls of a transition are counted and matched by its name, however they are made', async () => {
  const server = await startRedis();
  const proxy = await startTcpProxy(server, nameOfCommand);
  onTestFinished(() => proxy.close());
  const client = connectTo(proxy.url, { retryStrategy: () => null });
  const digest = createHash('sha1').update(scriptText('join')).digest('hex');
  await expect(client.evalsha(digest, 0)).rejects.toThrow('NOSCRIPT');
  const dropped = proxy.dropReply(callsScript('join'));
  // Without its keys it fails inside Redis: that it was called is what counts.
  await expect(client.eval(scriptText('join'), 0)).rejects.toThrow(/connection (is )?closed?/i);
  await dropped;
  expect(proxy.counts.get('join')).toBe(2);
});

test('a dropped reply leaves the command executed, and the repeat is executed again', async () => {
  const { proxy, client } = await proxiedRedis();
  const dropped = proxy.dropReply(([name, key]) => name === 'incr' && key === 'counter', 2);
  expect(await client.incr('counter')).toBe(1);
  expect(await client.incr('counter')).toBe(3);
  await dropped;
  expect(proxy.counts.get('incr')).toBe(3);
});

test('replies in front of a dropped one arrive', async () => {
  const { proxy } = await proxiedRedis();
  const client = connectTo(proxy.url, { retryStrategy: () => null });
  const dropped = proxy.dropReply(([name]) => name === 'get');
  const first = client.set('a', '1');
  const second = client.get('a');
  expect(await first).toBe('OK');
  await expect(second).rejects.toThrow(/connection (is )?closed?/i);
  await dropped;
});

test('latency is added in both directions and keeps the order', async () => {
  const { proxy, client } = await proxiedRedis();
  proxy.latencyMs = 40;
  const before = performance.now();
  await client.ping();
  expect(performance.now() - before).toBeGreaterThanOrEqual(78);
  const slow = client.rpush('list', 'first');
  await vi.waitFor(() => expect(proxy.counts.get('rpush')).toBe(1));
  proxy.latencyMs = 0;
  await Promise.all([slow, client.rpush('list', 'second')]);
  expect(await client.lrange('list', 0, -1)).toEqual(['first', 'second']);
});

test('a cut refuses connections until it is mended', async () => {
  const { proxy, client } = await proxiedRedis();
  proxy.cut();
  const impatient = connectTo(proxy.url, { retryStrategy: () => null, maxRetriesPerRequest: 0 });
  await expect(impatient.ping()).rejects.toThrow('Connection is closed');
  proxy.mend();
  expect(await client.ping()).toBe('PONG');
});

test('values of any size cross in whole', async () => {
  const { client } = await proxiedRedis();
  const value = 'é'.repeat(300_000);
  await client.set('big', value);
  expect(await client.get('big')).toBe(value);
});
