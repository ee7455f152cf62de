/** Finding a ticket, on Redis: scripts that only read, on a connection of its own, so that nobody waits behind them. */
import type { EndOutcome, LiveState } from '../domain/ticket.ts';
import { runScript } from './redis-calls.ts';
import type { RedisClient } from './redis-connection.ts';
import { codeKey, longId, roomKeys, shortId } from './redis-keys.ts';
import {
  type FoundState,
  historyPageMax,
  type NotedCode,
  type TicketEvent,
  type TicketFinder,
} from './ticket-finder.ts';

/** The port on Redis. `close` ends the connection. */
export function redisTicketFinder({ redis }: { redis: RedisClient }): TicketFinder {
  // Of its caller a script that changes nothing needs to know nothing.
  const nobody = ['', 0, '', 0, 0];
  // A read needs no confirmation.
  const waitReplicas = 0;
  return {
    async find(roomId, search) {
      const code = codeKey(roomId, search.by === 'code' ? search.codeName : '');
      const named =
        search.by === 'id' ? shortId(search.ticketId) : search.by === 'number' ? search.number : '';
      const given = [...roomKeys(roomId), code, ...nobody, search.by, named];
      const [kind, clocks = '', noted = '', state = '', details = ''] = (await runScript(
        redis,
        'ticket_find',
        given,
        waitReplicas,
      )) as string[];
      if (kind === 'no-room') return null;
      if (kind === 'unknown-code') return { kind };
      const [clockMs = 0, wallMs = 0, startedUs = 0, purgedUs = 0] = clocks.split(' ').map(Number);
      const ticket = decodeState(state, details.split(' '));
      return { clockMs, wallMs, startedUs, purgedUs, code: noted === '' ? null : decodeCode(noted), ticket };
    },
    async history(roomId, ticketId, below) {
      const given = [...roomKeys(roomId), ...nobody, shortId(ticketId), below ?? 0, historyPageMax];
      const [kind, next, found] = (await runScript(redis, 'ticket_history', given, waitReplicas)) as [
        string,
        string,
        string[][],
      ];
      if (kind === 'no-room') return null;
      return { events: found.flatMap(decodeEvent), below: Number(next) || null };
    },
    async close() {
      redis.disconnect();
    },
  };
}

function decodeCode(text: string): NotedCode {
  const [id = '', number, order, gen, expiresAtMs, isUsed] = text.split(' ');
  return {
    ticketId: longId(id),
    number: Number(number),
    order: Number(order),
    gen: Number(gen),
    expiresAtMs: Number(expiresAtMs),
    isUsed: isUsed === '1',
  };
}

function decodeState(kind: string, [id = '', ...rest]: string[]): FoundState {
  const ticketId = id === '' ? null : longId(id);
  const [number = 0, order = 0, atMs = 0, extensions = 0, gen = 0, left = 0, rank = 0] = rest.map(Number);
  if (kind === 'unknown' || ticketId === null) return { kind: 'unknown', ticketId };
  if (kind === 'ended') {
    const [rememberedUntilMs = 0, places = -1] = rest.map(Number);
    return { kind, ticketId, rememberedUntilMs, placesUsed: places < 0 ? null : places };
  }
  const isLeft = left === 1;
  return { kind: kind as LiveState, ticketId, number, order, atMs, extensions, gen, isLeft, rank };
}

function decodeEvent([, type, at, note = '']: string[]): TicketEvent[] {
  const atMs = Number(at);
  const [first = '', second = ''] = note.split(' ');
  switch (type) {
    case 'admitted':
      return [{ type, atMs, releaseNumber: Number(first) }];
    case 'entered':
    case 'lapsed':
      return [{ type, atMs }];
    case 'ended':
      return [{ type, atMs, outcome: first as EndOutcome, placesUsed: Number(second) }];
    case 'moved':
      return [{ type, atMs, gen: Number(first) }];
    default:
      return [];
  }
}
