/** What a Redis server says of itself, over a plain socket, so that asking costs the measurement nothing. */
import { connect } from 'node:net';
import type { RedisServer } from '../redis-server.ts';

const answerWithinMs = 10_000;

/** The text of `INFO <section>`. */
function redisInfo({ host, port }: RedisServer, section: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    let text = '';
    socket.setEncoding('utf8');
    socket.setTimeout(answerWithinMs, () => socket.destroy(new Error('INFO was not answered')));
    socket.once('error', reject);
    socket.on('data', (part: string) => {
      text += part;
      const length = /^\$(\d+)\r\n/.exec(text);
      if (!length || Buffer.byteLength(text) < length[0].length + Number(length[1]) + 2) return;
      socket.destroy();
      resolve(text.slice(length[0].length));
    });
    socket.write(`INFO ${section}\r\n`);
  });
}

/** How often each command was called, those inside scripts included. */
export async function commandCalls(server: RedisServer): Promise<Map<string, number>> {
  const text = await redisInfo(server, 'commandstats');
  return new Map(
    [...text.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)].map(([, name = '', calls]) => [name, Number(calls)]),
  );
}
