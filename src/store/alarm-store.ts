/**
 * The port to the alarms that all replicas share. Each replica reports every few seconds which conditions hold in its
 * eyes; an alarm is raised by the first that says so, and cleared when none says so any more. What changes becomes a
 * message for each channel (the webhook, each e-mail address), in the same step, so that any number of replicas announce
 * each raising and each clearing once. Messages of a channel go out one after the other, in order.
 *
 * What always holds, for every method: it is atomic; it rejects with StoreUnknownError when the result is not known, and
 * may then be repeated. Times go by a clock of the alarms' own, which moves with the store's wall clock but never back,
 * never more than `alarmStepMaxMs` at once, and stands still while no replica reports: a wall clock that is set, and an
 * outage, end no replica's say and give no message up.
 */

/** What a replica reported counts for so long. */
export const alarmLeaseMs = 30_000;
/** A replica that is silent for so long, and said no goodbye, is forgotten. */
export const replicaForgottenAfterMs = 600_000;
/** Replicas that are known at once; further ones are not listed and have no say. */
export const replicasMax = 100;
/** Alarms that are raised at once, and that one report names. */
export const alarmsRaisedMax = 200;
/** Of those cleared, the newest are told of. */
export const alarmsClearedMax = 100;
/** Messages kept for all channels; beyond it go the oldest of alarms that are over, and then the oldest. */
export const alarmMessagesMax = 400;
/** A message that nobody took for so long is given up. */
export const alarmGiveUpAfterMs = 86_400_000;
/** How long a leased message is its caller's, unless renewed. */
export const alarmMessageLeaseMs = 60_000;
/** The alarms' clock moves by no more at once. */
export const alarmStepMaxMs = 20_000;
/** Of facts, as a text. */
export const alarmFactsMax = 500;

export type ReportedAlarm = {
  /** Names what it is about: no control character. */
  subject: string;
  /** Kept as it is; at most `alarmFactsMax` characters, no control character. */
  facts: string;
};

/** An outage of the store that the caller announced by itself. */
export type ReportedOutage = {
  alarmId: string;
  subject: string;
  facts: string;
  /** Wall time of the caller, ms. */
  raisedAtMs: number;
  /** Channels that have not taken the raising yet. */
  untold: readonly string[];
};

export type AlarmReport = {
  replicaId: string;
  /** At most `alarmsRaisedMax`. */
  held: readonly ReportedAlarm[];
  /** Where changes are announced: letters, digits, `_` and `-` each. */
  channels: readonly string[];
  /** The version that the last answer named; '' at first. */
  knownVersion: string;
  /** Names the alarms of an empty store from now on: letters and digits. */
  seed: string;
  outage: ReportedOutage | null;
};

export type KeptAlarm = {
  /** The same for ever, and no other alarm's. */
  alarmId: string;
  subject: string;
  facts: string;
  /** Wall times of the store, ms; null: still raised. */
  raisedAtMs: number;
  clearedAtMs: number | null;
};

export type KnownReplica = {
  replicaId: string;
  /** By the alarms' clock, ms. */
  firstMs: number;
  lastMs: number;
};

export type AlarmReportAnswer = {
  /** Names the store's data: another one after a loss of all. */
  series: string;
  /** Outages that were recorded so far. */
  outages: number;
  /** Messages on their way. */
  pending: number;
  /** Messages that this call gave up. */
  dropped: number;
  clockMs: number;
  version: string;
  /** Raised, and the newest that were cleared; null: as at `knownVersion`. */
  alarms: KeptAlarm[] | null;
  replicas: KnownReplica[];
};

export type AlarmChange = 'raised' | 'cleared';

/** `entryId`: its place in the order. */
export type AlarmEntry = { entryId: string; change: AlarmChange; alarm: KeptAlarm };

export type AlarmClaim =
  | { kind: 'leased'; entry: AlarmEntry; tries: number }
  /** Another caller has it, or it is too early for the next try. */
  | { kind: 'later'; afterMs: number }
  | { kind: 'none' };

export type HeldMessage = { channel: string; claimId: string; entryId: string };

export type AlarmOutcome =
  /** Counts also from a caller whose lease has ended. */
  { kind: 'sent' } | { kind: 'failed'; againInMs: number } | /** For good. */ { kind: 'refused' };

export interface AlarmStore {
  report(report: AlarmReport): Promise<AlarmReportAnswer>;
  /** The replica stops: it is not missed. What it reported still counts until its lease ends. */
  leave(replicaId: string): Promise<void>;
  /** Leases the oldest message of a channel. */
  claim(channel: string, claimId: string): Promise<AlarmClaim>;
  /** Holds on to it; false: it is another's, or gone. */
  renew(held: HeldMessage): Promise<boolean>;
  settle(held: HeldMessage, outcome: AlarmOutcome): Promise<'settled' | 'gone'>;
  close(): Promise<void>;
}

/** Throws RangeError when a report is larger than its bounds. */
export function boundedReport({ held }: AlarmReport): void {
  if (held.length > alarmsRaisedMax) throw new RangeError(`a report names at most ${alarmsRaisedMax} alarms`);
  if (held.some(({ facts }) => facts.length > alarmFactsMax))
    throw new RangeError(`facts have at most ${alarmFactsMax} characters`);
}
