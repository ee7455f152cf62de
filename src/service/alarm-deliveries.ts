/**
 * Sends what the store's outbox holds of alarms: one line for each channel, which leases the channel's oldest message,
 * sends it and says how that went. There is no leader: what a dead replica had leased is leased again when its lease
 * ends. A receiver that is slow or away holds one connection, and no other channel waits for it.
 *
 * What always holds: a channel gets each message at least once, in order, under one id; twice only when the word that it
 * has it was lost. While the store is away there is no outbox, and what is to be said of that goes out from here alone
 * (`announce`): under an id that all replicas have in common.
 */
import { randomUUID } from 'node:crypto';
import type { Alarm } from '../domain/alarm.ts';
import type { Clock } from '../domain/clock.ts';
import type { Log } from '../domain/log.ts';
import type { AlarmEntry, AlarmOutcome, AlarmStore, KeptAlarm } from '../store/alarm-store.ts';
import type { AlarmChannel, AlarmSendResult } from './alarm-channels.ts';
import type { AlarmMessage } from './alarm-message.ts';

const askEveryMs = 1_000;
const quietAskEveryMs = 5_000;
const laterMinMs = 20;
const laterMaxMs = 5_000;
/** A receiver has this long to take a message; well below the lease. */
const sendWithinMs = 20_000;
const settleTriesMax = 5;
const settleAgainMs = 200;
const pausedLookMs = 200;
/** What is under way when the service stops may end until then. */
const stopWithinMs = 3_000;

export type AlarmDeliveriesParts = {
  store: AlarmStore;
  channels: readonly AlarmChannel[];
  clock: Clock;
  log: Log;
  /** The alarm as messages tell it; null: of a kind that this version does not know. */
  alarmOf: (kept: KeptAlarm) => Alarm | null;
  count: (channel: AlarmChannel['kind'], result: AlarmSendResult['kind']) => void;
};

/** An alarm that goes out past the store. */
export type Announcement = {
  /** Channels that were not told and that no try is under way to; none begins until `goOn` or `leave`. */
  pause(): string[];
  goOn(): void;
  /** Somebody else tells those that `pause` named; a try that was under way then goes on until it is told. */
  leave(): void;
};

export class AlarmDeliveries {
  readonly #parts: AlarmDeliveriesParts;
  /** Names this replica's claims. */
  readonly #claimId = randomUUID();
  /** Ends the lines' pauses early. */
  #waker = new AbortController();
  #isStopping = false;
  readonly #stopped = new AbortController();
  readonly #announcing = new Set<Promise<void>>();

  constructor(parts: AlarmDeliveriesParts) {
    this.#parts = parts;
  }

  /** Something is in the outbox. */
  heard(): void {
    this.#waker.abort();
    this.#waker = new AbortController();
  }

  /** Runs until the signal aborts, and then until what is under way has ended: `stopWithinMs` at most. */
  async run(signal: AbortSignal): Promise<void> {
    const { channels, clock } = this.#parts;
    signal.addEventListener('abort', () => {
      this.#isStopping = true;
      this.heard();
      void clock.sleep(stopWithinMs, this.#stopped.signal).then(() => this.#stopped.abort());
    });
    await Promise.all(channels.map((channel) => this.#line(channel)));
    await Promise.all(this.#announcing);
    this.#stopped.abort();
  }

  /** Never rejects. */
  async #line(channel: AlarmChannel): Promise<void> {
    const { clock, log } = this.#parts;
    while (!this.#isStopping) {
      // Before the work: who wakes it meanwhile is heard.
      const { signal } = this.#waker;
      const pauseMs = await this.#work(channel).catch((err: unknown) => {
        log.debug({ err }, 'Messages about alarms wait: the store did not answer');
        return askEveryMs;
      });
      await clock.sleep(Math.max(pauseMs, 1), signal);
    }
  }

  /** Sends one message, if there is one; how long to pause then, ms. Rejects when the store does not answer. */
  async #work(channel: AlarmChannel): Promise<number> {
    const { store, alarmOf } = this.#parts;
    const claim = await store.claim(channel.name, this.#claimId);
    if (claim.kind === 'none') return quietAskEveryMs;
    if (claim.kind === 'later') return Math.min(Math.max(claim.afterMs, laterMinMs), laterMaxMs);
    const { entry, tries } = claim;
    const alarm = alarmOf(entry.alarm);
    const held = { channel: channel.name, claimId: this.#claimId, entryId: entry.entryId };
    const outcome: AlarmOutcome = alarm
      ? await this.#send(channel, { change: entry.change, alarm }, { tries, begin: () => store.renew(held) })
      : { kind: 'refused' };
    await this.#settle(channel, entry, outcome);
    return 0;
  }

  async #send(
    channel: AlarmChannel,
    message: AlarmMessage,
    { tries, begin }: { tries: number; begin: () => Promise<boolean> },
  ): Promise<AlarmSendResult> {
    const { clock, log, count } = this.#parts;
    const over = new AbortController();
    const late = new AbortController();
    void clock.sleep(sendWithinMs, over.signal).then(() => {
      if (!over.signal.aborted) late.abort();
    });
    const signal = AbortSignal.any([late.signal, this.#stopped.signal]);
    const result = await channel.send(message, { signal, tries, begin });
    over.abort();
    count(channel.kind, result.kind);
    const fields = { alarmId: message.alarm.alarmId, alarm: message.alarm.kind, channel: channel.kind };
    if (result.kind === 'sent') log.info({ ...fields, change: message.change }, 'An alarm went out');
    else if (result.kind === 'refused')
      log.error(
        { ...fields, error: result.error },
        'An alarm was refused by its receiver; it is not sent again',
      );
    else if (tries === 1)
      log.warn(
        { ...fields, error: result.error },
        'An alarm was not taken by its receiver; it is sent again',
      );
    return result;
  }

  /** Tells the store, again while it does not answer; if it never does, the lease ends by itself. */
  async #settle({ name }: AlarmChannel, { entryId }: AlarmEntry, outcome: AlarmOutcome): Promise<void> {
    const { store, clock } = this.#parts;
    const held = { channel: name, claimId: this.#claimId, entryId };
    for (let tries = 0; tries < settleTriesMax; tries += 1) {
      if (tries > 0) await clock.sleep(settleAgainMs * 2 ** tries, this.#stopped.signal);
      if (tries > 0 && this.#stopped.signal.aborted) return;
      const isKnown = await store.settle(held, outcome).then(
        () => true,
        () => false,
      );
      if (isKnown) return;
    }
  }

  /** Sends an alarm's raising to every channel without the store, again until each has it. */
  announce(alarm: Alarm): Announcement {
    const untold = new Set<string>();
    const sending = new Set<string>();
    let paused: readonly string[] = [];
    const left = new AbortController();
    const isOurs = ({ name }: AlarmChannel): boolean => {
      const isLeft = left.signal.aborted && paused.includes(name);
      return !this.#isStopping && untold.has(name) && !isLeft;
    };
    const tell = async (channel: AlarmChannel): Promise<void> => {
      const { name } = channel;
      const ends = AbortSignal.any([left.signal, this.#stopped.signal]);
      for (let tries = 0; isOurs(channel); ) {
        if (paused.includes(name)) {
          await this.#parts.clock.sleep(pausedLookMs, ends);
          continue;
        }
        tries += 1;
        sending.add(name);
        const begin = async (): Promise<boolean> => true;
        const result = await this.#send(channel, { change: 'raised', alarm }, { tries, begin });
        sending.delete(name);
        if (result.kind === 'failed') await this.#parts.clock.sleep(Math.max(1, result.againInMs), ends);
        else untold.delete(name);
      }
    };
    for (const channel of this.#parts.channels) {
      untold.add(channel.name);
      const telling = tell(channel).finally(() => this.#announcing.delete(telling));
      this.#announcing.add(telling);
    }
    return {
      pause: () => {
        paused = [...untold].filter((name) => !sending.has(name));
        return [...paused];
      },
      goOn: () => {
        paused = [];
      },
      leave: () => left.abort(),
    };
  }
}
