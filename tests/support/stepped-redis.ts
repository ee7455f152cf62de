/** A Redis whose clock is wrong: a proxy in front of a real one that answers TIME by itself. */
import { createConnection, createServer, type AddressInfo, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import type { RedisServer } from '../../src/dev/redis-server.ts';
import { RespReader } from './resp.ts';

/** Its URL, until the running test is over. One command at a time, as a client that waits for each answer. */
export async function startSteppedRedis(redis: RedisServer, aheadMs: number): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = createConnection({ host: redis.host, port: redis.port });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        (socket === client ? upstream : client).destroy();
      });
    }
    const commands = new RespReader();
    client.on('data', (chunk: Buffer) => {
      for (const { value, bytes } of commands.push(chunk)) {
        if (value.words[0]?.toLowerCase() === 'time') client.write(timeReply(Date.now() + aheadMs));
        else upstream.write(bytes);
      }
    });
    upstream.pipe(client);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => {
      server.close(resolve);
    });
  });
  return `redis://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function timeReply(ms: number): string {
  const [seconds, microseconds] = [String(Math.floor(ms / 1_000)), String((ms % 1_000) * 1_000)];
  const blob = (text: string): string => `$${text.length}\r\n${text}\r\n`;
  return `*2\r\n${blob(seconds)}${blob(microseconds)}`;
}
