/**
 * The crowd of rush.ts, arriving through the widget on a page of another site: each visitor's browser loads the script,
 * asks before it calls, and says whose page it is. Beside it somebody else's page tries the same, and must get nothing.
 *
 *   k6 run -e GUICHET_URL=https://wait.example.org -e GUICHET_ROOM=registration \
 *          -e GUICHET_ORIGIN=https://www.example.org -e GUICHET_VISITORS=3000 load-tests/widget.ts
 *
 * GUICHET_ORIGIN must be among the room's allowedOrigins. Every visitor is new here, which is the most that a crowd can
 * ask for: a browser keeps the script for five minutes and the answer to a preflight for ten.
 */
import { check } from 'k6';
import type { Options } from 'k6/options';
import { crowd, crowdThresholds, visit } from './lib/crowd.ts';
import {
  allows,
  isReadable,
  isRefused,
  loadTicketCode,
  loadWidget,
  loadWidgetAgain,
  preflight,
  readRoom,
  tryToJoin,
} from './lib/other-site.ts';
import { arrivalMs, pageOrigin } from './lib/settings.ts';
import { pause } from './lib/visitor.ts';
import { isLiveOpenTo } from './lib/waiting.ts';

const strangerOrigin = 'https://elsewhere.example';

export const options: Options = {
  scenarios: {
    widget: crowd,
    stranger: { executor: 'per-vu-iterations', exec: 'stranger', vus: 1, iterations: 1, maxDuration: '60s' },
  },
  thresholds: {
    ...crowdThresholds,
    checks: ['rate==1'],
    http_req_failed: ['rate==0'],
    // A page without its widget is one that nobody can use.
    'http_req_duration{name:widget}': ['p(99)<5000'],
    'http_req_duration{name:widget-again}': ['p(99)<5000'],
    'http_req_duration{name:room}': ['p(99)<5000'],
    'http_req_duration{name:preflight}': ['p(99)<5000'],
    'http_req_duration{name:enter}': ['p(99)<5000'],
  },
};

const pathOf = { join: 'tickets', enter: 'ticket/enter' };

export default async function widget(): Promise<void> {
  if (pageOrigin === '') throw new Error('GUICHET_ORIGIN is needed: the origin of the page with the widget');
  await pause(Math.random() * arrivalMs);
  const { response, etag } = loadWidget();
  check(response, {
    'any page may load the script': ({ status, headers }) =>
      status === 200 && headers['Access-Control-Allow-Origin'] === '*' && etag !== '',
  });
  check(readRoom(), {
    'the page reads the state of the room': (room) => room.status === 200 && isReadable(room),
  });
  await visit({
    before: (step) => {
      if (step === 'join') {
        check(loadTicketCode(), { 'whoever takes a number gets the rest': ({ status }) => status === 200 });
      }
      check(preflight(pathOf[step], 'POST'), {
        'the browser may send what the widget sends': (answer) => allows(answer, 'POST'),
      });
    },
    answered: (step, answer) => check(answer, { [`the page reads the answer to ${step}`]: isReadable }),
  });
  check(loadWidgetAgain(etag), {
    'the next visit loads no script again': ({ status, body }) => status === 304 && !body,
  });
}

/** A page that is not on the room's list. */
export async function stranger(): Promise<void> {
  check(preflight(pathOf.join, 'POST', strangerOrigin), { 'a foreign page may send nothing': isRefused });
  check(readRoom(strangerOrigin), { 'a foreign page does not read the room': isRefused });
  check(tryToJoin(strangerOrigin), { 'a foreign page takes no ticket': isRefused });
  check(await isLiveOpenTo(strangerOrigin), {
    'a foreign page gets no live connection': (isOpen) => !isOpen,
  });
  check(await isLiveOpenTo(pageOrigin), { 'the page gets one': (isOpen) => isOpen });
}
