/** The shapes on the wire (v1), checked at the edge and told in the OpenAPI document. */
import { z } from 'zod';
import { completePolicy, isRoomId, roomStates } from '../domain/room.ts';
import { endOutcomes } from '../domain/ticket.ts';
import { standingReasons } from '../service/ticket-view.ts';
import { policyExample } from './policy-words.ts';
import { localizedText, wholePolicySchema } from './policy-schema.ts';

const ticketIdExample = '5d1f6b1e-7c3a-8a52-9e0b-6f2d4c8a1b37';
const queueTokenExample = 'eyJhbGciOiJIUzI1NiJ9.…';
const passExample = 'eyJhbGciOiJFUzI1NiJ9.…';
const reasonExample = { fr: 'Le paiement est en panne.', en: 'Payment is down.' };
const roomExample = {
  roomId: 'loisirs',
  state: 'open',
  version: 7,
  policy: completePolicy('loisirs', policyExample),
  notice: null,
  reason: null,
  warnings: [],
};
const noticeExample = { fr: 'Les paiements reprennent à 18 h 40.', en: 'Payments resume at 6:40 p.m.' };

export const roomParams = z.object({
  roomId: z
    .string()
    .max(64)
    .refine(isRoomId, 'must be lower-case words joined by hyphens')
    .meta({
      description: 'The room: lower-case words joined by hyphens, at most 64 characters.',
      pattern: '^[a-z0-9]+(-[a-z0-9]+)*$',
      examples: ['loisirs'],
    }),
});
const ticketId = z
  .uuid()
  .meta({ description: 'The name of a ticket; no secret.', examples: [ticketIdExample] });
export const sessionParams = roomParams.extend({ ticketId });

/** No body, or an empty object. */
export const emptyBody = z.strictObject({}).nullish();
export const enterBody = z
  .strictObject({
    target: z.string().max(2_000).optional().meta({
      description: 'Where to go on the site, if the room leads there. Default: the room’s `targetUrl`.',
    }),
  })
  .nullish()
  .meta({ examples: [{ target: 'https://inscriptions.example.org/loisirs?activite=natation' }] });
export const extendBody = z.strictObject({
  extension: z
    .int()
    .min(1)
    .max(10)
    .meta({ description: 'Which of the ten extensions; the same one again gets the same answer.' }),
});
/** As somebody typed it. */
export const resumeBody = z.strictObject({
  code: z
    .string()
    .max(40)
    .meta({
      description: 'As somebody typed it: case and hyphens do not matter.',
      examples: ['K7QXM-2PD93'],
    }),
});
export const redeemBody = z.strictObject({
  handOver: z
    .string()
    .min(1)
    .max(2_048)
    .meta({ description: 'The value of `guichet` in the address.', examples: ['eyJhbGciOiJFUzI1NiJ9.…'] }),
});
export const keepAliveBody = z
  .strictObject({
    pass: z.string().max(2_048).optional().meta({
      description: 'The visitor’s pass: with it also a session that the store has lost is renewed.',
    }),
  })
  .nullish()
  .meta({ examples: [{ pass: passExample }] });
export const finishBody = z.strictObject({
  outcome: z.enum(['completed', 'gave-up']),
  placesUsed: z.int().min(0).max(20).optional().meta({ description: 'Places taken. Default: 1.' }),
});
export const stateBody = z
  .strictObject({ reason: localizedText.nullish().meta({ description: 'Why; visitors read it.' }) })
  .nullish()
  .meta({ examples: [{ reason: reasonExample }] });
export const noticeBody = z
  .strictObject({ notice: localizedText })
  .meta({ examples: [{ notice: noticeExample }] });

export const idempotencyHeaders = z.object({
  'idempotency-key': z.uuid().optional().meta({
    description: 'Made by the client, one for each intention: a repeat with it gets the same answer.',
  }),
});

/** The rest is the visitor's own request: its cookies, and what a proxy tells the gate of it. */
export const answerHeaders = z.looseObject({
  'x-answer-status': z
    .string()
    .regex(/^[1-5]\d\d$/)
    .meta({ description: 'The status of the site’s answer.', examples: ['200'] }),
});

const instant = z.iso.datetime();
const identified = {
  ticketId,
  number: z
    .int()
    .min(1)
    .meta({ description: 'The ticket’s ordinal, for people; never changes.', examples: [2_047] }),
  queueToken: z
    .string()
    .optional()
    .meta({
      description:
        'The proof of the ticket, and its secret: with a join, and whenever a newer one is to be kept.',
      examples: [queueTokenExample],
    }),
};
const pollAfterMs = z.int().meta({ description: 'When to look again, milliseconds.', examples: [5_000] });
const count = (description: string, example: number) =>
  z
    .int()
    .min(0)
    .meta({ description, examples: [example] });
const placesLeft = count('Places that are left, as far as is known; null: not counted.', 940).nullable();

const standing = z.object({
  position: z
    .int()
    .min(1)
    .meta({ description: '1 + the tickets still ahead; null: not known right now.', examples: [212] })
    .nullable(),
  waiting: count('Tickets that wait in the room.', 1_834),
  expectedWaitMs: z
    .object({ low: z.int(), high: z.int() })
    .meta({
      description: 'A range, milliseconds; null: nothing honest can be said.',
      examples: [{ low: 740_000, high: 1_030_000 }],
    })
    .nullable(),
  reason: z.enum(standingReasons).meta({ description: 'Why the visitor waits.', examples: ['queued'] }),
  placesLeft,
  asOf: instant,
});

export const ticketAnswer = z
  .discriminatedUnion('kind', [
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
  ])
  .meta({ id: 'Ticket', description: 'A ticket as it is now, by `kind`.' });

const pass = z.string().meta({ description: 'An ES256 or RS256 JWT; a secret.', examples: [passExample] });
export const resumeCode = z.object({
  code: z.string().meta({ examples: ['K7QXM-2PD93'] }),
  resumeUrl: z.url().meta({ examples: ['https://attente.example.org/rooms/loisirs/resume?code=K7QXM2PD93'] }),
  expiresAt: instant,
});
export const entered = z.object({
  pass,
  expiresAt: instant,
  redirectUrl: z
    .url()
    .meta({
      description:
        'The target with the hand-over in it, good once within 60 s; null: the room has no target.',
      examples: ['https://inscriptions.example.org/loisirs?guichet=hand-over'],
    })
    .nullable(),
});
export const session = z.object({ ticketId, pass, expiresAt: instant });
export const finished = z.object({
  outcome: z
    .string()
    .meta({ examples: ['completed'], description: 'How it ended: by the first word that came.' }),
  placesUsed: count('Places taken.', 1),
});

/** RFC 7517; keys of both algorithms. */
export const jwks: z.ZodType<{ keys: object[] }> = z.object({
  keys: z.array(
    z.looseObject({ kty: z.string(), kid: z.string(), use: z.string(), alg: z.string() }).meta({
      examples: [{ kty: 'EC', kid: '2026-11', use: 'sig', alg: 'ES256', crv: 'P-256', x: '…', y: '…' }],
    }),
  ),
});

export const publicRoom = z.object({
  roomId: z.string(),
  name: localizedText,
  /** Those in which visitors are spoken to, the room's first one first. */
  languages: z.array(z.string()),
  timeZone: z.string(),
  /** Where the room leads, unless a visitor asks for another address that is allowed. */
  targetUrl: z
    .string()
    .meta({ examples: [policyExample.targetUrl] })
    .nullable(),
  enterWithinMs: z.int(),
  state: z.enum(roomStates),
  reason: localizedText.nullable(),
  joinFrom: z.iso.datetime({ offset: true }).nullable(),
  opensAt: z.iso.datetime({ offset: true }).nullable(),
  closesAt: z.iso.datetime({ offset: true }).nullable(),
  waiting: count('Tickets that wait; null: not known right now.', 1_834).nullable(),
  notice: localizedText.nullable(),
  placesLeft,
  asOf: instant.nullable(),
  /** The server's wall clock: devices' own may be wrong. */
  now: instant,
});

export const policyWarning = z.object({ field: z.string(), code: z.string(), message: z.string() });
export const roomDescription = z
  .object({
    roomId: z.string(),
    state: z.enum(roomStates),
    version: z.int().meta({ description: 'Rises by one with each change of state, policy or notice.' }),
    policy: wholePolicySchema,
    notice: localizedText.nullable(),
    reason: localizedText
      .nullable()
      .meta({ description: 'Why the room is in this state; visitors read it.' }),
    warnings: z
      .array(policyWarning)
      .meta({ description: 'What the policy says that is legal but unwise for people.' }),
  })
  .meta({ id: 'Room', description: 'A room, as operators see it.', examples: [roomExample] });
export const roomList = z.object({ rooms: z.array(roomDescription) });
