/** The shapes of what agents ask and are told of tickets (v1). */
import { z } from 'zod';
import { endOutcomes } from '../domain/ticket.ts';
import * as wire from './wire-schemas.ts';

const instant = z.iso.datetime();
const wait = z.object({ low: z.int(), high: z.int() }).nullable();

export const assistBody = z
  .strictObject({
    language: z
      .string()
      .regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}$/)
      .optional()
      .meta({ description: 'The first language of the slip; absent: the room’s first.', example: 'fr' }),
  })
  .nullish();

const code = z.string().meta({
  description: 'Ten characters, as they are read aloud. Whoever types it holds the ticket from then on.',
  example: 'K7QXM-2PD93',
});
const taken = {
  code,
  resumeUrl: z.url().meta({ description: 'The page with the code filled in, for a phone’s camera.' }),
  codeExpiresAt: instant,
};
/** A ticket just taken waits, or its turn has come; a repeat may find it anywhere. */
const [first, ...others] = wire.ticketAnswer.options.map((kind) => kind.extend(taken));
export const assistedTicket = z
  .discriminatedUnion('kind', [first as NonNullable<typeof first>, ...others])
  .meta({
    example: {
      ticketId: '6b1a3a0e-7d2f-8c11-9b52-0d9d4f3f9a10',
      number: 1204,
      kind: 'waiting',
      standing: {
        position: 1180,
        waiting: 1180,
        expectedWaitMs: { low: 1_980_000, high: 2_700_000 },
        reason: 'queued',
        placesLeft: null,
        asOf: '2026-11-22T23:30:00.000Z',
      },
      pollAfterMs: 15_000,
      code: 'K7QXM-2PD93',
      resumeUrl: 'https://queue.example.org/rooms/pool/resume?code=K7QXM2PD93',
      codeExpiresAt: '2026-11-25T23:30:00.000Z',
    },
  });

export const findQuery = z
  .strictObject({
    code: z
      .string()
      .min(1)
      .max(40)
      .optional()
      .meta({ description: 'A resume code as somebody read it out.' }),
    ticketId: z.uuid().optional(),
    number: z.coerce.number<string>().int().min(1).max(Number.MAX_SAFE_INTEGER).optional().meta({
      description:
        'Of a live ticket; among those inside, and those whose turn it is, the first 1,000 are looked at.',
    }),
  })
  .refine((query) => Object.values(query).filter((value) => value !== undefined).length === 1, {
    error: 'needs one of code, ticketId and number',
  });

const known = {
  ticketId: z.uuid(),
  number: z.int(),
  takenAt: instant.nullable(),
  moves: z.int().min(0).meta({ description: 'How often it moved to another device.' }),
};
const position = z.int().min(1);

const standing = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('waiting'),
    ...known,
    position,
    expectedWaitMs: wait,
    presentUntil: instant.nullable(),
    awaySince: instant.nullable(),
  }),
  z
    .object({ kind: z.literal('parked'), ...known, position, expectedWaitMs: wait, awaySince: instant })
    .meta({ description: 'Away when its turn came: set aside, back at `position` as soon as it is seen.' }),
  z.object({
    kind: z.literal('admitted'),
    ...known,
    deadline: instant,
    extensionsUsed: z.int(),
    extensionsLeft: z.int(),
  }),
  z.object({ kind: z.literal('entered'), ...known, expiresAt: instant, extensionsUsed: z.int() }),
  z.object({ kind: z.literal('lapsed'), ...known, lapsedAt: instant, returnUntil: instant }),
  z.object({
    kind: z.literal('ended'),
    ticketId: z.uuid(),
    outcome: z.enum(endOutcomes).nullable(),
    placesUsed: z.int().nullable(),
    seatHeldUntil: instant.nullable(),
  }),
  z
    .object({ kind: z.literal('gone'), ticketId: z.uuid(), reason: z.enum(['earlier-run', 'over']) })
    .meta({ description: 'Of a code: its ticket is from before the room began anew, or was emptied.' }),
  z.object({ kind: z.literal('unknown'), ticketId: z.uuid().nullable() }).meta({
    description:
      'Not a ticket of this room, or one that was lost with data: then it comes back when its holder is seen.',
  }),
]);

export const foundTicket = z.object({
  standing,
  code: z
    .object({ state: z.enum(['open', 'used']), expiresAt: instant })
    .nullable()
    .meta({ description: 'Of the code that it was found by.' }),
  history: z
    .array(
      z.object({
        at: instant,
        type: z.enum(['admitted', 'entered', 'lapsed', 'ended', 'moved']),
        outcome: z.enum(endOutcomes).optional(),
        placesUsed: z.int().optional(),
      }),
    )
    .meta({ description: 'What the room’s events still have of it, newest first.' }),
  historyIsWhole: z
    .boolean()
    .meta({ description: 'False where only the newest 2,000 events of the room were looked at.' }),
});
