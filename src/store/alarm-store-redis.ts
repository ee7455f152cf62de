/**
 * Alarms on Redis: one script call a method, on a connection of its own, so that nothing here stands in front of a
 * visitor's call or a tick. Confirmed like everything else.
 */
import {
  type AlarmChange,
  type AlarmClaim,
  alarmMessageLeaseMs,
  type AlarmReport,
  type AlarmReportAnswer,
  type AlarmStore,
  boundedReport,
  type KeptAlarm,
  type KnownReplica,
} from './alarm-store.ts';
import type { Argument } from './redis-arguments.ts';
import { runScript } from './redis-calls.ts';
import type { RedisClient } from './redis-connection.ts';
import { alarmKeys } from './redis-keys.ts';
import type { ScriptName } from './redis-scripts.ts';

export type RedisAlarmStoreOptions = {
  redis: RedisClient;
  /** Replicas that must have each write before it counts. */
  waitReplicas: number;
  /** Tests pass the store's wall clock, µs. */
  nowUs?: () => number;
};

/** The port on Redis. `close` ends the connection. */
export function redisAlarmStore({ redis, waitReplicas, nowUs }: RedisAlarmStoreOptions): AlarmStore {
  const run = (name: ScriptName & `alarm_${string}`, ...own: Argument[]): Promise<unknown> =>
    runScript(redis, name, [...alarmKeys, nowUs ? nowUs() : '', ...own], waitReplicas);
  return {
    async report(report) {
      boundedReport(report);
      return decodeReport(await run('alarm_report', ...reportArguments(report)));
    },
    async leave(replicaId) {
      await run('alarm_leave', replicaId);
    },
    async claim(channel, claimId) {
      return decodeClaim(await run('alarm_claim', channel, claimId, alarmMessageLeaseMs));
    },
    async renew({ channel, claimId, entryId }) {
      return (await run('alarm_renew', channel, claimId, entryId, alarmMessageLeaseMs)) === 'renewed';
    },
    async settle({ channel, claimId, entryId }, outcome) {
      const againInMs = outcome.kind === 'failed' ? Math.ceil(outcome.againInMs) : 0;
      const answer = await run('alarm_settle', channel, claimId, entryId, outcome.kind, againInMs);
      return answer as 'settled' | 'gone';
    },
    async close() {
      redis.disconnect();
    },
  };
}

function reportArguments({ replicaId, seed, knownVersion, channels, outage, held }: AlarmReport): Argument[] {
  const { alarmId = '', raisedAtMs = 0, untold = [], subject = '', facts = '' } = outage ?? {};
  const ofOutage = [alarmId, raisedAtMs, untold.join(','), subject, facts];
  const ofHeld = held.flatMap((one) => [one.subject, one.facts]);
  return [replicaId, seed, knownVersion, channels.join(','), ...ofOutage, ...ofHeld];
}

function decodeReport(reply: unknown): AlarmReportAnswer {
  const [series, outages, pending, dropped, clockMs, version, replicas, alarms] = reply as [
    string,
    string,
    string,
    string,
    string,
    string,
    string[],
    string[] | '',
  ];
  const known: KnownReplica[] = [];
  for (let at = 0; at < replicas.length; at += 3) {
    const [replicaId = '', firstMs, lastMs] = replicas.slice(at, at + 3);
    known.push({ replicaId, firstMs: Number(firstMs), lastMs: Number(lastMs) });
  }
  return {
    series,
    outages: Number(outages),
    pending: Number(pending),
    dropped: Number(dropped),
    clockMs: Number(clockMs),
    version,
    alarms: alarms === '' ? null : alarms.map(decodeAlarm),
    replicas: known,
  };
}

/** `alarmId raisedWallMs clearedWallMs kind room facts` */
function decodeAlarm(text: string): KeptAlarm {
  const [alarmId = '', raisedAtMs, clearedAtMs, kind, room, ...facts] = text.split(' ');
  return {
    alarmId,
    subject: `${kind} ${room}`,
    facts: facts.join(' '),
    raisedAtMs: Number(raisedAtMs),
    clearedAtMs: clearedAtMs === '0' ? null : Number(clearedAtMs),
  };
}

function decodeClaim(reply: unknown): AlarmClaim {
  const [kind, detail, entryId, text] = reply as [AlarmClaim['kind'], string, string, string];
  if (kind === 'none') return { kind };
  if (kind === 'later') return { kind, afterMs: Number(detail) };
  const [change, , ...alarm] = text.split(' ');
  const entry = { entryId, change: change as AlarmChange, alarm: decodeAlarm(alarm.join(' ')) };
  return { kind, tries: Number(detail), entry };
}
