/** A Sentinel of our own making, for what a real one does too seldom: it tells of a failover at the worst moment. */
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { RespReader } from './resp.ts';

export type FakeSentinel = {
  port: number;
  /** How many hear of failovers. */
  listeners: () => number;
  /** Tells everybody who listens that the primary of this name is another one now; and names it, if it is ours. */
  tell: (name: string, next: RedisAt) => void;
  /** The next time it is asked, it first tells everybody who listens that there is another; resolves when it has. */
  tellBeforeAnswering: () => Promise<void>;
};

type RedisAt = { host: string; port: number };

const answerAfterMs = 50;
const ownName = 'guichet';

/** Names one primary, known as `guichet`, until the running test is over. */
export async function startFakeSentinel(first: RedisAt): Promise<FakeSentinel> {
  let primary = first;
  const sockets = new Set<Socket>();
  const listeners = new Set<Socket>();
  let told: (() => void) | null = null;
  const publish = (name: string, { host, port }: RedisAt): void => {
    const change = `${name} 127.0.0.1 1 ${host} ${port}`;
    for (const one of listeners)
      one.write(`>3\r\n${bulk('message')}${bulk('+switch-master')}${bulk(change)}`);
  };
  const answer = (socket: Socket, [name = '', ...words]: readonly string[]): void => {
    const command = name.toLowerCase();
    if (command === 'subscribe') {
      listeners.add(socket);
      socket.write(`>3\r\n${bulk('subscribe')}${bulk(words[0] ?? '')}:1\r\n`);
    } else if (command === 'sentinel' && words[0] === 'get-master-addr-by-name') {
      const address = `*2\r\n${bulk(primary.host)}${bulk(String(primary.port))}`;
      if (told !== null) publish(ownName, { host: '127.0.0.1', port: 2 });
      told?.();
      told = null;
      setTimeout(() => socket.write(address), answerAfterMs);
    } else if (command === 'sentinel') socket.write('*0\r\n');
    else if (command === 'info') socket.write(bulk('loading:0'));
    else if (command === 'hello') socket.write(`%1\r\n${bulk('server')}${bulk('redis')}`);
    else socket.write('+OK\r\n');
  };
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      sockets.delete(socket);
      listeners.delete(socket);
    });
    const reader = new RespReader();
    socket.on('data', (chunk: Buffer) => {
      for (const { value } of reader.push(chunk)) answer(socket, value.words);
    });
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
  return {
    port: (server.address() as AddressInfo).port,
    listeners: () => listeners.size,
    tell: (name, next) => {
      if (name === ownName) primary = next;
      publish(name, next);
    },
    tellBeforeAnswering: () =>
      new Promise((resolve) => {
        told = resolve;
      }),
  };
}

function bulk(text: string): string {
  return `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
}
