/**
 * What a browser does of its own accord for a page of another site: it loads the widget's script and asks again whether
 * that is still the newest, sends preflights, says whose page it is, and lets the page read what it may.
 */
import http from 'k6/http';
import { pageOrigin, publicUrl, roomId } from './settings.ts';
import { newIdempotencyKey, type Response } from './visitor.ts';

const room = `${publicUrl}/v1/rooms/${roomId}`;
const script = `${publicUrl}/widget.js`;
/** The headers that the widget sends and that are no everyday ones. */
const headersAsked = 'authorization,content-type,idempotency-key';

/** Loads the script as for a first visit; `etag` is what the next one asks with. */
export function loadWidget(): { response: Response; etag: string } {
  const response = http.get(script, {
    headers: { 'Accept-Encoding': 'gzip' },
    responseType: 'text',
    tags: { name: 'widget' },
  });
  return { response, etag: response.headers['Etag'] ?? '' };
}

/** Loads what only someone with a number needs. */
export function loadTicketCode(): Response {
  return http.get(`${publicUrl}/widget.v1.ticket.js`, {
    headers: { 'Accept-Encoding': 'gzip' },
    responseType: 'text',
    tags: { name: 'widget' },
  });
}

/** Asks whether the script is still the newest. */
export function loadWidgetAgain(etag: string): Response {
  return http.get(script, {
    headers: { 'Accept-Encoding': 'gzip', 'If-None-Match': etag },
    responseType: 'text',
    responseCallback: http.expectedStatuses(304),
    tags: { name: 'widget-again' },
  });
}

/** Asks what a page of that origin may do at an address below the room's. */
export function preflight(path: string, method: string, origin = pageOrigin): Response {
  return http.request('OPTIONS', `${room}/${path}`, null, {
    headers: {
      Origin: origin,
      'Access-Control-Request-Method': method,
      'Access-Control-Request-Headers': headersAsked,
    },
    responseType: 'text',
    responseCallback: http.expectedStatuses(204, 403),
    tags: { name: 'preflight' },
  });
}

/** The room's public state, as a page of that origin asks for it. */
export function readRoom(origin = pageOrigin): Response {
  return http.get(room, {
    headers: { Origin: origin },
    responseType: 'text',
    responseCallback: http.expectedStatuses(200, 403),
    tags: { name: 'room' },
  });
}

/** A page of that origin tries to take a ticket, and sends what no preflight has allowed. */
export function tryToJoin(origin: string): Response {
  return http.post(`${room}/tickets`, '{}', {
    headers: {
      Origin: origin,
      'Content-Type': 'application/json',
      'Idempotency-Key': newIdempotencyKey(),
    },
    responseType: 'text',
    responseCallback: http.expectedStatuses(403),
    tags: { name: 'foreign-join' },
  });
}

/** Whether the browser lets the page read this answer, and keeps it from pages of others. */
export function isReadable({ headers }: Response): boolean {
  return headers['Access-Control-Allow-Origin'] === pageOrigin && hasWord(headers['Vary'], 'origin');
}

/** Whether the browser sends what the preflight asked about. */
export function allows(response: Response, method: string): boolean {
  const { status, headers } = response;
  const allowed = headers['Access-Control-Allow-Headers'];
  return (
    status === 204 &&
    isReadable(response) &&
    hasWord(headers['Access-Control-Allow-Methods'], method) &&
    headersAsked.split(',').every((name) => hasWord(allowed, name)) &&
    // Otherwise every call costs two.
    Number(headers['Access-Control-Max-Age']) >= 600
  );
}

/** Whether a page of another origin got nothing of it. */
export function isRefused({ status, headers, body }: Response): boolean {
  const isHidden = headers['Access-Control-Allow-Origin'] === undefined;
  return status === 403 && isHidden && body.includes('"origin-forbidden"');
}

function hasWord(list: string | undefined, word: string): boolean {
  const words = (list ?? '').toLowerCase().split(',');
  return words.some((one) => one.trim() === word.toLowerCase());
}
