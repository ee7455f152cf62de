/**
 * One visitor's calls to the public API. A call that got no answer, 429 or 503 is made again with the same ids
 * after the time the server asked for, as any honest client does; every other answer is the caller's.
 */
import http, { type RefinedResponse } from 'k6/http';
import { setTimeout } from 'k6/timers';
import { internalUrl, originKey, pageOrigin, publicUrl, roomId } from './settings.ts';
import type { TicketAnswer } from './wire.ts';

/** In k6 at run time, not in its types. */
declare const crypto: { randomUUID(): string };

export type Response = RefinedResponse<'text'>;

const room = `${publicUrl}/v1/rooms/${roomId}`;
/** With the waits in between, this outlasts a failover or the restart of a replica. */
const triesMax = 20;
const retryAfterDefaultMs = 1_000;

// What the protocol expects is no failed request: refusals are looked at by whoever asked.
http.setResponseCallback(http.expectedStatuses({ min: 200, max: 299 }, 303, 401, 404, 409));

/** Lets the event loop of this visitor run for so long. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

/** A key for one join; the same key again finds the same ticket. */
export function newIdempotencyKey(): string {
  return crypto.randomUUID();
}

/** What a browser adds to every call of a page on another site. */
export function from(origin: string): { Origin?: string } {
  return origin === '' ? {} : { Origin: origin };
}

/** Takes a ticket; repeated with the same key as long as the server is away or asks for patience. */
export function join(idempotencyKey: string): Promise<Response> {
  return again(() =>
    http.post(`${room}/tickets`, '{}', {
      headers: {
        ...from(pageOrigin),
        'Content-Type': 'application/json',
        'Idempotency-Key': idempotencyKey,
      },
      tags: { name: 'join' },
    }),
  );
}

export function look(queueToken: string): Promise<Response> {
  return again(() => http.get(`${room}/ticket`, { headers: holder(queueToken), tags: { name: 'look' } }));
}

export function enter(queueToken: string): Promise<Response> {
  return again(() => post('enter', queueToken));
}

/** Back to one's order after a missed turn. */
export function comeBack(queueToken: string): Promise<Response> {
  return again(() => post('return', queueToken));
}

export function leave(queueToken: string): Promise<Response> {
  return again(() =>
    http.del(`${room}/ticket`, null, { headers: holder(queueToken), tags: { name: 'leave' } }),
  );
}

/** Ends the stay: as the origin where its key is given, else as the visitor. */
export function finish(ticket: { ticketId: string; queueToken: string }): Promise<Response> {
  if (internalUrl === '' || originKey === '') return leave(ticket.queueToken);
  const url = `${internalUrl}/v1/rooms/${roomId}/sessions/${ticket.ticketId}/finish`;
  return again(() =>
    http.post(url, JSON.stringify({ outcome: 'completed', placesUsed: 0 }), {
      headers: { 'Content-Type': 'application/json', ...bearer(originKey) },
      tags: { name: 'finish' },
    }),
  );
}

/** The body of a ticket's answer; null when it is none. */
export function ticketOf(response: Response): TicketAnswer | null {
  try {
    const body = JSON.parse(response.body) as TicketAnswer;
    return typeof body.kind === 'string' ? body : null;
  } catch {
    return null;
  }
}

function post(action: 'enter' | 'return', queueToken: string): Response {
  return http.post(`${room}/ticket/${action}`, '{}', {
    headers: { 'Content-Type': 'application/json', ...holder(queueToken) },
    tags: { name: action },
  });
}

/** What a page sends for the holder of a ticket. */
function holder(queueToken: string): Record<string, string> {
  return { ...from(pageOrigin), ...bearer(queueToken) };
}

function bearer(token: string): { Authorization: string } {
  return { Authorization: `Bearer ${token}` };
}

async function again(call: () => Response): Promise<Response> {
  let response = call();
  for (let attempt = 1; attempt < triesMax && isPassing(response.status); attempt += 1) {
    const retryAfterMs = 1_000 * Number(response.headers['Retry-After'] ?? 0) || retryAfterDefaultMs;
    await pause(retryAfterMs * (1 + Math.random()));
    response = call();
  }
  return response;
}

/** No answer at all, too many, or away: the same call may go through later. */
function isPassing(status: number): boolean {
  return status === 0 || status === 429 || status >= 500;
}
