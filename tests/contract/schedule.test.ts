import { describe, expect, it } from 'vitest';
import type { PolicyInput } from '../../src/domain/room.ts';
import { makeRoom, type RoomUnderTest } from '../support/room-under-test.ts';
import { storeKinds, useStore } from '../support/stores.ts';

describe.each(storeKinds)('schedules (%s)', (kind) => {
  const test = useStore(kind);
  const inMs = (ms: number): string => new Date(test.time.ms + ms).toISOString();

  async function scheduledRoom(policy: PolicyInput): Promise<RoomUnderTest> {
    const room = await makeRoom(test, policy, 'scheduled');
    room.head = null;
    return room;
  }

  async function tickWith(room: RoomUnderTest, callerAheadMs: number): Promise<string> {
    await test.store.tick(room.roomId, room.cursor, {
      readFrom: 0,
      knownVersion: 0,
      callerWallMs: test.time.ms + callerAheadMs,
    });
    return (await room.observe()).state;
  }

  it('a room opens when both clocks say so: one that runs ahead opens nothing', async () => {
    const room = await scheduledRoom({ opensAt: inMs(10_000) });
    expect(await tickWith(room, 3_600_000)).toBe('scheduled');
    test.time.passMs(10_001);
    expect(await tickWith(room, -5_000)).toBe('scheduled');
    expect(await tickWith(room, 0)).toBe('open');
    expect((await room.observe()).counters.version).toBe(2);
  });

  it('closes in the same way, from whatever state', async () => {
    const room = await scheduledRoom({ opensAt: inMs(1_000), closesAt: inMs(20_000) });
    test.time.passMs(2_000);
    expect(await tickWith(room, 0)).toBe('open');
    await room.tick();
    await room.setState('paused');
    test.time.passMs(19_000);
    expect(await tickWith(room, -60_000)).toBe('paused');
    expect(await tickWith(room, 0)).toBe('closed');
    expect((await room.tick()).events.at(-1)).toMatchObject({ type: 'room', version: 4 });
  });

  it('a room that slept through opening and closing is closed, and admitted nobody', async () => {
    const room = await scheduledRoom({ opensAt: inMs(10_000), closesAt: inMs(20_000) });
    await room.tick();
    const tickets = await room.join(2);
    test.time.passMs(60_000);
    await room.tick();
    expect((await room.observe()).state).toBe('closed');
    expect(await room.statesOf(tickets)).toEqual(['waiting', 'waiting']);
  });

  it('without a schedule nothing opens or closes by itself, and a bypassed room stays so', async () => {
    const room = await scheduledRoom({});
    test.time.passMs(3_600_000);
    expect(await tickWith(room, 0)).toBe('scheduled');
    const bypassed = await scheduledRoom({ closesAt: inMs(1_000) });
    await bypassed.tick();
    await bypassed.setState('bypass');
    test.time.passMs(2_000);
    expect(await tickWith(bypassed, 0)).toBe('bypass');
  });
});
