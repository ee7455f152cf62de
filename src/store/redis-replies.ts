/**
 * Decodes what the scripts reply into the port's unions, once. Every reply begins with a word. A ticket's answer is
 * one text, its parts apart by blanks; a batch's answers are one text, apart by commas: of an array Redis and
 * ioredis handle each element by itself.
 */
import type { Frame, FrameFigures } from '../domain/frame.ts';
import { type KeptPolicy, type Room, type RoomState, wholePolicy } from '../domain/room.ts';
import type { EndOutcome, LiveState } from '../domain/ticket.ts';
import type {
  FinishAnswer,
  JoinAnswer,
  KeepAliveAnswer,
  MoveAnswer,
  RedeemAnswer,
  Reply,
  RoomHead,
  SightAnswer,
  Sighting,
  TickAnswer,
  TicketAnswer,
} from './queue-store.ts';
import type { RoomChangeByItself, RoomEvent } from './room-events.ts';
import { longId } from './redis-keys.ts';

type Text = string | null;

/** A whole reply: the refusal word, or the head and the decoded answer. */
export function decodeReply<Answer>(reply: unknown, decode: (answer: unknown) => Answer): Reply<Answer> {
  const [kind, head = '', answer] = reply as [string, string?, unknown?];
  if (kind === 'no-room' || kind === 'deleted' || kind === 'behind') return { kind };
  return { kind: 'served', head: decodeHead(head), answer: decode(answer) };
}

function decodeHead(head: string): RoomHead {
  const parts = head.split(' ');
  return {
    epochNumber: Number(parts[0]),
    epochId: parts[1] ?? '',
    eventNumber: Number(parts[2]),
    lastOrder: Number(parts[3]),
    lastNumber: Number(parts[4]),
    frontier: Number(parts[5]),
    placesUsed: Number(parts[6]),
    held: Number(parts[7]),
    clockMs: Number(parts[8]),
    wallMs: Number(parts[9]),
    startedUs: Number(parts[10]),
    version: Number(parts[11]),
    purgedUs: Number(parts[12]),
  };
}

/** `state number order atMs extensions gen` or a word. */
export function decodeTicket(answer: unknown): TicketAnswer {
  return ticketOf((answer as string).split(' '));
}

function ticketOf(parts: string[]): TicketAnswer {
  const kind = parts[0] as TicketAnswer['kind'];
  if (kind === 'ended' || kind === 'gone' || kind === 'moved' || kind === 'unknown') return { kind };
  return {
    kind,
    number: Number(parts[1]),
    order: Number(parts[2]),
    atMs: Number(parts[3]),
    extensions: Number(parts[4]),
    gen: Number(parts[5]),
  };
}

/** That one word, or a ticket. */
export function decodeTicketOr<Word extends string>(
  answer: unknown,
  word: Word,
): TicketAnswer | { kind: Word } {
  return answer === word ? { kind: word } : decodeTicket(answer);
}

/** A batch's answers, each by its own decoder. */
function decodeEach<Answer>(answer: unknown, decode: (entry: string) => Answer): Answer[] {
  return (answer as string).split(',').map(decode);
}

/** Tickets with `position releaseNumber` behind, 0 where there is none, or words. */
export function decodeJoins(answer: unknown): JoinAnswer[] {
  return decodeEach(answer, (entry) => {
    const parts = entry.split(' ');
    const [kind] = parts;
    if (parts.length === 1) return { kind: kind as Extract<JoinAnswer['kind'], 'gone' | 'moved' | 'full'> };
    // Its visitor left, and its session still holds the seat.
    if (kind === 'ended') return { kind: 'gone' };
    const ticket = ticketOf(parts) as Extract<TicketAnswer, { kind: LiveState }>;
    return { ...ticket, position: Number(parts[6]) || null, releaseNumber: Number(parts[7]) || null };
  });
}

/** Until when those are present who wait as they were sighted (`=`); then each one's. */
export function decodeSightings(answer: unknown, sightings: readonly Sighting[]): SightAnswer[] {
  const entries = (answer as string).split(',');
  const atMs = Number(entries[0]);
  return sightings.map(({ number, order, gen }, index) => {
    const entry = entries[index + 1];
    if (entry !== '=') return decodeTicket(entry) as SightAnswer;
    return { kind: 'waiting', number, order, atMs, extensions: 0, gen };
  });
}

/** A ticket with its id behind, or a word. */
export function decodeMove(answer: unknown): MoveAnswer {
  const parts = (answer as string).split(' ');
  const [kind = ''] = parts;
  if (kind === 'unknown-code' || kind === 'used') return { kind };
  const ticket = ticketOf(parts) as SightAnswer;
  return 'order' in ticket ? { ...ticket, ticketId: longId(parts[6] ?? '') } : ticket;
}

export function decodeKeepAlives(answer: unknown): KeepAliveAnswer[] {
  return decodeEach(answer, (entry) => {
    const [kind, expiryMs, number] = entry.split(' ');
    return kind === 'kept' ? { kind, expiryMs: Number(expiryMs), number: Number(number) } : { kind: 'ended' };
  });
}

export function decodeFinish(answer: unknown): FinishAnswer {
  const [kind, outcome, placesUsed] = (answer as string).split(' ');
  if (kind === 'none-left') return { kind };
  return { kind: 'finished', outcome: outcome as EndOutcome, placesUsed: Number(placesUsed) };
}

export function decodeRedeem(answer: unknown): RedeemAnswer {
  const [kind, expiryMs, number] = (answer as string).split(' ');
  if (kind === 'used' || kind === 'stale' || kind === 'ended') return { kind };
  return { kind: 'redeemed', expiryMs: Number(expiryMs), number: Number(number) };
}

/** An answer that is a word already. */
export function decodeWord<Word extends string>(answer: unknown): Word {
  return answer as Word;
}

export function decodeTick(answer: unknown, roomId: string): TickAnswer {
  const [frame, description, events, gap, more, readTo] = answer as [
    string,
    Text[],
    string[][],
    number,
    number,
    string,
  ];
  return {
    frame: decodeFrame(frame),
    room: description.length === 0 ? null : decodeRoom(roomId, description),
    events: events.map(decodeEvent),
    gap: gap === 1,
    more: more === 1,
    readTo: Number(readTo),
  };
}

/** Whether a tick's reply asks for a purge. */
export function isPastRetention(reply: unknown): boolean {
  const [kind, , answer] = reply as [string, string?, unknown[]?];
  return kind === 'served' && answer?.[6] === 1;
}

function decodeRoom(roomId: string, description: Text[]): Room {
  const [state, version, policy, notice, reason] = description;
  return {
    roomId,
    state: state as RoomState,
    version: Number(version),
    policy: wholePolicy(JSON.parse(policy ?? '{}') as KeptPolicy),
    notice: JSON.parse(notice ?? 'null') as Room['notice'],
    reason: JSON.parse(reason ?? 'null') as Room['reason'],
  };
}

/** A frame's numbers, in the order of `newest_frame` in store/lua/tick.lua. */
const frameNumbers = [
  'clockMs',
  'nowUs',
  'waiting',
  'parked',
  'lapsed',
  'admitted',
  'inside',
  'assumed',
  'placesUsed',
  'admittedTotal',
  'freedTotal',
  'skippedTotal',
  'holdUntilMs',
  'frontier',
  'undelivered',
  'undeliveredMs',
  'deadLetters',
  'joinedTotal',
  'lapsedTotal',
  'returnedTotal',
  'enteredTotal',
  'completedTotal',
  'endedTotal',
  'present',
  'presentAtMs',
] as const satisfies readonly (keyof FrameFigures)[];

/** What a frame says of the room, from its numbers apart by commas. */
export function decodeFigures(numbers: string): FrameFigures {
  const values = numbers.split(',');
  // A frame of an earlier version of the script ends before the last of them.
  return Object.fromEntries(
    frameNumbers.map((name, index) => [name, Number(values[index] ?? (name === 'undeliveredMs' ? -1 : 0))]),
  ) as FrameFigures;
}

function decodeFrame(text: string): Frame {
  const [numbers = '', knots = ''] = text.split(';');
  let order = 0;
  const checkpoints = knots === '' ? [] : knots.split(',').map((step) => (order += Number(step)));
  return { ...decodeFigures(numbers), checkpoints };
}

/** `version from to cause`; the version alone: not the room's own doing. */
function decodeChange(note: string): RoomChangeByItself | null {
  const [, from, to, cause] = note.split(' ');
  return cause === undefined ? null : ({ from, to, cause } as RoomChangeByItself);
}

function decodeEvent(entry: string[]): RoomEvent {
  const [number, type, at, ids = '', note = ''] = entry;
  const base = { eventNumber: Number(number), atMs: Number(at) };
  const ticketIds = ids === '' ? [] : ids.split(',').map(longId);
  const [first = '', second = ''] = note.split(' ');
  switch (type) {
    case 'admitted':
      return { ...base, type, ticketIds, releaseNumber: Number(first), deadlineMs: Number(second) };
    case 'entered':
      return { ...base, type, ticketIds, expiryMs: Number(first) };
    case 'lapsed':
      return { ...base, type, ticketIds };
    case 'ended':
      return { ...base, type, ticketIds, outcome: first as EndOutcome, placesUsed: Number(second) };
    case 'moved':
      return { ...base, type, ticketIds, gen: Number(first) };
    case 'room':
      return { ...base, type, version: Number(first), change: decodeChange(note) };
    case 'recovered':
      return { ...base, type, epochNumber: Number(first) };
    default:
      throw new Error(`An event of an unknown type: ${String(type)}`);
  }
}
