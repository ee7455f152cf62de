import { describe, expect, test } from 'vitest';
import { GateClock } from '../../src/service/gate-clock.ts';
import type { RoomHead, TickAnswer } from '../../src/store/queue-store.ts';
import type { RoomEvent } from '../../src/store/room-events.ts';

const wallMs = Date.UTC(2026, 4, 4, 18);
const marginMs = 10_000;
const minuteMs = 60_000;

/** A gate's clock, with the store's and the replica's own moved by hand. */
class Stage {
  nowMs = 0;
  readonly clock: GateClock;
  #roomClockMs = 0;
  #storeMs = 0;

  constructor(rememberedAgoMs: number | null = null) {
    this.clock = new GateClock(rememberedAgoMs === null ? null : wallMs - rememberedAgoMs, this.now);
  }

  get now() {
    return { wallMs: wallMs + this.nowMs, monotonicMs: this.nowMs };
  }

  /** A tick after so long; the room clock moves three seconds at most, as the store has it. */
  tick(
    afterMs = 1_000,
    more: Partial<TickAnswer> & { epochId?: string; storeAheadMs?: number; by?: number } = {},
  ): void {
    const { epochId = 'a', storeAheadMs = 0, by = Math.min(3_000, afterMs), ...answer } = more;
    this.nowMs += afterMs;
    this.#storeMs += afterMs + storeAheadMs;
    this.#roomClockMs += by;
    const head = { wallMs: wallMs + this.#storeMs, clockMs: this.#roomClockMs, epochId } as RoomHead;
    const whole = { events: [], gap: false, more: false, ...answer } as unknown as TickAnswer;
    this.clock.applyTick(head, whole, { ...this.now, tickEveryMs: 1_000 });
  }

  /** Whether a pass that ends then (from the start) is over now. */
  isOver(endsAtMs: number): boolean {
    return this.clock.isOver(wallMs + endsAtMs, marginMs, this.now);
  }
}

describe('a pass is over', () => {
  test('from its end on, while ticks come', () => {
    const stage = new Stage();
    for (let second = 0; second < 10; second += 1) stage.tick();
    expect(stage.isOver(10_001)).toBe(false);
    expect(stage.isOver(10_000)).toBe(true);
    stage.nowMs += 400;
    expect(stage.isOver(10_399)).toBe(true);
  });

  test('not while the store is away since before its end, for ten minutes', () => {
    const stage = new Stage();
    stage.tick();
    stage.nowMs += 5 * minuteMs;
    expect(stage.isOver(minuteMs)).toBe(false);
    // It had run out before.
    expect(stage.isOver(999)).toBe(true);
    stage.nowMs += 5 * minuteMs;
    expect(stage.isOver(minuteMs)).toBe(true);
  });

  test('when a tick is late, perhaps here alone, as soon as its session may be', () => {
    const stage = new Stage();
    stage.tick();
    stage.nowMs += 2_500;
    expect(stage.isOver(2_000)).toBe(false);
    // Of a session so short that it may have ended meanwhile.
    expect(stage.clock.isOver(wallMs + 2_000, 500, stage.now)).toBe(true);
  });

  test('later by as long as the room clock stood still', () => {
    const stage = new Stage();
    stage.tick();
    stage.tick(2 * minuteMs);
    stage.tick();
    // It ended within these two minutes, of which the room clock moved by three seconds.
    expect(stage.isOver(30_000)).toBe(false);
    expect(stage.isOver(3_500)).toBe(true);
    for (let second = 0; second < 40; second += 1) stage.tick();
    expect(stage.isOver(30_000)).toBe(true);
    expect(stage.isOver(60_000)).toBe(false);
  });

  test('not later because this replica alone heard nothing: the room clock went on', () => {
    const stage = new Stage();
    stage.tick();
    stage.tick(2 * minuteMs, { by: 2 * minuteMs });
    expect(stage.isOver(minuteMs)).toBe(true);
  });

  test('not later because the store’s clock was set forward', () => {
    const stage = new Stage();
    stage.tick();
    stage.tick(1_000, { storeAheadMs: 10 * minuteMs });
    stage.tick();
    expect(stage.isOver(1_500)).toBe(true);
  });

  test('not later than ten minutes, however long the room clock stood still', () => {
    const stage = new Stage();
    stage.tick();
    stage.tick(30 * minuteMs);
    expect(stage.isOver(25 * minuteMs)).toBe(false);
    expect(stage.isOver(19 * minuteMs)).toBe(true);
  });

  test('at its end for a replica that never heard of the store, and later for one that did before it was started', () => {
    expect(new Stage().isOver(0)).toBe(true);
    const restarted = new Stage(30_000);
    expect(restarted.isOver(-10_000)).toBe(false);
    expect(restarted.isOver(-31_000)).toBe(true);
    expect(new Stage(11 * minuteMs).isOver(-10_000)).toBe(true);
  });
});

describe('the end of a pass would be known', () => {
  const event = (atMs: number): RoomEvent => ({ atMs }) as RoomEvent;

  test('once all events that there are have been read', () => {
    const stage = new Stage();
    expect(stage.clock.wouldKnow(wallMs)).toBe(false);
    stage.tick(1_000, { more: true });
    expect(stage.clock.wouldKnow(wallMs)).toBe(false);
    stage.tick(10);
    expect(stage.clock.wouldKnow(wallMs - minuteMs)).toBe(true);
  });

  test('of what is younger than the oldest event, where some were no longer there', () => {
    const stage = new Stage();
    // The room clock is at 3 s, and its oldest event at 1 s.
    stage.tick(3_000, { gap: true, events: [event(1_000)], more: true });
    stage.tick(10);
    expect(stage.clock.wouldKnow(wallMs + 999)).toBe(false);
    expect(stage.clock.wouldKnow(wallMs + 1_000)).toBe(true);
  });

  test('of what the store said after it lost its data', () => {
    const stage = new Stage();
    stage.tick();
    expect(stage.clock.wouldKnow(wallMs)).toBe(true);
    stage.tick(1_000, { epochId: 'b', gap: true, events: [event(0)] });
    stage.tick(1_000, { epochId: 'b' });
    expect(stage.clock.wouldKnow(wallMs + 1_999)).toBe(false);
    expect(stage.clock.wouldKnow(wallMs + 2_000)).toBe(true);
  });
});
