/**
 * One call of a script, confirmed. With `waitReplicas` it is a pipeline [script, WAIT] on one connection, and counts
 * only when the script's own reply is good and WAIT names enough replicas: Redis answers before its replicas have a
 * write, and a failover then forgets it.
 *
 * A server that does not have the script yet gets its text in a pipeline of the same form. A client that loads it again
 * by itself would run it behind the WAIT, which then confirms everything but this call.
 */
import { Cluster } from 'ioredis';
import { StoreUnknownError } from './queue-store.ts';
import type { Argument } from './redis-arguments.ts';
import type { RedisClient } from './redis-connection.ts';
import { type Script, type ScriptName, scriptNamed } from './redis-scripts.ts';

/** How long a WAIT may take; below the connection's command timeout. */
const waitTimeoutMs = 1_000;

type Call = { command: 'evalsha' | 'eval'; script: string; keys: number; given: Argument[] };

/** Runs one script; rejects with StoreUnknownError when the result is not known. */
export function runScript(
  redis: RedisClient,
  name: ScriptName,
  given: Argument[],
  waitReplicas: number,
): Promise<unknown> {
  const { sha, text, keys }: Script = scriptNamed(name);
  return known(name, async () => {
    try {
      return await confirmed(redis, { command: 'evalsha', script: sha, keys, given }, waitReplicas);
    } catch (error) {
      // Nothing was run.
      if (isError(error, 'NOSCRIPT'))
        return confirmed(redis, { command: 'eval', script: text, keys, given }, waitReplicas);
      // In a Cluster: ioredis neither follows nor learns where the slot went when the WAIT behind went well.
      if (redis instanceof Cluster && movedAway.some((word) => isError(error, word)))
        redis.refreshSlotsCache();
      throw error;
    }
  });
}

/** What a node says that does not, or no longer, have a room; or nothing, because it is gone. */
const movedAway = ['MOVED', 'ASK', 'CLUSTERDOWN', 'READONLY', 'Connection is closed', 'Command timed out'];

async function confirmed(
  redis: RedisClient,
  { command, script, keys, given }: Call,
  waitReplicas: number,
): Promise<unknown> {
  if (waitReplicas === 0) return redis[command](script, keys, ...given);
  const results = await redis
    .pipeline()
    [command](script, keys, ...given)
    .wait(waitReplicas, waitTimeoutMs)
    .exec();
  const [answer, wait] = results ?? [];
  if (!answer || answer[0]) throw answer?.[0] ?? new Error('no reply');
  if (!wait || wait[0]) throw wait?.[0] ?? new Error('no confirmation');
  if (Number(wait[1]) < waitReplicas) {
    throw new Error(`confirmed by ${String(wait[1])} of ${waitReplicas} replicas`);
  }
  return answer[1];
}

function isError(error: unknown, word: string): boolean {
  return error instanceof Error && error.message.startsWith(word);
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
