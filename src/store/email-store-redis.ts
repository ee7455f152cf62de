/**
 * E-mails asked for, on Redis: one script call a method, on a connection of its own, so that nothing here ever stands
 * in front of a visitor's call or a tick. Confirmed like everything else: what one replica has begun to send must not be
 * claimed again after a failover.
 */
import { type EmailMinutes, emailMinutes } from '../domain/email.ts';
import {
  boundedLimit,
  type ClaimedEmail,
  type EmailAskAnswer,
  type EmailClaim,
  type EmailClaimOptions,
  type EmailOutcome,
  type EmailRequest,
  type EmailStore,
  emailLeaseMs,
  emailsMax,
  emailSweepMax,
  emailsPerAddressMax,
  emailTriesMax,
  type EmailWithdrawAnswer,
  type HeldEmail,
} from './email-store.ts';
import type { TicketRef } from './queue-store.ts';
import type { Argument } from './redis-arguments.ts';
import { known, runScript } from './redis-calls.ts';
import type { RedisClient } from './redis-connection.ts';
import { emailKeys, emailRecordsKey, longId, namedByKey, shortId } from './redis-keys.ts';
import type { ScriptName } from './redis-scripts.ts';

export type RedisEmailStoreOptions = {
  redis: RedisClient;
  /** Replicas that must have each write before it counts. */
  waitReplicas: number;
  /** Tests pass the store's wall clock, µs, and smaller bounds. */
  nowUs?: () => number;
  keptMax?: number;
  sweepMax?: number;
};

/** The port on Redis. `close` ends the connection. */
export function redisEmailStore({
  redis,
  waitReplicas,
  nowUs,
  keptMax = emailsMax,
  sweepMax = emailSweepMax,
}: RedisEmailStoreOptions): EmailStore {
  // Of the arguments that every script takes, the time is the only one these need.
  const common = (): Argument[] => [nowUs ? nowUs() : '', 0, '', 0, 0];
  const run = (
    name: Exclude<ScriptName & `email_${string}`, 'email_ask'>,
    roomId: string,
    ...own: Argument[]
  ): Promise<unknown> => runScript(redis, name, [...emailKeys(roomId), ...common(), ...own], waitReplicas);
  return {
    async ask(roomId, request: EmailRequest) {
      const { ticketId, gen, order, underMinutes, sealed, addressName, expiresAtMs } = request;
      const keys = [...emailKeys(roomId), namedByKey(roomId, addressName)];
      const wish = [shortId(ticketId), gen, order, underMinutes, Math.floor(expiresAtMs), sealed];
      const own = [...wish, keptMax, emailsPerAddressMax];
      const answer = await runScript(redis, 'email_ask', [...keys, ...common(), ...own], waitReplicas);
      return answer as EmailAskAnswer;
    },
    async kept(roomId, ticketId) {
      const read = (): Promise<string | null> => redis.hget(emailRecordsKey(roomId), shortId(ticketId));
      return minutesOf(await known('email_kept', read));
    },
    async withdraw(roomId, { ticketId, gen }: TicketRef) {
      return (await run('email_withdraw', roomId, shortId(ticketId), gen)) as EmailWithdrawAnswer;
    },
    async claim(roomId, { claimId, due, limit }: EmailClaimOptions) {
      const orders = emailMinutes.map((minutes: EmailMinutes) => due[minutes]);
      const bounds = [emailLeaseMs, boundedLimit(limit), emailTriesMax, sweepMax];
      return decodeClaim(await run('email_claim', roomId, claimId, ...bounds, ...orders));
    },
    async begin(roomId, { claimId, ticketId }: HeldEmail) {
      return (await run('email_begin', roomId, shortId(ticketId), claimId, emailLeaseMs)) === 'begun';
    },
    async settle(roomId, { claimId, ticketId }: HeldEmail, outcome: EmailOutcome) {
      const againInMs = 'againInMs' in outcome ? Math.floor(outcome.againInMs) : 0;
      const own = [shortId(ticketId), claimId, outcome.kind, againInMs, emailTriesMax];
      return (await run('email_settle', roomId, ...own)) as 'settled' | 'given-up' | 'gone';
    },
    async forget(roomId) {
      await run('email_forget', roomId);
    },
    async close() {
      redis.disconnect();
    },
  };
}

/** The choice in a record, which begins with it. */
function minutesOf(record: string | null): EmailMinutes | null {
  return emailMinutes.find((minutes) => record?.startsWith(`${minutes} `)) ?? null;
}

/** Requests kept, whether there is more, and entries `id order tries sealed`. */
function decodeClaim(reply: unknown): EmailClaim {
  const [kept, more, entries] = reply as [string, string, string];
  const emails = entries === '' ? [] : entries.split(',').map(decodeEntry);
  return { emails, kept: Number(kept), more: more === '1' };
}

function decodeEntry(entry: string): ClaimedEmail {
  const [id = '', order, tries, sealed = ''] = entry.split(' ');
  return { ticketId: longId(id), order: Number(order), tries: Number(tries), sealed };
}
