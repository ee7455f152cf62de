/** Sends bytes as they are, whole or not: as a client that means harm, or has gone. */
import { connect } from 'node:net';
import type { HostileRequest } from './hostile-requests.ts';

/** How long an answer may take: somebody who asks for a room that is not there waits for a tick or two. */
const answerWithinMs = 10_000;
/** Quiet for so long, whoever waits for no more hangs up. */
const quietMs = 30;

/** Sends the bytes and reads until the other side closes, or is quiet; null: it did neither in time. */
export function sendBytes(
  url: string,
  { bytes, isHalf }: Pick<HostileRequest, 'bytes' | 'isHalf'>,
): Promise<string | null> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const text = (): string => Buffer.concat(chunks).toString('latin1');
    const socket = connect({ host: hostname, port: Number(port) }, () => socket.write(bytes));
    const timer = setTimeout(
      () => {
        resolve(isHalf ? text() : null);
        socket.destroy();
      },
      isHalf ? quietMs : answerWithinMs,
    );
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      if (isHalf) timer.refresh();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(text());
    });
  });
}
