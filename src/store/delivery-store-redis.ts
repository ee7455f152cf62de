/**
 * Batches on their way, on Redis: one script call a method, on a connection of its own, so that nothing here stands in
 * front of a visitor's call or a tick. Confirmed like everything else.
 */
import {
  type Batch,
  boundedLetters,
  type DeadLetter,
  deadLettersPageMax,
  type DeliveryClaim,
  type DeliveryCounts,
  deliveryLeaseMs,
  type DeliveryOutcome,
  type DeliveryState,
  type DeliveryStore,
  type HeldBatch,
  type ResendAnswer,
  resendMax,
  type SettleAnswer,
} from './delivery-store.ts';
import type { Argument } from './redis-arguments.ts';
import { runScript } from './redis-calls.ts';
import type { RedisClient } from './redis-connection.ts';
import { longId, roomKeys } from './redis-keys.ts';
import type { ScriptName } from './redis-scripts.ts';

export type RedisDeliveryStoreOptions = {
  redis: RedisClient;
  /** Replicas that must have each write before it counts. */
  waitReplicas: number;
  /** Tests pass the store's wall clock, µs. */
  nowUs?: () => number;
};

/** The port on Redis. `close` ends the connection. */
export function redisDeliveryStore({ redis, waitReplicas, nowUs }: RedisDeliveryStoreOptions): DeliveryStore {
  /** The script's own answer; null where there is no room. */
  const run = async (
    name: ScriptName & `delivery_${string}`,
    roomId: string,
    ...own: Argument[]
  ): Promise<unknown> => {
    // The caller knows nothing of the room: what is here is as good as any.
    const common = [nowUs ? nowUs() : '', 0, '', 0, 0];
    const reply = await runScript(redis, name, [...roomKeys(roomId), ...common, ...own], waitReplicas);
    const [kind, , answer] = reply as [string, string?, unknown?];
    return kind === 'served' ? answer : null;
  };
  return {
    async claim(roomId, { claimId, address, giveUpAfterMs }) {
      const answer = await run('delivery_claim', roomId, claimId, deliveryLeaseMs, address, giveUpAfterMs);
      return answer === null ? { ...nothing, buried: 0, kind: 'none' } : decodeClaim(answer);
    },
    async renew(roomId, { claimId, entryId }: HeldBatch) {
      return (await run('delivery_renew', roomId, claimId, entryId, deliveryLeaseMs)) === 'renewed';
    },
    async settle(
      roomId,
      { claimId, entryId, messageId },
      outcome: DeliveryOutcome,
      { address, giveUpAfterMs },
    ) {
      const againInMs = outcome.kind === 'failed' ? Math.ceil(outcome.againInMs) : 0;
      const error = 'error' in outcome ? outcome.error : '';
      const held = [claimId, entryId, messageId];
      const own = [...held, outcome.kind, address, againInMs, giveUpAfterMs, error];
      return ((await run('delivery_settle', roomId, ...own)) ?? 'gone') as SettleAnswer;
    },
    async read(roomId, { after, limit }) {
      const bounded = boundedLetters(limit, deadLettersPageMax, 0);
      const answer = await run('delivery_read', roomId, after ?? '-', bounded);
      return answer === null ? null : decodeState(answer);
    },
    async resend(roomId, { letterIds, lastId }) {
      boundedLetters(letterIds?.length ?? 1, resendMax, 1);
      const answer = await run('delivery_resend', roomId, resendMax, lastId ?? '+', ...(letterIds ?? []));
      return answer === null ? { resent: 0, deadLetters: 0, isFull: false } : decodeResend(answer);
    },
    async close() {
      redis.disconnect();
    },
  };
}

const nothing: DeliveryCounts = { pending: 0, oldestAgeMs: -1, deadLetters: 0 };

function decodeCounts(text: string): DeliveryCounts {
  const [pending = 0, oldestAgeMs = -1, deadLetters = 0] = text.split(' ').map(Number);
  return { pending, oldestAgeMs, deadLetters };
}

function decodeClaim(answer: unknown): DeliveryClaim {
  const [counts, buried, kind, detail, entryId, fields] = answer as [
    string,
    string,
    DeliveryClaim['kind'],
    string,
    string,
    string[],
  ];
  const told = { ...decodeCounts(counts), buried: Number(buried) };
  if (kind === 'none') return { ...told, kind };
  if (kind === 'later') return { ...told, kind, afterMs: Number(detail) };
  return { ...told, kind, tries: Number(detail), batch: decodeBatch(entryId, fields) };
}

/** An entry of the outbox: names and values in turn. */
function decodeBatch(entryId: string, fields: string[]): Batch {
  const value = (name: string): string => fields[fields.indexOf(name) + 1] ?? '';
  const numbers = value('numbers').split(',');
  const [waiting = 0, admitted = 0, inside = 0] = value('counts').split(' ').map(Number);
  return {
    entryId,
    messageId: value('message'),
    releaseNumber: Number(value('release')),
    releasedAtMs: Number(value('released')),
    deadlineMs: Number(value('deadline')),
    tickets: value('ids')
      .split(',')
      .map((id, index) => ({ ticketId: longId(id), number: Number(numbers[index]) })),
    room: { waiting, admitted, inside },
  };
}

function decodeState(answer: unknown): DeliveryState {
  const [counts, tries, nextTryInMs, address, isOff, lastError, letters] = answer as [
    string,
    string,
    string,
    string,
    string,
    string,
    string[][],
  ];
  const [atMs, ...what] = lastError.split(' ');
  return {
    ...decodeCounts(counts),
    tries: Number(tries),
    nextTryInMs: Number(nextTryInMs),
    address: address === '-' ? null : address,
    isOff: isOff === '1',
    lastError: lastError === '' ? null : { atMs: Number(atMs), what: what.join(' ') },
    letters: letters.map(decodeLetter),
  };
}

function decodeLetter(entry: string[]): DeadLetter {
  const [letterId = '', messageId = '', release, released, deadline, tickets, buried, why, error] = entry;
  return {
    letterId,
    messageId,
    releaseNumber: Number(release),
    releasedAtMs: Number(released),
    deadlineMs: Number(deadline),
    tickets: Number(tickets),
    buriedAtMs: Number(buried),
    reason: why as DeadLetter['reason'],
    error: error || null,
  };
}

function decodeResend(answer: unknown): ResendAnswer {
  const [resent, deadLetters, isFull] = (answer as string).split(' ').map(Number);
  return { resent: resent ?? 0, deadLetters: deadLetters ?? 0, isFull: isFull === 1 };
}
