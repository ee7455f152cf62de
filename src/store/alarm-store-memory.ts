/** Alarms in this process: the same answers as lua/alarm_*.lua. */
import {
  type AlarmChange,
  type AlarmClaim,
  type AlarmEntry,
  alarmGiveUpAfterMs,
  alarmLeaseMs,
  alarmMessageLeaseMs,
  alarmMessagesMax,
  type AlarmReport,
  type AlarmReportAnswer,
  alarmsClearedMax,
  alarmsRaisedMax,
  alarmStepMaxMs,
  type AlarmStore,
  boundedReport,
  type KeptAlarm,
  type KnownReplica,
  replicaForgottenAfterMs,
  replicasMax,
} from './alarm-store.ts';

type Message = AlarmEntry & { channel: string; atMs: number };
type Channel = {
  entryId: string;
  claimId: string | null;
  untilMs: number;
  tries: number;
  againAtMs: number;
};

/** The port in this process's memory. */
export function memoryAlarmStore({ nowUs = () => Date.now() * 1_000 }: { nowUs?: () => number } = {}) {
  return new MemoryAlarmStore(nowUs);
}

class MemoryAlarmStore implements AlarmStore {
  readonly #nowUs: () => number;
  #series = '';
  #version = 0;
  #number = 0;
  #outages = 0;
  #entry = 0;
  #clockMs = 0;
  #wallMs: number;
  readonly #replicas = new Map<string, KnownReplica>();
  readonly #votes = new Map<string, { untilMs: number; subjects: readonly string[] }>();
  readonly #raised = new Map<string, KeptAlarm>();
  /** Newest first. */
  #cleared: KeptAlarm[] = [];
  /** Oldest first. */
  #outbox: Message[] = [];
  readonly #channels = new Map<string, Channel>();

  constructor(nowUs: () => number) {
    this.#nowUs = nowUs;
    this.#wallMs = Math.floor(nowUs() / 1_000);
  }

  #advance(): void {
    const nowMs = Math.floor(this.#nowUs() / 1_000);
    this.#clockMs += Math.min(Math.max(nowMs - this.#wallMs, 0), alarmStepMaxMs);
    this.#wallMs = nowMs;
  }

  async report(report: AlarmReport): Promise<AlarmReportAnswer> {
    boundedReport(report);
    this.#advance();
    const { replicaId, held, channels, knownVersion, seed, outage } = report;
    this.#series ||= seed;
    this.#heardOf(replicaId, held);
    const dropped = this.#dropOld();
    if (outage) this.#recordOutage(outage, channels);
    const voted = this.#voted();
    for (const [subject, alarm] of this.#raised) {
      if (voted.has(subject)) continue;
      this.#raised.delete(subject);
      this.#clear(alarm, channels);
    }
    for (const { subject, facts } of held) {
      const isKnown = this.#raised.has(subject) || !voted.has(subject);
      if (isKnown || this.#raised.size >= alarmsRaisedMax) continue;
      this.#number += 1;
      const alarmId = `${this.#series}-${this.#number}`;
      const alarm = { alarmId, subject, facts, raisedAtMs: this.#wallMs, clearedAtMs: null };
      this.#raised.set(subject, alarm);
      this.#changed('raised', alarm, channels);
    }
    const version = `${this.#series}-${this.#version}`;
    return {
      series: this.#series,
      outages: this.#outages,
      pending: this.#outbox.length,
      dropped,
      clockMs: this.#clockMs,
      version,
      alarms: version === knownVersion ? null : structuredClone([...this.#raised.values(), ...this.#cleared]),
      replicas: structuredClone([...this.#replicas.values()]),
    };
  }

  #heardOf(replicaId: string, held: AlarmReport['held']): void {
    for (const [id, { lastMs }] of this.#replicas) {
      if (this.#clockMs - lastMs > replicaForgottenAfterMs) this.#replicas.delete(id);
    }
    const known = this.#replicas.get(replicaId);
    if (!known && this.#replicas.size >= replicasMax) return;
    const firstMs = known?.firstMs ?? this.#clockMs;
    this.#replicas.set(replicaId, { replicaId, firstMs, lastMs: this.#clockMs });
    const subjects = held.map(({ subject }) => subject);
    this.#votes.set(replicaId, { untilMs: this.#clockMs + alarmLeaseMs, subjects });
  }

  #voted(): Set<string> {
    const voted = new Set<string>();
    for (const [id, { untilMs, subjects }] of this.#votes) {
      if (untilMs <= this.#clockMs) this.#votes.delete(id);
      else for (const subject of subjects) voted.add(subject);
    }
    return voted;
  }

  #recordOutage(
    { alarmId, subject, facts, raisedAtMs, untold }: NonNullable<AlarmReport['outage']>,
    channels: readonly string[],
  ): void {
    if (this.#cleared.some((alarm) => alarm.alarmId === alarmId)) return;
    this.#outages += 1;
    const alarm = { alarmId, subject, facts, raisedAtMs, clearedAtMs: null };
    this.#changed('raised', alarm, untold);
    this.#clear(alarm, channels);
  }

  #clear(alarm: KeptAlarm, channels: readonly string[]): void {
    const cleared = { ...alarm, clearedAtMs: this.#wallMs };
    this.#cleared = [cleared, ...this.#cleared].slice(0, alarmsClearedMax);
    this.#changed('cleared', cleared, channels);
  }

  #changed(change: AlarmChange, alarm: KeptAlarm, channels: readonly string[]): void {
    this.#version += 1;
    for (const channel of channels) {
      if (this.#outbox.length >= alarmMessagesMax) this.#makeSpace();
      this.#entry += 1;
      const entryId = `${String(this.#entry).padStart(12, '0')} ${channel}`;
      this.#outbox.push({ entryId, channel, change, alarm: { ...alarm }, atMs: this.#clockMs });
    }
  }

  #makeSpace(): void {
    const raised = new Set([...this.#raised.values()].map(({ alarmId }) => alarmId));
    const over = this.#outbox.findIndex(({ alarm }) => !raised.has(alarm.alarmId));
    this.#outbox.splice(Math.max(over, 0), 1);
  }

  #dropOld(): number {
    const kept = this.#outbox.filter(({ atMs }) => this.#clockMs - atMs < alarmGiveUpAfterMs);
    const dropped = this.#outbox.length - kept.length;
    this.#outbox = kept;
    return dropped;
  }

  async leave(replicaId: string): Promise<void> {
    this.#advance();
    this.#replicas.delete(replicaId);
  }

  async claim(channel: string, claimId: string): Promise<AlarmClaim> {
    this.#advance();
    const message = this.#outbox.find((one) => one.channel === channel);
    if (!message) {
      this.#channels.delete(channel);
      return { kind: 'none' };
    }
    const { entryId, change, alarm } = message;
    const known = this.#channels.get(channel);
    const state =
      known?.entryId === entryId ? known : { entryId, claimId: null, untilMs: 0, tries: 0, againAtMs: 0 };
    const isHeld = state.claimId !== null && state.claimId !== claimId && state.untilMs > this.#clockMs;
    if (isHeld) return { kind: 'later', afterMs: state.untilMs - this.#clockMs };
    if (state.againAtMs > this.#clockMs) return { kind: 'later', afterMs: state.againAtMs - this.#clockMs };
    const tries = state.tries + 1;
    const untilMs = this.#clockMs + alarmMessageLeaseMs;
    this.#channels.set(channel, { ...state, claimId, untilMs, tries });
    return { kind: 'leased', tries, entry: { entryId, change, alarm: { ...alarm } } };
  }

  #isHolder({ channel, claimId, entryId }: { channel: string; claimId: string; entryId: string }): boolean {
    const state = this.#channels.get(channel);
    const isThere = this.#outbox.some((message) => message.entryId === entryId);
    return isThere && state?.entryId === entryId && state.claimId === claimId;
  }

  async renew(held: Parameters<AlarmStore['renew']>[0]): Promise<boolean> {
    this.#advance();
    const state = this.#channels.get(held.channel);
    if (!state || !this.#isHolder(held)) return false;
    state.untilMs = this.#clockMs + alarmMessageLeaseMs;
    return true;
  }

  async settle(
    held: Parameters<AlarmStore['settle']>[0],
    outcome: Parameters<AlarmStore['settle']>[1],
  ): Promise<'settled' | 'gone'> {
    this.#advance();
    const index = this.#outbox.findIndex(({ entryId }) => entryId === held.entryId);
    const isHolder = this.#isHolder(held);
    if (index < 0 || (!isHolder && outcome.kind !== 'sent')) return 'gone';
    const state = this.#channels.get(held.channel);
    if (outcome.kind !== 'failed') this.#outbox.splice(index, 1);
    else if (state) {
      Object.assign(state, { claimId: null, againAtMs: this.#clockMs + Math.ceil(outcome.againInMs) });
    }
    return 'settled';
  }

  async close(): Promise<void> {}
}
