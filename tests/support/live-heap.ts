/** How much of a process's heap is alive: asked of its inspector, after its collector has been through all of it. */
import { readFile } from 'node:fs/promises';
import { WebSocket } from 'ws';

/** What the process must be started with: an inspector on a free port of this machine. */
export const inspected = { NODE_OPTIONS: '--inspect=127.0.0.1:0' };

/** Bytes of live objects. `logFile` is where the process says what its inspector's address is. */
export async function liveHeapBytes(logFile: string): Promise<number> {
  const address = /Debugger listening on (ws:\S+)/.exec(await readFile(logFile, 'utf8'))?.[1];
  if (address === undefined) throw new Error('the process was not started with an inspector');
  const inspector = new WebSocket(address);
  try {
    await new Promise((resolve, reject) => {
      inspector.once('open', resolve);
      inspector.once('error', reject);
    });
    await ask(inspector, 'HeapProfiler.collectGarbage');
    return (await ask(inspector, 'Runtime.getHeapUsage'))['usedSize'] as number;
  } finally {
    inspector.terminate();
  }
}

/** One question at a time. */
function ask(inspector: WebSocket, method: string): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    inspector.once('message', (message: Buffer) => {
      const { result, error } = JSON.parse(message.toString()) as {
        result: Record<string, unknown>;
        error?: { message: string };
      };
      if (error) reject(new Error(error.message));
      else resolve(result);
    });
    inspector.send(JSON.stringify({ id: 1, method }));
  });
}
