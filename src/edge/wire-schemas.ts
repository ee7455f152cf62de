/** The shapes on the wire (v1), checked at the edge and told in the OpenAPI document. */
import { z } from 'zod';
import { isRoomId, roomStates } from '../domain/room.ts';
import { endOutcomes } from '../domain/ticket.ts';
import { standingReasons } from '../service/ticket-view.ts';
import { localizedText } from './policy-schema.ts';

export const roomParams = z.object({
  roomId: z.string().max(64).refine(isRoomId, 'must be lower-case words joined by hyphens'),
});
export const sessionParams = roomParams.extend({ ticketId: z.uuid() });

/** No body, or an empty object. */
export const emptyBody = z.strictObject({}).nullish();
export const enterBody = z.strictObject({ target: z.string().max(2_000).optional() }).nullish();
export const extendBody = z.strictObject({ extension: z.int().min(1).max(10) });
/** As somebody typed it. */
export const resumeBody = z.strictObject({ code: z.string().max(40) });
export const redeemBody = z.strictObject({ handOver: z.string().min(1).max(2_048) });
export const keepAliveBody = z.strictObject({ pass: z.string().max(2_048).optional() }).nullish();
export const finishBody = z.strictObject({
  outcome: z.enum(['completed', 'gave-up']),
  placesUsed: z.int().min(0).max(20).optional(),
});
export const stateBody = z.strictObject({ reason: localizedText.nullish() }).nullish();
export const noticeBody = z.strictObject({ notice: localizedText });

export const idempotencyHeaders = z.object({ 'idempotency-key': z.uuid().optional() });

/** The rest is the visitor's own request: its cookies, and what a proxy tells the gate of it. */
export const answerHeaders = z.looseObject({ 'x-answer-status': z.string().regex(/^[1-5]\d\d$/) });

const instant = z.iso.datetime();
const identified = { ticketId: z.uuid(), number: z.int().min(1), queueToken: z.string().optional() };
const pollAfterMs = z.int();

const standing = z.object({
  position: z.int().min(1).nullable(),
  waiting: z.int().min(0),
  expectedWaitMs: z.object({ low: z.int(), high: z.int() }).nullable(),
  reason: z.enum(standingReasons),
  placesLeft: z.int().min(0).nullable(),
  asOf: instant,
});

export const ticketAnswer = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('waiting'), ...identified, standing, pollAfterMs }),
  z.object({
    kind: z.literal('admitted'),
    ...identified,
    releaseNumber: z.int().nullable(),
    expiresAt: instant,
    enterWithinMs: z.int(),
    extensionsLeft: z.int().min(0).max(10),
    pollAfterMs,
  }),
  z.object({ kind: z.literal('entered'), ...identified, expiresAt: instant, pollAfterMs }),
  z.object({ kind: z.literal('lapsed'), ...identified, returnUntil: instant, pollAfterMs }),
  z.object({ kind: z.literal('ended'), ...identified, outcome: z.enum(endOutcomes).nullable() }),
  z.object({ kind: z.literal('gone'), ...identified, reason: z.enum(['over', 'earlier-run', 'moved']) }),
]);

export const resumeCode = z.object({ code: z.string(), resumeUrl: z.url(), expiresAt: instant });
export const entered = z.object({ pass: z.string(), expiresAt: instant, redirectUrl: z.url().nullable() });
export const session = z.object({ ticketId: z.uuid(), pass: z.string(), expiresAt: instant });
export const finished = z.object({ outcome: z.string(), placesUsed: z.int() });

export const publicRoom = z.object({
  roomId: z.string(),
  name: localizedText,
  /** Those in which visitors are spoken to, the room's first one first. */
  languages: z.array(z.string()),
  timeZone: z.string(),
  /** Where the room leads, unless a visitor asks for another address that is allowed. */
  targetUrl: z.url().nullable(),
  enterWithinMs: z.int(),
  state: z.enum(roomStates),
  reason: localizedText.nullable(),
  joinFrom: z.string().nullable(),
  opensAt: z.string().nullable(),
  waiting: z.int().min(0).nullable(),
  notice: localizedText.nullable(),
  placesLeft: z.int().min(0).nullable(),
  asOf: instant.nullable(),
  /** The server's wall clock: devices' own may be wrong. */
  now: instant,
});

export const roomDescription = z.object({
  roomId: z.string(),
  state: z.enum(roomStates),
  version: z.int(),
  policy: z.record(z.string(), z.unknown()),
  notice: localizedText.nullable(),
  reason: localizedText.nullable(),
  warnings: z.array(z.object({ field: z.string(), code: z.string(), message: z.string() })),
});
export const roomList = z.object({ rooms: z.array(roomDescription) });
