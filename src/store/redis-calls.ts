/**
 * One call of a script, confirmed. With `waitReplicas` it is a pipeline [script, WAIT] on one connection, and counts
 * only when the script's own reply is good and WAIT names enough replicas: Redis answers before its replicas have a
 * write, and a failover then forgets it.
 */
import type { Redis } from 'ioredis';
import { StoreUnknownError } from './queue-store.ts';
import type { Argument } from './redis-arguments.ts';
import type { ScriptName } from './redis-scripts.ts';

/** How long a WAIT may take; below the connection's command timeout. */
const waitTimeoutMs = 1_000;

/** Runs one script; rejects with StoreUnknownError when the result is not known. */
export function runScript(
  redis: Redis,
  name: ScriptName,
  keysAndArguments: Argument[],
  waitReplicas: number,
): Promise<unknown> {
  return known(name, async () => {
    if (waitReplicas === 0) return redis[`guichet_${name}`](...keysAndArguments);
    const results = await redis
      .pipeline()
      [`guichet_${name}`](...keysAndArguments)
      .wait(waitReplicas, waitTimeoutMs)
      .exec();
    const [script, wait] = results ?? [];
    if (!script || script[0]) throw script?.[0] ?? new Error('no reply');
    if (!wait || wait[0]) throw wait?.[0] ?? new Error('no confirmation');
    if (Number(wait[1]) < waitReplicas) {
      throw new Error(`confirmed by ${String(wait[1])} of ${waitReplicas} replicas`);
    }
    return script[1];
  });
}

/** The result, or StoreUnknownError: a call that failed may have happened all the same. */
export async function known<Value>(action: string, ask: () => Promise<Value>): Promise<Value> {
  try {
    return await ask();
  } catch (error) {
    throw new StoreUnknownError(
      `${action}: ${error instanceof Error ? error.message : String(error)}`,
      error,
    );
  }
}
