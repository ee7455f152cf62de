/** A proxy that lets a WebSocket be opened and holds back everything that the service then says, as one that buffers. */
import { connect } from 'node:net';
import { startTcpServer } from './tcp-server.ts';

/** Its URL in front of `targetUrl`, until the running test is over. */
export async function startMutingProxy(targetUrl: string): Promise<string> {
  const { hostname, port } = new URL(targetUrl);
  const ownPort = await startTcpServer((client, keep) => {
    const behind = connect(Number(port), hostname);
    keep(behind);
    let isMuted = false;
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
  return `http://127.0.0.1:${ownPort}`;
}
