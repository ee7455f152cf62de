/** Structured logs: one JSON object a line on standard output. Never a token, a key or a query string. */
import { createHash } from 'node:crypto';
import { type Logger, pino } from 'pino';

export function createLogger(level: string): Logger {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime });
}

/** A ticket id or address prefix as logs name it: the same thing has the same name, and cannot be read back. */
export function hashed(id: string): string {
  return createHash('sha256').update(id).digest('base64url').slice(0, 10);
}
