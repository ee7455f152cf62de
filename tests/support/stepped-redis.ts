/** A Redis whose clock is wrong: a proxy in front of a real one that answers TIME by itself. */
import { createConnection } from 'node:net';
import type { RedisServer } from '../../src/dev/redis-server.ts';
import { RespReader } from './resp.ts';
import { startTcpServer } from './tcp-server.ts';

/** Its URL, until the running test is over. One command at a time, as a client that waits for each answer. */
export async function startSteppedRedis(redis: RedisServer, aheadMs: number): Promise<string> {
  const port = await startTcpServer((client, keep) => {
    const upstream = createConnection({ host: redis.host, port: redis.port });
    keep(upstream);
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
    const commands = new RespReader();
    client.on('data', (chunk: Buffer) => {
      for (const { value, bytes } of commands.push(chunk)) {
        if (value.words[0]?.toLowerCase() === 'time') client.write(timeReply(Date.now() + aheadMs));
        else upstream.write(bytes);
      }
    });
    upstream.pipe(client);
  });
  return `redis://127.0.0.1:${port}`;
}

function timeReply(ms: number): string {
  const [seconds, microseconds] = [String(Math.floor(ms / 1_000)), String((ms % 1_000) * 1_000)];
  const blob = (text: string): string => `$${text.length}\r\n${text}\r\n`;
  return `*2\r\n${blob(seconds)}${blob(microseconds)}`;
}
