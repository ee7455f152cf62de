/**
 * What a store holds of a room, in one form for both adapters and the model: read by the test itself, not told
 * by the store's own methods.
 */
import type { Redis } from 'ioredis';
import type { RoomState } from '../../src/domain/room.ts';
import type { LiveState } from '../../src/domain/ticket.ts';
import type { MemoryRoom } from '../../src/store/memory-room.ts';
import { codeKey, longId, roomKeys } from '../../src/store/redis-keys.ts';
import { scriptText } from '../../src/store/redis-scripts.ts';

export type ObservedTicket = {
  state: LiveState;
  number: number;
  order: number;
  atMs: number;
  extensions: number;
  gen: number;
  left: boolean;
};

/** What is kept under a resume code's name. */
export type ObservedCode = {
  ticketId: string;
  number: number;
  order: number;
  gen: number;
  expiresAtMs: number;
  usedBy: string | null;
};

/** Counters compared between the model and a store; the bucket in millionths of a ticket. */
export const counterNames = [
  'version',
  'startedUs',
  'epochNumber',
  'epochFrom',
  'wallUs',
  'clockUs',
  'bucket',
  'lastOrder',
  'lastNumber',
  'frontier',
  'eventNumber',
  'eventsFrom',
  'releaseNumber',
  'releasedAtMs',
  'placesUsed',
  'assumed',
  'assumedUntilMs',
  'holdUntilMs',
  'recoverUntilMs',
  'admittedTotal',
  'freedTotal',
  'skippedTotal',
  'closedAtMs',
  'purgedUs',
  'joinedTotal',
  'lapsedTotal',
  'returnedTotal',
  'enteredTotal',
  'completedTotal',
  'endedTotal',
  'presentSoFar',
  'present',
  'presentAtMs',
] as const;
export type Counters = { [name in (typeof counterNames)[number]]: number };

export type ObservedRoom = {
  state: RoomState;
  counters: Counters;
  /** By ticket id, sorted by it. */
  tickets: [string, ObservedTicket][];
  spent: string[];
  completed: [string, number][];
  /** By the code's name, sorted by it. */
  codes: [string, ObservedCode][];
  /** What is not as it must be: a ticket in two sets, or in none. */
  broken: string[];
};

const millionths = (bucket: number): number => Math.round(bucket * 1_000_000);
const byId = ([one]: [string, unknown], [other]: [string, unknown]): number => (one < other ? -1 : 1);

export function observeMemoryRoom(room: MemoryRoom): ObservedRoom {
  const broken: string[] = [];
  for (const [state, { ids, scores }] of Object.entries(room.places)) {
    if (ids.length !== scores.size) broken.push(`${state}: ${ids.length} ids, ${scores.size} scores`);
    for (const id of ids) {
      const ticket = room.tickets.get(id);
      const timed = state === 'admitted' || state === 'entered';
      if (ticket?.state !== state) broken.push(`${id} is ${String(ticket?.state)} among ${state}`);
      else if (scores.get(id) !== (timed ? ticket.atMs : ticket.order)) broken.push(`${id} is misplaced`);
    }
  }
  const placed = Object.values(room.places).reduce((sum, { ids }) => sum + ids.length, 0);
  if (placed !== room.tickets.size) broken.push(`${placed} in sets, ${room.tickets.size} tickets`);
  const named: Record<string, unknown> = {
    ...room,
    version: room.room.version,
    bucket: millionths(room.bucket),
  };
  return {
    state: room.room.state,
    counters: Object.fromEntries(counterNames.map((name) => [name, named[name]])) as Counters,
    tickets: [...room.tickets].toSorted(byId),
    spent: room.spent.ids.toSorted(),
    completed: [...room.completed].toSorted(byId),
    codes: [...room.offers].toSorted(byId),
    broken,
  };
}

const setStates: LiveState[] = ['waiting', 'parked', 'lapsed', 'admitted', 'entered'];

/** Redis has no list of a room's codes: those of `codeNames` are looked for. Asked behind a call, it sees what that did. */
export async function observeRedisRoom(
  redis: Redis,
  roomId: string,
  codeNames: readonly string[],
): Promise<ObservedRoom | null> {
  const [room, tickets, completed, ...rest] = roomKeys(roomId) as [string, string, string, ...string[]];
  const sets = rest.slice(0, setStates.length + 1);
  const pipeline = redis.pipeline().hgetall(room).hgetall(tickets).hgetall(completed);
  for (const set of sets) pipeline.zrange(set, 0, '-1', 'WITHSCORES');
  for (const name of codeNames) pipeline.get(codeKey(roomId, name));
  const results: unknown[] = ((await pipeline.exec()) ?? []).map(([, value]) => value);
  const codes = results.splice(results.length - codeNames.length) as (string | null)[];
  const [fields, records, used, ...members] = results as [
    Record<string, string>,
    Record<string, string>,
    Record<string, string>,
    ...string[][],
  ];
  if (Object.keys(fields).length === 0) return null;
  const broken: string[] = [];
  const observed = new Map<string, ObservedTicket>();
  for (const [index, state] of setStates.entries()) {
    const entries = members[index] ?? [];
    for (let at = 0; at < entries.length; at += 2) {
      const id = entries[at] as string;
      const record = records[id];
      if (observed.has(longId(id))) broken.push(`${id} is in two sets`);
      if (record === undefined) broken.push(`${id} is ${state} without a record`);
      else observed.set(longId(id), ticketOf(state, Number(entries[at + 1]), record));
    }
  }
  const recorded = Object.keys(records).length;
  if (recorded !== observed.size) broken.push(`${observed.size} in sets, ${recorded} tickets`);
  const stored = storedCounters(fields['counters']);
  const counters = Object.fromEntries(
    counterNames.map((name) => [name, Number(stored.get(name) ?? 0)]),
  ) as Counters;
  const spent = (members[setStates.length] ?? []).filter((_, index) => index % 2 === 0);
  return {
    state: fields['state'] as RoomState,
    counters: { ...counters, bucket: millionths(counters.bucket) },
    tickets: [...observed].toSorted(byId),
    spent: spent.map(longId).toSorted(),
    completed: Object.entries(used)
      .map(([id, count]): [string, number] => [longId(id), Number(count)])
      .toSorted(byId),
    codes: codes
      .flatMap((text, index): [string, ObservedCode][] =>
        text === null ? [] : [[codeNames[index] as string, codeOf(text)]],
      )
      .toSorted(byId),
    broken,
  };
}

function codeOf(text: string): ObservedCode {
  const [id = '', number, order, gen, expiresAtMs, usedBy = null] = text.split(' ');
  return {
    ticketId: longId(id),
    number: Number(number),
    order: Number(order),
    gen: Number(gen),
    expiresAtMs: Number(expiresAtMs),
    usedBy,
  };
}

/** The room's counters are one text, in the order of `counter_names` and then `tally_names` in _room.lua. */
const storedNames = [...scriptText('tick').matchAll(/local (?:counter|tally)_names = \{([^}]*)\}/g)].flatMap(
  ([, list = '']) => [...list.matchAll(/'(\w+)'/g)].map(([, name = '']) => name),
);

function storedCounters(text = ''): Map<string, string | undefined> {
  const values = text.split(' ');
  return new Map(storedNames.map((name, index) => [name, values[index]]));
}

function ticketOf(state: LiveState, score: number, record: string): ObservedTicket {
  const [number = 0, at = 0, order = 0, extensions = 0, left = 0, gen = 0] = record.split(' ').map(Number);
  const timed = state === 'admitted' || state === 'entered';
  return {
    state,
    number,
    order: timed ? order : score,
    atMs: timed ? score : at,
    extensions,
    gen,
    left: left === 1,
  };
}
