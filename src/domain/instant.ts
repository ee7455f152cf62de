/** Wall time, ms since the Unix epoch, as the wire tells it: ISO 8601 in UTC, to the millisecond. */
export function iso(wallMs: number): string {
  return new Date(wallMs).toISOString();
}
