/** Structured logs: one JSON object a line on standard output. Never a token, a key or a query string. */
import { type Logger, pino } from 'pino';

export function createLogger(level: string): Logger {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime });
}
