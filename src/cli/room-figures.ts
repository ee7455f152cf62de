/**
 * The live figures of rooms, as `watch` shows them: of each room's snapshot, or, where a replica has none yet, what its
 * policy says. `figuresOf` alone knows the names of the snapshot's fields.
 */
import type { ApiClient, Body } from './api-client.ts';
import { Refusal } from './refusal.ts';
import { paceText, type RoomBody, stateWord } from './room-words.ts';
import type { Bilingual, Voice } from './voice.ts';

/** Asked for at once: a key may see hundreds of rooms. */
const atOnceMax = 8;

/** Null: not known. */
export type RoomFigures = {
  roomId: string;
  state: string;
  waiting: number | null;
  present: number | null;
  inside: number | null;
  capacity: number | null;
  /** Admissions a minute: what is asked for, and what was reached lately. */
  askedPerMinute: number | null;
  reachedPerMinute: number | null;
  /** What the last in line is told. */
  lastInLineMs: { low: number; high: number } | null;
  placesLeft: number | null;
  alarms: readonly string[];
};

/** Of these rooms; of none: of all that the key is for. Throws Refusal. */
export async function readFigures(
  api: ApiClient,
  roomIds: readonly string[],
  signal: AbortSignal,
): Promise<RoomFigures[]> {
  const alarms = await readAlarms(api, signal);
  const figures = await readRooms(api, roomIds, signal);
  return figures.map((room) => ({ ...room, alarms: alarms.get(room.roomId) ?? [] }));
}

async function readRooms(
  api: ApiClient,
  roomIds: readonly string[],
  signal: AbortSignal,
): Promise<Omit<RoomFigures, 'alarms'>[]> {
  if (roomIds.length === 0) {
    const { body } = await api.ask('/v1/rooms', { signal });
    const rooms = (body as { rooms: RoomBody[] }).rooms;
    return inParts(rooms, (room) => readOne(api, room.roomId, room, signal));
  }
  return inParts(roomIds, (roomId) => readOne(api, roomId, null, signal));
}

async function inParts<Item, Result>(
  items: readonly Item[],
  read: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (let at = 0; at < items.length; at += atOnceMax) {
    results.push(...(await Promise.all(items.slice(at, at + atOnceMax).map(read))));
  }
  return results;
}

async function readOne(
  api: ApiClient,
  roomId: string,
  known: RoomBody | null,
  signal: AbortSignal,
): Promise<Omit<RoomFigures, 'alarms'>> {
  try {
    const { body } = await api.ask(`/v1/rooms/${roomId}/snapshot`, { signal });
    return figuresOf(roomId, body);
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'route-unknown') throw error;
    const room = known ?? ((await api.ask(`/v1/rooms/${roomId}`, { signal })).body as RoomBody);
    const { capacity, outflowPerMinute } = room.policy;
    return figuresOf(roomId, { state: room.state, capacity, pace: { askedPerMinute: outflowPerMinute } });
  }
}

/** What is raised now, by room. Of a replica that knows no alarms: nothing. */
async function readAlarms(api: ApiClient, signal: AbortSignal): Promise<Map<string, string[]>> {
  const ofRoom = new Map<string, string[]>();
  try {
    const { body } = await api.ask('/v1/alarms', { query: { raised: 'true' }, signal });
    const { alarms } = body as { alarms: { alarm: string; roomId: string | null }[] };
    for (const { alarm, roomId } of alarms) {
      if (roomId !== null) ofRoom.set(roomId, [...(ofRoom.get(roomId) ?? []), alarm]);
    }
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'route-unknown') throw error;
  }
  return ofRoom;
}

/** From a snapshot; a field that is not there is not known. */
function figuresOf(roomId: string, snapshot: Body): Omit<RoomFigures, 'alarms'> {
  const { state, waiting, present, inside, capacity, pace, lastInLine, places } = snapshot as {
    state: string;
    waiting?: number;
    present?: { count: number } | null;
    inside?: number;
    capacity?: number;
    pace?: { askedPerMinute: number; reachedPerMinute?: number | null };
    lastInLine?: { expectedWaitMs: { low: number; high: number } | null } | null;
    places?: { left: number } | null;
  };
  return {
    roomId,
    state,
    waiting: waiting ?? null,
    present: present?.count ?? null,
    inside: inside ?? null,
    capacity: capacity ?? null,
    askedPerMinute: pace?.askedPerMinute ?? null,
    reachedPerMinute: pace?.reachedPerMinute ?? null,
    lastInLineMs: lastInLine?.expectedWaitMs ?? null,
    placesLeft: places?.left ?? null,
  };
}

type Column = { head: Bilingual; cell: (room: RoomFigures, voice: Voice) => string };

const unknown = '–';
const shown = (value: number | null, voice: Voice): string =>
  value === null ? unknown : voice.number(value);

const columns: readonly Column[] = [
  { head: { en: 'waiting', fr: 'en file' }, cell: ({ waiting }, voice) => shown(waiting, voice) },
  { head: { en: 'present', fr: 'présents' }, cell: ({ present }, voice) => shown(present, voice) },
  {
    head: { en: 'inside', fr: 'à l’intérieur' },
    cell: ({ inside, capacity }, voice) => `${shown(inside, voice)}/${shown(capacity, voice)}`,
  },
  {
    head: { en: 'pace', fr: 'cadence' },
    cell: ({ askedPerMinute, reachedPerMinute }, voice) =>
      `${shown(reachedPerMinute, voice)}/${askedPerMinute === null ? unknown : paceText(askedPerMinute, voice)}`,
  },
  {
    head: { en: 'last in line', fr: 'dernier de la file' },
    cell: ({ lastInLineMs }, voice) => (lastInLineMs === null ? unknown : voice.range(lastInLineMs)),
  },
  {
    head: { en: 'places left', fr: 'places libres' },
    cell: ({ placesLeft }, voice) => shown(placesLeft, voice),
  },
  { head: { en: 'alarms', fr: 'alertes' }, cell: ({ alarms }) => alarms.join(', ') || unknown },
];

/** One row a room, the heads first. */
export function watchTable(rooms: readonly RoomFigures[], voice: Voice): string[][] {
  const heads = [voice.say({ en: 'room', fr: 'salle' }), voice.say({ en: 'state', fr: 'état' })];
  return [
    [...heads, ...columns.map(({ head }) => voice.say(head))],
    ...rooms.map((room) => [
      room.roomId,
      stateWord(room.state, voice),
      ...columns.map(({ cell }) => cell(room, voice)),
    ]),
  ];
}

/** The same for lines that scroll away: each cell says what it is. */
export function watchRows(rooms: readonly RoomFigures[], voice: Voice): string[][] {
  return rooms.map((room) => [
    room.roomId,
    stateWord(room.state, voice),
    ...columns.map(({ head, cell }) => `${voice.say(head)} ${cell(room, voice)}`),
  ]);
}
