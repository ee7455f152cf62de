/**
 * The one catalogue of errors. Expected answers ("not your turn yet" in a look) are values with a `kind`;
 * what is thrown is a GuichetError with a code from this table, rendered as problem+json in one place
 * (edge/problem.ts). docs/errors.md is compared with it by a test.
 */
export const errorCatalogue = {
  'request-malformed': { status: 400, title: 'The request could not be read' },
  'request-invalid': { status: 400, title: 'The request has an invalid value' },
  'email-invalid': { status: 400, title: 'The e-mail address could not be read' },
  'key-missing': { status: 401, title: 'An API key is required' },
  'token-missing': { status: 401, title: 'A queue token is required' },
  'token-refused': { status: 401, title: 'The token was not accepted' },
  'key-forbidden': { status: 403, title: 'This API key may not do that' },
  'proposal-own': { status: 403, title: 'A change is confirmed by someone else than its proposer' },
  'origin-forbidden': { status: 403, title: 'Requests from this site are not accepted' },
  'route-unknown': { status: 404, title: 'There is nothing at this address' },
  'room-unknown': { status: 404, title: 'There is no such room' },
  'proposal-unknown': { status: 404, title: 'There is no such proposal' },
  'code-unknown': { status: 404, title: 'There is no such resume code' },
  'key-unknown': { status: 404, title: 'There is no such API key' },
  'method-not-allowed': { status: 405, title: 'This address does not take that method' },
  'room-closed': { status: 409, title: 'The room is closed' },
  'room-not-open-yet': { status: 409, title: 'Joining is not open yet' },
  'room-bypassed': { status: 409, title: 'Nobody needs to wait: the room is bypassed' },
  'room-full': { status: 409, title: 'The room holds as many tickets as it may' },
  'room-changed': { status: 409, title: 'The room was changed by someone else at the same time' },
  'proposal-over': { status: 409, title: 'This change cannot be confirmed any more' },
  'proposals-full': { status: 409, title: 'Too many changes of this room wait for a second person' },
  'second-person-required': { status: 409, title: 'A second person is required for this room' },
  'emails-full': { status: 409, title: 'No more e-mails can be asked for in this room' },
  'no-places-left': { status: 409, title: 'No places are left' },
  'ticket-over': { status: 409, title: 'This ticket is over' },
  'ticket-moved': { status: 409, title: 'This ticket moved to another device' },
  'code-used': { status: 409, title: 'This resume code was already used' },
  'not-admitted': { status: 409, title: 'It is not this ticket’s turn' },
  'return-too-late': { status: 409, title: 'The time to come back is over' },
  'extension-refused': { status: 409, title: 'This extension is not the next one, or all are used' },
  'hand-over-used': { status: 409, title: 'This hand-over was already used' },
  'session-ended': { status: 409, title: 'This session has ended' },
  'key-made-before': { status: 409, title: 'This Idempotency-Key made another API key before' },
  'key-of-settings': { status: 409, title: 'This API key is in the settings, and is revoked there' },
  'keys-full': { status: 409, title: 'As many API keys are kept as may be' },
  'version-outdated': { status: 412, title: 'The room was changed since you read it' },
  'body-too-large': { status: 413, title: 'The request body is too large' },
  'content-type-unsupported': { status: 415, title: 'The request body must be JSON' },
  'rate-limited': { status: 429, title: 'Too many requests' },
  'header-too-large': { status: 431, title: 'The request headers are too large' },
  'internal-error': { status: 500, title: 'Something went wrong here' },
  'store-unavailable': { status: 503, title: 'The queue cannot be reached right now; every turn is kept' },
  'audit-unavailable': { status: 503, title: 'It was done, but it could not be written down' },
  'service-full': { status: 503, title: 'This server holds as many connections as it may' },
} as const;

/** A stable, machine-readable error code. */
export type ErrorCode = keyof typeof errorCatalogue;

/** Those that only the internal listener answers with: no visitor meets them, so no language has a sentence for them. */
const operatorCodes = [
  'proposal-own',
  'proposal-unknown',
  'proposal-over',
  'proposals-full',
  'second-person-required',
  'version-outdated',
  'audit-unavailable',
  'key-unknown',
  'key-made-before',
  'key-of-settings',
  'keys-full',
] as const satisfies readonly ErrorCode[];
export type VisitorErrorCode = Exclude<ErrorCode, (typeof operatorCodes)[number]>;

/** Whether a visitor can meet it. */
export function isForVisitors(code: ErrorCode): code is VisitorErrorCode {
  return !(operatorCodes as readonly ErrorCode[]).includes(code);
}

/** Where the engine keeps it; browsers' type definitions do not know. */
const stackTraces = Error as { stackTraceLimit?: number };

/** An error with a code from the catalogue. `detail` is for people and never holds a secret. */
export class GuichetError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  /** When to try again, in milliseconds; becomes `Retry-After`. */
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, options: { detail?: string; retryAfterMs?: number; cause?: unknown } = {}) {
    // Where it was thrown says nothing that its code does not, and is most of what a refusal costs.
    const { stackTraceLimit = 10 } = stackTraces;
    stackTraces.stackTraceLimit = errorCatalogue[code].status < 500 ? 0 : stackTraceLimit;
    super(options.detail ?? errorCatalogue[code].title, { cause: options.cause });
    stackTraces.stackTraceLimit = stackTraceLimit;
    this.name = 'GuichetError';
    this.code = code;
    this.status = errorCatalogue[code].status;
    this.retryAfterMs = options.retryAfterMs;
  }
}
