/** A plain TCP server for tests that stand between two parties, or that say nothing. */
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** Destroyed with the server. */
type Keep = (socket: Socket) => void;

/** Its port on 127.0.0.1, until the running test is over; its connections, and what was kept, end with it. */
export async function startTcpServer(connected: (client: Socket, keep: Keep) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const keep: Keep = (socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
  };
  const server = createServer((client) => {
    keep(client);
    connected(client, keep);
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
  return (server.address() as AddressInfo).port;
}
