/** A proxy that lets a WebSocket be opened and holds back everything that the service then says, as one that buffers. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** Its URL in front of `targetUrl`, until the running test is over. */
export async function startMutingProxy(targetUrl: string): Promise<string> {
  const { hostname, port } = new URL(targetUrl);
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const behind = connect(Number(port), hostname);
    let isMuted = false;
    for (const socket of [client, behind]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => sockets.delete(socket));
    }
    client.on('data', (chunk: Buffer) => void behind.write(chunk));
    behind.on('data', (chunk: Buffer) => {
      if (isMuted) return;
      isMuted = chunk.includes('HTTP/1.1 101');
      client.write(isMuted ? chunk.subarray(0, chunk.indexOf('\r\n\r\n') + 4) : chunk);
    });
    behind.on('end', () => {
      if (!isMuted) client.end();
    });
    client.on('end', () => behind.end());
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
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
