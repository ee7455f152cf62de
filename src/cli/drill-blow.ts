/**
 * The blow of a drill, and whether anything was struck at all: that Sentinels or a replica took the order does not say
 * that they followed it, nor the word "by hand" that a hand was there.
 */
import type { Clock } from '../domain/clock.ts';
import type { RedisAccess } from '../domain/redis-address.ts';
import { forceFailover } from '../store/forced-failover.ts';
import { primaryOfRoom, type RoomPrimary } from '../store/room-primary.ts';
import { answersWithinMs, type DrillVisitors } from './drill-visitors.ts';
import type { Terminal } from './terminal.ts';
import type { Voice } from './voice.ts';

/** A join is confirmed several times a second: a silence this long is the blow. */
const silenceMs = 1_000;
const pollMs = 100;
/** Each look at the primary is a connection. */
const lookEveryMs = 500;
/** Of a failover by hand. */
const handWithinMs = 300_000;

/** Who had the drill's room at the first look and at the last; null: nobody told. */
export type PrimarySeen = {
  before: string | null;
  after: string | null;
  /** Another process had it at some look in between, or has it now. */
  isAnother: boolean;
};

/** Looks at who is the primary of a room, each time that it is told to. */
export class PrimaryWatch {
  readonly #access: RedisAccess;
  readonly #roomId: string;
  readonly #first: RoomPrimary | null;
  #last: RoomPrimary | null;
  #isAnother = false;

  private constructor(access: RedisAccess, roomId: string, first: RoomPrimary | null) {
    this.#access = access;
    this.#roomId = roomId;
    this.#first = first;
    this.#last = first;
  }

  /** With its first look. Never rejects. */
  static async start(access: RedisAccess, roomId: string): Promise<PrimaryWatch> {
    const first = await primaryOfRoom(access, roomId).catch(() => null);
    return new PrimaryWatch(access, roomId, first);
  }

  /** Whether another process was seen than at the first look, now or before. Never rejects. */
  async look(): Promise<boolean> {
    this.#last = await primaryOfRoom(this.#access, this.#roomId).catch(() => null);
    if (this.#first && this.#last) this.#isAnother ||= this.#last.runId !== this.#first.runId;
    return this.#isAnother;
  }

  /** At the first look; null: nobody told. */
  get address(): string | null {
    return this.#first && this.#first.address;
  }

  get seen(): PrimarySeen {
    return { before: words(this.#first), after: words(this.#last), isAnother: this.#isAnother };
  }
}

function words(primary: RoomPrimary | null): string | null {
  return primary && `${primary.address}, run ${primary.runId.slice(0, 8)}`;
}

type Blow = {
  access: RedisAccess;
  roomId: string;
  primary: PrimaryWatch;
  visitors: Pick<DrillVisitors, 'silentMs'>;
  clock: Clock;
};

/** Has a replica take over; resolves with who was told to, when it shows or has taken too long. */
export async function strikeByOrder({ access, roomId, primary, clock }: Blow): Promise<string> {
  const { by } = await forceFailover(access, roomId);
  await until(() => primary.look(), { clock, everyMs: lookEveryMs, withinMs: answersWithinMs });
  return by;
}

/** Asks people to do it; resolves when it shows or has taken too long, with whether the visitors met silence. */
export async function strikeByHand(
  { primary, visitors, clock }: Blow,
  { terminal, voice }: { terminal: Pick<Terminal, 'err'>; voice: Voice },
): Promise<boolean> {
  const which = primary.address === null ? '' : ` (${primary.address})`;
  terminal.err(
    voice.say({
      en: `Break it now: stop the machine of the primary${which}, or cut its network.`,
      fr: `Cassez-le maintenant : arrêtez la machine du primaire${which}, ou coupez son réseau.`,
    }),
  );
  const over = new AbortController();
  const wait = { clock, withinMs: handWithinMs, signal: over.signal };
  const silence = until(() => visitors.silentMs >= silenceMs, { ...wait, everyMs: pollMs });
  const change = until(() => primary.look(), { ...wait, everyMs: lookEveryMs });
  await Promise.race([silence, change]);
  over.abort();
  const [wasSilent] = await Promise.all([silence, change]);
  return wasSilent;
}

/** Resolves with whether it was so before the time was over. */
export async function until(
  isSo: () => boolean | Promise<boolean>,
  wait: { clock: Clock; withinMs: number; everyMs?: number; signal?: AbortSignal },
): Promise<boolean> {
  const { clock, withinMs, everyMs = pollMs, signal } = wait;
  const giveUpAt = clock.monotonicMs() + withinMs;
  while (clock.monotonicMs() < giveUpAt) {
    if (await isSo()) return true;
    if (signal?.aborted) return false;
    await clock.sleep(everyMs, signal);
  }
  return false;
}
