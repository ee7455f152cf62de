/**
 * Decodes what the scripts reply into the port's unions, once. Every reply begins with a word; numbers come
 * as text because Redis would cut a Lua number to an integer and lose an order's last digits.
 */
import { type Frame } from '../domain/frame.ts';
import type { Room, RoomState } from '../domain/room.ts';
import type { EndOutcome, LiveState } from '../domain/ticket.ts';
import type {
  FinishAnswer,
  JoinAnswer,
  KeepAliveAnswer,
  RedeemAnswer,
  Reply,
  RoomEvent,
  RoomHead,
  TickAnswer,
  TicketAnswer,
} from './queue-store.ts';
import { longId } from './redis-keys.ts';

type Text = string | null;

/** A whole reply: the refusal word, or the head and the decoded answer. */
export function decodeReply<Answer>(reply: unknown, decode: (answer: unknown) => Answer): Reply<Answer> {
  const [kind, head, answer] = reply as [string, string[], unknown];
  if (kind === 'no-room' || kind === 'deleted' || kind === 'behind') return { kind };
  return { kind: 'served', head: decodeHead(head), answer: decode(answer) };
}

function decodeHead(head: string[]): RoomHead {
  const [epochNumber, epochId = '', ...rest] = head;
  const [
    eventNumber,
    lastOrder,
    lastNumber,
    frontier,
    placesUsed,
    held,
    clockMs,
    wallMs,
    startedUs,
    version,
  ] = rest.map(Number) as [number, number, number, number, number, number, number, number, number, number];
  return {
    epochNumber: Number(epochNumber),
    epochId,
    eventNumber,
    lastOrder,
    lastNumber,
    frontier,
    placesUsed,
    held,
    clockMs,
    wallMs,
    startedUs,
    version,
  };
}

/** {state, number, order, atMs, extensions, gen} or {word}. */
export function decodeTicket(answer: unknown): TicketAnswer {
  const [kind, ...fields] = answer as string[];
  if (kind === 'ended' || kind === 'gone' || kind === 'moved' || kind === 'unknown') return { kind };
  const [number, order, atMs, extensions, gen] = fields.map(Number) as [
    number,
    number,
    number,
    number,
    number,
  ];
  return { kind: kind as LiveState, number, order, atMs, extensions, gen };
}

/** An answer of one word, where there is one among `words`; otherwise a ticket. */
export function decodeTicketOr<Word extends string>(
  answer: unknown,
  word: Word,
): TicketAnswer | { kind: Word } {
  return (answer as string[])[0] === word ? { kind: word } : decodeTicket(answer);
}

export function decodeJoins(answer: unknown): JoinAnswer[] {
  return (answer as string[][]).map((entry) => {
    const [kind, , , , , , position, releaseNumber] = entry;
    if (entry.length === 1) {
      return { kind: (kind === 'ended' ? 'gone' : kind) as Extract<JoinAnswer['kind'], 'gone' | 'full'> };
    }
    const ticket = decodeTicket(entry) as Extract<TicketAnswer, { kind: LiveState }>;
    return { ...ticket, position: numberOrNull(position), releaseNumber: numberOrNull(releaseNumber) };
  });
}

export function decodeTickets(answer: unknown): TicketAnswer[] {
  return (answer as unknown[]).map(decodeTicket);
}

export function decodeKeepAlives(answer: unknown): KeepAliveAnswer[] {
  return (answer as string[][]).map(([kind, expiryMs, number]) =>
    kind === 'kept' ? { kind, expiryMs: Number(expiryMs), number: Number(number) } : { kind: 'ended' },
  );
}

export function decodeFinish(answer: unknown): FinishAnswer {
  const [kind, outcome, placesUsed] = answer as string[];
  if (kind === 'none-left') return { kind };
  return { kind: 'finished', outcome: outcome as EndOutcome, placesUsed: Number(placesUsed) };
}

export function decodeRedeem(answer: unknown): RedeemAnswer {
  const [kind, expiryMs, number] = answer as string[];
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

function decodeRoom(roomId: string, description: Text[]): Room {
  const [state, version, policy, notice, reason] = description;
  return {
    roomId,
    state: state as RoomState,
    version: Number(version),
    policy: JSON.parse(policy ?? '{}') as Room['policy'],
    notice: JSON.parse(notice ?? 'null') as Room['notice'],
    reason: JSON.parse(reason ?? 'null') as Room['reason'],
  };
}

function decodeFrame(text: string): Frame {
  const [numbers = '', knots = ''] = text.split(';');
  const [
    clockMs,
    nowUs,
    waiting,
    parked,
    lapsed,
    admitted,
    inside,
    assumed,
    placesUsed,
    admittedTotal,
    freedTotal,
    skippedTotal,
    holdUntilMs,
    frontier,
  ] = numbers.split(',').map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  let order = 0;
  const checkpoints = knots === '' ? [] : knots.split(',').map((step) => (order += Number(step)));
  return {
    clockMs,
    nowUs,
    waiting,
    parked,
    lapsed,
    admitted,
    inside,
    assumed,
    placesUsed,
    admittedTotal,
    freedTotal,
    skippedTotal,
    holdUntilMs,
    frontier,
    checkpoints,
  };
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
    case 'room':
      return { ...base, type, version: Number(first) };
    case 'recovered':
      return { ...base, type, epochNumber: Number(first) };
    default:
      throw new Error(`An event of an unknown type: ${String(type)}`);
  }
}

function numberOrNull(text: string | undefined): number | null {
  return text === undefined || text === '' ? null : Number(text);
}
