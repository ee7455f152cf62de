/** Audits on Redis: a stream and a hash for each chain, beside the room's other keys. Confirmed like everything else. */
import type { AuditRecord } from '../domain/audit.ts';
import { type AppendAnswer, type AuditStore, auditReadMax } from './audit-store.ts';
import type { Argument } from './redis-arguments.ts';
import { known, runScript } from './redis-calls.ts';
import type { RedisClient } from './redis-connection.ts';
import { auditKeys } from './redis-keys.ts';

export type RedisAuditStoreOptions = {
  redis: RedisClient;
  /** Replicas that must have each write before it counts. */
  waitReplicas: number;
};

/** The port on Redis. `close` ends the connection. */
export function redisAuditStore({ redis, waitReplicas }: RedisAuditStoreOptions): AuditStore {
  return {
    head(roomId) {
      return known('read audit head', async () => {
        const [, key = ''] = auditKeys(roomId);
        const names = ['chain', 'number', 'hash', 'firstHash'] as const;
        const [chain, number, hash, firstHash] = await redis.hmget(key, ...names);
        return chain && hash ? { chain, number: Number(number), hash, firstHash: firstHash ?? hash } : null;
      });
    },
    async append(record, event) {
      const ofEvent = event ? [event.startedUs, event.eventNumber, event.replica] : ['', '', ''];
      const given = [...auditKeys(record.roomId), ...recordArguments(record), ...ofEvent];
      return (await runScript(redis, 'audit_append', given, waitReplicas)) as AppendAnswer;
    },
    read(roomId, after) {
      return known('read audit', async () => {
        const [stream = ''] = auditKeys(roomId);
        const entries = await redis.xrange(stream, `(${after}-0`, '+', 'COUNT', auditReadMax);
        return entries.map(([, fields]) => JSON.parse(fields[3] ?? 'null') as AuditRecord);
      });
    },
    async close() {
      redis.disconnect();
    },
  };
}

/** A record as store/lua/_audit.lua takes it; null: nothing to append. */
export function recordArguments(record: AuditRecord | null): Argument[] {
  if (!record) return ['', '', '', '', ''];
  const { previous, chain, number, hash } = record;
  return [previous ?? '', chain, number, hash, JSON.stringify(record)];
}
