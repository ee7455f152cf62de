/**
 * One visitor, every public call once: does this deployment work at all? Seconds, and nothing left behind.
 *
 *   k6 run -e GUICHET_URL=https://wait.example.org -e GUICHET_ROOM=registration load-tests/smoke.ts
 *
 * The room must let people join; whether it admits does not matter.
 */
import { check } from 'k6';
import http from 'k6/http';
import type { Options } from 'k6/options';
import { publicUrl, roomId } from './lib/settings.ts';
import { join, leave, look, newIdempotencyKey, ticketOf } from './lib/visitor.ts';
import { waitForTurn } from './lib/waiting.ts';

export const options: Options = {
  vus: 1,
  iterations: 1,
  thresholds: { checks: ['rate==1'], http_req_failed: ['rate==0'] },
};

const liveAnswersWithinMs = 5_000;

export default async function smoke(): Promise<void> {
  const state = http.get<'text'>(`${publicUrl}/v1/rooms/${roomId}`);
  check(state, { 'the room is there': ({ status }) => status === 200 });
  const keys = http.get<'text'>(`${publicUrl}/.well-known/jwks.json`);
  check(keys, {
    'the keys of passes are published': ({ status, body }) => status === 200 && body.includes('"kid"'),
  });
  const page = http.get<'text'>(`${publicUrl}/rooms/${roomId}`, { redirects: 0 });
  check(page, { 'the waiting page answers and takes no ticket': ({ status }) => status === 200 });
  const unknown = http.get<'text'>(`${publicUrl}/v1/rooms/there-is-no-such-room`);
  check(unknown, {
    'an unknown room is a 404 problem': ({ status, body }) =>
      status === 404 && body.includes('"room-unknown"'),
  });
  const forged = await look('not.a.token');
  check(forged, { 'a forged token is refused': ({ status }) => status === 401 });

  const key = newIdempotencyKey();
  const joined = await join(key);
  const ticket = ticketOf(joined);
  check(joined, {
    'joining gives a ticket': ({ status }) => status === 201 && ticket?.queueToken !== undefined,
  });
  if (ticket?.queueToken === undefined) return;
  const repeated = await join(key);
  check(repeated, {
    'the same key finds the same ticket': () => ticketOf(repeated)?.ticketId === ticket.ticketId,
  });
  const looked = await look(ticket.queueToken);
  check(looked, {
    'a look tells the standing or the turn': () => /waiting|admitted/.test(ticketOf(looked)?.kind ?? ''),
  });

  let standings = 0;
  let liveFailures = 0;
  const waited = await waitForTurn(ticket.queueToken, Date.now() + liveAnswersWithinMs, {
    onStanding: () => {
      standings += 1;
    },
    onLiveFailure: () => {
      liveFailures += 1;
    },
  });
  check(null, {
    'the live socket speaks': () => liveFailures === 0 && (standings > 0 || waited === 'admitted'),
  });
  const left = await leave(ticket.queueToken);
  check(left, { 'leaving is answered': ({ status }) => status === 204 });
}
