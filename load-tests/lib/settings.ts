/**
 * Where the load goes and how much of it: `k6 run -e GUICHET_URL=… -e GUICHET_ROOM=… load-tests/rush.ts`.
 *
 * GUICHET_URL is the public address, without a trailing slash. With GUICHET_INTERNAL_URL and GUICHET_ORIGIN_KEY a
 * visitor who is done finishes its session as an origin would, and its seat is free at once; without them it
 * leaves, and the seat is free when its pass has run out.
 */

function text(name: string, fallback: string): string {
  const value = __ENV[name];
  return value === undefined || value === '' ? fallback : value;
}

function number(name: string, fallback: number): number {
  const value = Number(text(name, String(fallback)));
  if (!Number.isFinite(value) || value < 0) throw new Error(`${name} must be a number of 0 or more`);
  return value;
}

export const publicUrl = text('GUICHET_URL', 'http://127.0.0.1:8080').replace(/\/$/, '');
export const roomId = text('GUICHET_ROOM', 'demo');
export const internalUrl = text('GUICHET_INTERNAL_URL', '').replace(/\/$/, '');
export const originKey = text('GUICHET_ORIGIN_KEY', '');
/** The origin of the page that visitors come through, `https://www.example.org`; without it they are no pages, as apps. */
export const pageOrigin = text('GUICHET_ORIGIN', '');

/** People, and the time over which they arrive. */
export const visitors = number('GUICHET_VISITORS', 100);
export const arrivalMs = 1_000 * number('GUICHET_ARRIVAL_SECONDS', 10);
/** How long one stays inside, on average. */
export const stayMs = 1_000 * number('GUICHET_STAY_SECONDS', 2);
/** After this long nobody waits any more; who still waits then has given up. */
export const patienceMs = 1_000 * number('GUICHET_PATIENCE_SECONDS', 600);
