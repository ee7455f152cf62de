/**
 * What the rush does to Redis from outside, over a plain socket: deletes everything, and counts the commands that
 * clients send. MONITOR shows the calls made inside scripts too, marked `lua`; those are not counted.
 */
import { connect } from 'node:net';

type Address = { host: string; port: number };

/** FLUSHALL: all data is gone at once, and the service finds out by itself. */
export async function flushRedis(address: Address): Promise<void> {
  const reply = await new Promise<string>((resolve, reject) => {
    const socket = connect(address);
    socket.setEncoding('utf8');
    socket.once('error', reject);
    socket.once('data', (text: string) => {
      socket.destroy();
      resolve(text);
    });
    socket.write('FLUSHALL\r\n');
  });
  if (!reply.startsWith('+OK')) throw new Error(`FLUSHALL was answered ${reply.trim()}`);
}

/** Commands a second sent to this Redis by its clients over the next `forMs`. */
export function countCommands(address: Address, forMs: number): Promise<number> {
  return new Promise((resolve, reject) => {
    let commands = 0;
    let rest = '';
    const socket = connect(address);
    socket.setEncoding('latin1');
    socket.once('error', reject);
    socket.on('data', (text: string) => {
      const lines = (rest + text).split('\r\n');
      // Arguments of a gathered call can be long; only the beginning of a line matters.
      rest = (lines.pop() ?? '').slice(0, 100_000);
      commands += lines.filter((line) => /^\+\d+\.\d+ \[\d+ (?!lua\])/.test(line)).length;
    });
    socket.write('MONITOR\r\n');
    setTimeout(() => {
      socket.destroy();
      resolve(commands / (forMs / 1_000));
    }, forMs);
  });
}
