/** The shapes on the wire of what operators change, of what waits for a second person, and of audits. */
import { z } from 'zod';
import { standingReasons } from '../service/ticket-view.ts';
import { localizedText } from './policy-schema.ts';
import { policyWarning, roomDescription, roomParams } from './wire-schemas.ts';

const instant = z.iso.datetime();
const proposalId = z.uuid().meta({ description: 'The id of a change that waits for a second person.' });

/** A change that was made: the room as it is now. */
const roomTaken = roomDescription
  .extend({ takenAt: instant.meta({ description: 'When the store took the change, on its own clock.' }) })
  .meta({ id: 'RoomTaken', description: 'A room as a change left it.' });

const effect = z
  .object({
    waiting: z
      .int()
      .meta({ description: 'Tickets that wait, their holders present or away.', examples: [1_834] }),
    heldBy: z
      .enum(standingReasons)
      .nullable()
      .meta({ description: 'Why nobody would be let in; null: the queue moves.', examples: [null] }),
    drainMs: z
      .object({ low: z.int(), high: z.int() })
      .nullable()
      .meta({
        description: 'How long until nobody waits who waits now, ms; null while nobody is let in.',
        examples: [{ low: 1_620_000, high: 2_190_000 }],
      }),
    lastInLineAt: z
      .object({ earliest: instant, latest: instant })
      .nullable()
      .meta({ description: 'When the last in line would get in.' }),
    placesPerVisitor: z
      .number()
      .nullable()
      .meta({
        description: 'Places left for each who waits; null: not counted, or nobody waits.',
        examples: [0.51],
      }),
    isOverCapacity: z
      .boolean()
      .meta({ description: 'More are inside than the capacity would be; nobody is sent away.' }),
    needsSecondPerson: z.array(z.string()).meta({
      description: 'Why one person could not make the change alone; empty: one can.',
      examples: [[]],
    }),
    warnings: z.array(policyWarning),
  })
  .meta({ id: 'Effect', description: 'What a change would do to those who wait, as far as is known now.' });
const roomPredicted = z
  .object({ dryRun: z.literal(true), room: roomDescription, effect })
  .meta({ id: 'RoomPredicted', description: 'What a change would do; nothing was changed.' });

const person = z.object({
  keyId: z
    .string()
    .nullable()
    .meta({ description: 'Of the API key; null: the room itself.', examples: ['settings-operator'] }),
  name: z.string().meta({ description: 'The name of the API key.', examples: ['Accueil, poste 2'] }),
});
const differing = z.record(z.string(), z.unknown());

export const proposal = z
  .object({
    proposalId,
    roomId: z.string().meta({ examples: ['loisirs'] }),
    action: z.string().meta({ examples: ['room.open'] }),
    needs: z.array(z.string()).meta({ description: 'Why one person is not enough.', examples: [['open']] }),
    proposedBy: person,
    proposedAt: instant,
    expiresAt: instant.meta({ description: 'An hour later: nobody can confirm it from then on.' }),
    state: z.enum(['waiting', 'confirmed', 'withdrawn']),
    decidedBy: person.nullable(),
    changes: z
      .object({ before: differing, after: differing })
      .meta({ examples: [{ before: { state: 'scheduled' }, after: { state: 'open' } }] }),
  })
  .meta({ id: 'Proposal', description: 'A change that waits for a second person, or did.' });
export const proposalList = z.object({ proposals: z.array(proposal) });

/** What a change of a room is answered: made, or what it would do; 202: it waits for a second person. */
export const changeAnswers = { 200: z.union([roomPredicted, roomTaken]), 202: z.object({ proposal }) };
export const putAnswers = { ...changeAnswers, 201: roomTaken };
export const confirmAnswers = { 200: roomTaken };

const etag = /^(\*|"\d{1,15}")$/;
export const steeringHeaders = z.object({
  'if-match': z
    .string()
    .regex(etag, 'must be the ETag of the room, as "12", or *')
    .optional()
    .meta({
      description:
        'The version that the change is for, as the room’s `ETag` told it; another is answered 412.',
      examples: ['"12"'],
    }),
});
export const steeringQuery = z.object({
  dryRun: z
    .enum(['true', 'false'])
    .optional()
    .meta({ description: '`true`: nothing is changed; the answer says what the change would do.' }),
});
/** Of what cannot be predicted: whoever asks for a dry run must not have it done. */
export const noDryRun = z.object({
  dryRun: z.literal('false', { error: 'has no answer here; nothing was done' }).optional(),
});
export const proposalParams = roomParams.extend({ proposalId });

export const auditQuery = z.object({
  after: z
    .string()
    .regex(/^\d{1,15}$/, 'must be the number of a record')
    .optional()
    .meta({
      description: 'The number of the last record that is known: the page begins behind it.',
      examples: ['500'],
    }),
});

const hash = z
  .string()
  .meta({ examples: ['9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'] });
const auditRecord = z
  .object({
    chain: z.string().meta({ description: 'The id of the chain.' }),
    number: z.int().meta({ description: 'From 1, without gaps.', examples: [12] }),
    at: instant,
    roomId: z
      .string()
      .nullable()
      .meta({ description: 'Null: of the service.', examples: ['loisirs'] }),
    actor: person,
    action: z.string().meta({ examples: ['room.admission'] }),
    reason: localizedText.nullable(),
    before: z.unknown().meta({ description: 'What it was, of what differs.', examples: [{ capacity: 300 }] }),
    after: z.unknown().meta({ description: 'What it became.', examples: [{ capacity: 350 }] }),
    proposedBy: person.nullable().meta({ description: 'Who asked for it, when the actor confirmed it.' }),
    previous: hash.nullable().meta({ description: 'The hash of the record before; null: it is the first.' }),
    hash: hash.meta({ description: 'SHA-256 of all other fields as JSON with sorted names.' }),
  })
  .meta({ id: 'AuditRecord', description: 'Who did what, when and why.' });
export const auditPage = z.object({
  records: z.array(auditRecord),
  next: z
    .int()
    .nullable()
    .meta({ description: 'What `after` takes to go on; null: no more.', examples: [null] }),
  head: z
    .object({ chain: z.string(), number: z.int(), hash, firstHash: hash })
    .nullable()
    .meta({ description: 'Where the chain ends, and the hash of the first record that is kept.' }),
});
