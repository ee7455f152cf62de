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
  closesAt: z.string().nullable(),
  waiting: z.int().min(0).nullable(),
  notice: localizedText.nullable(),
  placesLeft: z.int().min(0).nullable(),
  asOf: instant.nullable(),
  /** The server's wall clock: devices' own may be wrong. */
  now: instant,
});

const policyWarning = z.object({ field: z.string(), code: z.string(), message: z.string() });
export const roomDescription = z.object({
  roomId: z.string(),
  state: z.enum(roomStates),
  version: z.int(),
  policy: z.record(z.string(), z.unknown()),
  notice: localizedText.nullable(),
  reason: localizedText.nullable(),
  warnings: z.array(policyWarning),
});
export const roomList = z.object({ rooms: z.array(roomDescription) });

/** A change that was made: the room as it is now. */
const roomTaken = roomDescription.extend({
  takenAt: instant.meta({ description: 'When the store took the change, on its own clock.' }),
});

const standingReason = z.enum(standingReasons);
const effect = z.object({
  waiting: z.int().meta({ description: 'Tickets that wait, their holders present or away.' }),
  heldBy: standingReason
    .nullable()
    .meta({ description: 'Why nobody would be let in; null: the queue moves.' }),
  drainMs: z
    .object({ low: z.int(), high: z.int() })
    .nullable()
    .meta({ description: 'How long until nobody waits who waits now, ms; null while nobody is let in.' }),
  lastInLineAt: z
    .object({ earliest: instant, latest: instant })
    .nullable()
    .meta({ description: 'When the last in line would get in.' }),
  placesPerVisitor: z
    .number()
    .nullable()
    .meta({ description: 'Places left for each who waits; null: not counted, or nobody waits.' }),
  isOverCapacity: z
    .boolean()
    .meta({ description: 'More are inside than the capacity would be; nobody is sent away.' }),
  needsSecondPerson: z.array(z.string()),
  warnings: z.array(policyWarning),
});
const roomPredicted = z.object({ dryRun: z.literal(true), room: roomDescription, effect });

const person = z.object({ keyId: z.string().nullable(), name: z.string() });
export const proposal = z.object({
  proposalId: z.uuid(),
  roomId: z.string(),
  action: z.string(),
  needs: z.array(z.string()).meta({ description: 'Why one person is not enough.' }),
  proposedBy: person,
  proposedAt: instant,
  expiresAt: instant,
  state: z.enum(['waiting', 'confirmed', 'withdrawn']),
  decidedBy: person.nullable(),
  changes: z.object({ before: z.record(z.string(), z.unknown()), after: z.record(z.string(), z.unknown()) }),
});
export const proposalList = z.object({ proposals: z.array(proposal) });
const roomProposed = z.object({ proposal });

/** What a change of a room is answered: made, or what it would do; 202: it waits for a second person. */
export const changeAnswers = { 200: z.union([roomPredicted, roomTaken]), 202: roomProposed };
export const putAnswers = { ...changeAnswers, 201: roomTaken };
export const confirmAnswers = { 200: roomTaken };

const etag = /^(\*|"\d{1,15}")$/;
export const steeringHeaders = z.object({
  'if-match': z.string().regex(etag, 'must be the ETag of the room, as "12", or *').optional().meta({
    description: 'The version that the change is for, as the room’s `ETag` told it; another is answered 412.',
  }),
});
export const steeringQuery = z.object({
  dryRun: z.enum(['true', 'false']).optional().meta({
    description: 'true: nothing is changed; the answer says what the change would do.',
  }),
});
export const proposalParams = roomParams.extend({ proposalId: z.uuid() });

export const auditQuery = z.object({
  after: z
    .string()
    .regex(/^\d{1,15}$/)
    .optional()
    .meta({ description: 'The number of the last record that is known: the page begins behind it.' }),
});
const auditRecord = z.object({
  chain: z.string(),
  number: z.int(),
  at: instant,
  roomId: z.string().nullable(),
  actor: person,
  action: z.string(),
  reason: localizedText.nullable(),
  before: z.unknown(),
  after: z.unknown(),
  proposedBy: person.nullable(),
  previous: z.string().nullable(),
  hash: z.string(),
});
export const auditPage = z.object({
  records: z.array(auditRecord),
  next: z.int().nullable(),
  head: z
    .object({ chain: z.string(), number: z.int(), hash: z.string(), firstHash: z.string() })
    .nullable()
    .meta({ description: 'Where the chain ends, and the hash of the first record that is kept.' }),
});
