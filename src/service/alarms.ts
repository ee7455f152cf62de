/**
 * The alarms of the service, as each replica sees them. Every few seconds it judges each condition (alarm-conditions.ts),
 * and reports to the store those that have held for long enough; the store raises an alarm when the first replica says
 * so, clears it when none does any more, and has each change announced once (store/alarm-store.ts).
 *
 * An alarm that is raised already needs no patience: a replica that has just started goes on saying what still holds. A
 * condition that cannot be judged neither raises an alarm nor clears one.
 *
 * When the store itself is away, each replica says so by itself, from what it remembers: under an id made from the store's
 * data as it last saw them, so that all replicas use the same, and a receiver can tell a repeat. A replica that has never
 * reached the store makes the id from the public URL and the minute. Back again, the store records the outage once.
 */
import { createHash, randomUUID } from 'node:crypto';
import {
  type Alarm,
  type AlarmFacts,
  type AlarmKind,
  alarmCatalogue,
  type AlarmSubject,
  subjectKey,
  subjectOf,
} from '../domain/alarm.ts';
import type { Clock } from '../domain/clock.ts';
import type { Log } from '../domain/log.ts';
import {
  alarmFactsMax,
  type AlarmReportAnswer,
  alarmsRaisedMax,
  type AlarmStore,
  type KeptAlarm,
  type ReportedAlarm,
} from '../store/alarm-store.ts';
import type { Condition } from './alarm-conditions.ts';
import {
  countReplicas,
  type RoomConditions,
  serviceConditions,
  type ServiceSigns,
} from './alarm-conditions.ts';
import type { AlarmDeliveries, Announcement } from './alarm-deliveries.ts';
import type { Rooms } from './rooms.ts';

const reportEveryMs = 5_000;
const leaveTriesMax = 2;

export type AlarmsParts = {
  store: AlarmStore;
  /** This replica's name. */
  replicaId: string;
  rooms: Rooms;
  conditions: RoomConditions;
  deliveries: AlarmDeliveries;
  /** Names of the channels that changes are announced on. */
  channels: readonly string[];
  /** What is known of the service now, but for what is learnt here. */
  signs: () => Promise<Omit<ServiceSigns, 'missing' | 'wallMs'>>;
  publicUrl: string;
  clock: Clock;
  log: Log;
};

/** How a condition has stood here. Times: monotonic ms. */
type Standing = {
  heldSinceMs: number | null;
  goneSinceMs: number | null;
  /** Whether this replica says that it holds. */
  isHeld: boolean;
  facts: AlarmFacts;
};

export type AlarmFigures = {
  replicas: number;
  missing: number;
  pending: number;
  raised: ReadonlyMap<AlarmKind, number>;
};

export class Alarms {
  readonly #parts: AlarmsParts;
  readonly #standings = new Map<string, Standing>();
  #answer: AlarmReportAnswer | null = null;
  #known: Alarm[] = [];
  #asOfMs: number;
  #heardAtMs: number;
  #outage: { alarm: Alarm; announcement: Announcement } | null = null;

  constructor(parts: AlarmsParts) {
    this.#parts = parts;
    this.#asOfMs = parts.clock.wallMs();
    this.#heardAtMs = parts.clock.monotonicMs();
  }

  /** Runs until the signal aborts; then the others are told that this replica is not to be missed. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, store, replicaId } = this.#parts;
    while (!signal.aborted) {
      await this.#report();
      await clock.sleep(reportEveryMs, signal);
    }
    for (let tries = 0; tries < leaveTriesMax; tries += 1) {
      const isTold = await store.leave(replicaId).then(
        () => true,
        () => false,
      );
      if (isTold) return;
    }
  }

  /**
   * What is raised and what was cleared lately, newest first, as of the last report; at most a few hundred. `roomIds`:
   * only what is about these rooms; null: everything.
   */
  list(roomIds: readonly string[] | null): { asOf: string; alarms: Alarm[] } {
    const all = this.#outage ? [this.#outage.alarm, ...this.#known] : this.#known;
    const alarms = all
      .filter(({ roomId }) => roomIds === null || (roomId !== null && roomIds.includes(roomId)))
      .toSorted((one, other) => other.raisedAtMs - one.raisedAtMs);
    return { asOf: new Date(this.#asOfMs).toISOString(), alarms };
  }

  get figures(): AlarmFigures {
    const { live, missing } = this.#answer ? countReplicas(this.#answer) : { live: 0, missing: 0 };
    const raised = new Map<AlarmKind, number>();
    for (const { kind, clearedAtMs } of this.list(null).alarms) {
      if (clearedAtMs === null) raised.set(kind, (raised.get(kind) ?? 0) + 1);
    }
    return { replicas: live, missing, pending: this.#answer?.pending ?? 0, raised };
  }

  async #report(): Promise<void> {
    const { store, replicaId, clock, channels, log } = this.#parts;
    await this.#judge();
    const outage = this.#outage;
    const reported = outage && {
      alarmId: outage.alarm.alarmId,
      subject: subjectKey(outage.alarm),
      facts: JSON.stringify(outage.alarm.facts),
      raisedAtMs: outage.alarm.raisedAtMs,
      untold: outage.announcement.pause(),
    };
    try {
      const answer = await store.report({
        replicaId,
        held: this.#held(),
        channels,
        knownVersion: this.#answer?.version ?? '',
        seed: randomUUID().replaceAll('-', '').slice(0, 12),
        outage: reported,
      });
      outage?.announcement.leave();
      this.#outage = null;
      this.#learn(answer);
    } catch (err) {
      outage?.announcement.goOn();
      log.debug({ err }, 'The alarms were not reported: the store did not answer');
      this.#storeIsAway(clock.monotonicMs() - this.#heardAtMs);
    }
  }

  #learn(answer: AlarmReportAnswer): void {
    const { clock, deliveries, log } = this.#parts;
    const before = new Set(
      this.#known.map(({ alarmId, clearedAtMs }) => `${alarmId} ${clearedAtMs === null}`),
    );
    const isFirst = this.#answer === null;
    this.#answer = answer;
    this.#asOfMs = clock.wallMs();
    this.#heardAtMs = clock.monotonicMs();
    if (answer.dropped > 0)
      log.error(
        { messages: answer.dropped },
        'Messages about alarms were given up: no receiver took them in a day',
      );
    if (answer.pending > 0) deliveries.heard();
    if (!answer.alarms) return;
    this.#known = answer.alarms.flatMap((kept) => alarmOf(kept) ?? []);
    for (const { alarmId, kind, roomId, clearedAtMs, facts } of this.#known) {
      if (isFirst || before.has(`${alarmId} ${clearedAtMs === null}`)) continue;
      const fields = { alarm: kind, alarmId, ...(roomId === null ? {} : { roomId }), ...facts };
      if (clearedAtMs === null) log.warn(fields, 'An alarm was raised');
      else log.info(fields, 'An alarm is over');
    }
  }

  /** For so long, ms. */
  #storeIsAway(awayMs: number): void {
    const { clock, deliveries, log } = this.#parts;
    // What held before is to be seen again: nothing was heard of any room meanwhile.
    for (const [key, { isHeld }] of this.#standings) if (!isHeld) this.#standings.delete(key);
    const kind = 'store-unreachable';
    if (this.#outage || awayMs < alarmCatalogue[kind].raiseAfterMs) return;
    const raisedAtMs = clock.wallMs();
    const alarm: Alarm = {
      kind,
      roomId: null,
      alarmId: this.#outageId(raisedAtMs),
      raisedAtMs,
      clearedAtMs: null,
      facts: {},
    };
    log.error({ alarm: kind, alarmId: alarm.alarmId }, 'An alarm was raised');
    this.#outage = { alarm, announcement: deliveries.announce(alarm) };
  }

  #outageId(wallMs: number): string {
    if (this.#answer) return `${this.#answer.series}-store-${this.#answer.outages + 1}`;
    const name = createHash('sha256').update(this.#parts.publicUrl).digest('hex').slice(0, 12);
    return `${name}-store-at-${Math.floor(wallMs / 60_000)}`;
  }

  async #judge(): Promise<void> {
    const { rooms, conditions, signs, clock } = this.#parts;
    const missing = this.#answer ? countReplicas(this.#answer).missing : 0;
    const ofService = serviceConditions({ ...(await signs()), missing, wallMs: clock.wallMs() });
    const ofRooms = [...rooms.boards.values()].flatMap((board) => conditions.of(board));
    const raised = new Set(
      this.#known.filter(({ clearedAtMs }) => clearedAtMs === null).map((alarm) => subjectKey(alarm)),
    );
    const judged = new Set<string>();
    for (const condition of [...ofService, ...ofRooms]) {
      const key = subjectKey(condition);
      judged.add(key);
      this.#stand(key, condition, raised.has(key));
    }
    // Of rooms that were deleted.
    for (const key of this.#standings.keys()) if (!judged.has(key)) this.#standings.delete(key);
  }

  /** How a condition stands here now. */
  #stand(key: string, { kind, verdict, facts }: Condition, isRaised: boolean): void {
    const nowMs = this.#parts.clock.monotonicMs();
    const { raiseAfterMs, clearAfterMs } = alarmCatalogue[kind];
    const before = this.#standings.get(key);
    const standing = before ?? { heldSinceMs: null, goneSinceMs: null, isHeld: false, facts };
    if (verdict === 'yes') {
      standing.heldSinceMs ??= nowMs;
      standing.goneSinceMs = null;
      standing.isHeld ||= isRaised || nowMs - standing.heldSinceMs >= raiseAfterMs;
      standing.facts = facts;
    } else if (verdict === 'no') {
      standing.heldSinceMs = null;
      standing.goneSinceMs ??= nowMs;
      if (nowMs - standing.goneSinceMs >= clearAfterMs) standing.isHeld = false;
    } else {
      standing.heldSinceMs = null;
      standing.isHeld ||= isRaised;
    }
    if (standing.isHeld || standing.heldSinceMs !== null) this.#standings.set(key, standing);
    else this.#standings.delete(key);
  }

  #held(): ReportedAlarm[] {
    return [...this.#standings]
      .filter(([, { isHeld }]) => isHeld)
      .slice(0, alarmsRaisedMax)
      .map(([subject, { facts }]) => ({ subject, facts: factsText(facts) }));
  }
}

/** As the store keeps them; what is too long is left out. */
function factsText(facts: AlarmFacts): string {
  const text = JSON.stringify(facts);
  return text.length <= alarmFactsMax ? text : '{}';
}

/** An alarm as it was kept; null: of a kind that a newer version of Guichet raised. */
export function alarmOf({ alarmId, subject, facts, raisedAtMs, clearedAtMs }: KeptAlarm): Alarm | null {
  const about: AlarmSubject | null = subjectOf(subject);
  if (!about) return null;
  return { ...about, alarmId, raisedAtMs, clearedAtMs, facts: JSON.parse(facts) as AlarmFacts };
}
