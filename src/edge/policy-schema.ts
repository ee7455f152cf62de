/** The wire schema of a room's policy, built from the bounds in domain/room.ts; unknown fields are refused. */
import { z } from 'zod';
import { isPathPattern } from '../domain/path-pattern.ts';
import {
  batchSizeMaxBound,
  deliveryNumbers,
  pagePatternsMax,
  passAlgorithms,
  completePolicy,
  type PolicyInput,
  placesBound,
  policyNumbers,
  type RoomPolicy,
} from '../domain/room.ts';
import { secondPersonActions } from '../domain/second-person.ts';
import { isWebAddress } from '../domain/target-url.ts';
import { deliveryWords, policyExample, policyWords } from './policy-words.ts';

const textCharactersMax = 2_000;
/** Languages that a room offers, and that one text may be in. */
const languagesMax = 20;
const textLanguagesMax = 30;
const languageTag = /^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}$/;

const plainText = z.string().max(textCharactersMax);
/** One text for all, or one per language. */
export const localizedText = z
  .union([
    plainText,
    z
      .record(z.string().regex(languageTag), plainText)
      .refine(
        (texts) => Object.keys(texts).length <= textLanguagesMax,
        `must have at most ${textLanguagesMax} languages`,
      )
      .meta({ maxProperties: textLanguagesMax }),
  ])
  .meta({
    id: 'LocalizedText',
    description: 'One text for all, or one per language.',
    examples: [{ fr: 'Les paiements reprennent à 18 h 40.', en: 'Payments resume at 6:40 p.m.' }],
  });

const webAddress = z
  .string()
  .max(2_000)
  .refine(isWebAddress, 'must be an https address (http on loopback only)')
  .meta({ examples: ['https://inscriptions.example.org/loisirs'] });
const pageOrigin = z
  .string()
  .max(300)
  .refine(
    (text) => isWebAddress(text) && new URL(text).origin === text,
    'must be an origin, as https://example.org',
  )
  .meta({ examples: ['https://www.example.org'] });
/** With its text encoding: what a page can carry on a slow line. */
const logoCharactersMax = 8 * 1_024;
const logo = z
  .string()
  .max(logoCharactersMax)
  .regex(
    /^data:image\/(png|jpeg|webp|gif|svg\+xml)(;[a-z]+=[\w-]+)*(;base64)?,[\x21\x23-\x7e]*$/,
    'must be a data: URL of a PNG, JPEG, WebP, GIF or SVG image',
  );
const colours = z.strictObject({
  accent: z.string().regex(/^#[0-9a-fA-F]{6}$/, 'must be a colour, as #0b5a50'),
});
const instant = z.iso.datetime({ offset: true });
const timeZone = z.string().max(64).refine(isTimeZone, 'must be a time zone, as America/Toronto');

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

const pathPattern = z
  .string()
  .refine(isPathPattern, 'must be a path, as /form/*, with ** for any number of segments, once and alone')
  .meta({
    description: 'A path; `*` is one segment, `**` any number, once and alone.',
    pattern: '^/[^\\s?#%\\\\]*$',
    maxLength: 200,
    examples: ['/form/*'],
  });
const pagePatterns = z
  .array(
    z.strictObject({
      path: pathPattern,
      method: z
        .string()
        .regex(/^[A-Z]{1,10}$/)
        .optional(),
      status: z
        .string()
        .regex(/^[1-5](\d\d|xx)$/, 'must be a status, as 200 or 2xx')
        .optional(),
    }),
  )
  .max(pagePatternsMax);
const stageName = z
  .string()
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/)
  .max(40);
const stages = z
  .record(pathPattern, stageName)
  .refine((names) => Object.keys(names).length <= pagePatternsMax, `must have at most ${pagePatternsMax}`);

function deliveryField(name: keyof typeof deliveryNumbers) {
  const { min, max } = deliveryNumbers[name];
  const { default: value } = deliveryNumbers[name];
  return z.int().min(min).max(max).optional().meta({ default: value, description: deliveryWords[name] });
}

const delivery = z.strictObject({
  url: webAddress,
  holdAfterMs: deliveryField('holdAfterMs'),
  giveUpAfterMs: deliveryField('giveUpAfterMs'),
});

const secondPersonFor = z
  .array(z.enum(secondPersonActions))
  .max(secondPersonActions.length)
  .refine((names) => new Set(names).size === names.length, 'must name each once');

function numberField(name: keyof typeof policyNumbers) {
  const { min, max } = policyNumbers[name];
  return z.int().min(min).max(max).optional();
}

/** With what it means, and its default where that is a number. */
function worded<Field extends z.ZodType>(name: keyof RoomPolicy, field: Field): Field {
  const numbers: { readonly [name: string]: { default: number } } = policyNumbers;
  const fallback = numbers[name]?.default;
  return field.meta({
    description: policyWords[name],
    ...(fallback === undefined ? {} : { default: fallback }),
  });
}

const bareFields = {
  name: localizedText.nullish(),
  owner: localizedText.nullish(),
  contact: localizedText.nullish(),
  rule: localizedText.nullish(),
  prepare: localizedText.nullish(),
  privacyUrl: webAddress.nullish(),
  accessibilityUrl: webAddress.nullish(),
  logo: logo.nullish(),
  colours: colours.nullish(),
  timeZone: timeZone.optional(),
  languages: z.array(z.string().regex(languageTag)).min(1).max(languagesMax).optional(),
  mode: z.literal('arrival').optional(),
  targetUrl: webAddress.nullish(),
  allowedTargets: z.array(webAddress).max(100).optional(),
  allowedOrigins: z.array(pageOrigin).max(100).optional(),
  joinFrom: instant.nullish(),
  opensAt: instant.nullish(),
  closesAt: instant.nullish(),
  capacity: numberField('capacity'),
  outflowPerMinute: numberField('outflowPerMinute'),
  batchSizeMax: z.int().min(1).max(batchSizeMaxBound).optional(),
  releaseEveryMs: numberField('releaseEveryMs'),
  presentWithinMs: numberField('presentWithinMs'),
  abandonAfterMs: numberField('abandonAfterMs'),
  enterWithinMs: numberField('enterWithinMs'),
  sessionTtlMs: numberField('sessionTtlMs'),
  returnWithinMs: numberField('returnWithinMs'),
  recoverWithinMs: numberField('recoverWithinMs'),
  ticketsMax: numberField('ticketsMax'),
  places: z.int().min(0).max(placesBound).nullish(),
  placesPerVisitorMax: numberField('placesPerVisitorMax'),
  retainDays: numberField('retainDays').meta({
    description:
      'Days after closing until tickets and all else that is kept of people are deleted; only counts stay.',
    example: 30,
  }),
  passAlgorithm: z.enum(passAlgorithms).optional(),
  passThrough: z.array(pathPattern).max(pagePatternsMax).optional(),
  completedOn: pagePatterns.optional(),
  leftOn: pagePatterns.optional(),
  stages: stages.optional(),
  delivery: delivery.nullish(),
  secondPersonFor: secondPersonFor.optional(),
};
type PolicyFields = typeof bareFields;
const policyFields = z.strictObject(
  Object.fromEntries(
    Object.entries(bareFields).map(([name, field]) => [name, worded(name as keyof RoomPolicy, field)]),
  ) as unknown as PolicyFields,
);

/** A policy as given; what is left out has its default. */
export const policySchema: z.ZodType<PolicyInput> = policyFields.meta({
  id: 'Policy',
  description: 'A room’s policy; what is left out has its default, or with PATCH stays as it is.',
  examples: [policyExample],
});

/** A policy as the service tells it: whole. */
export const wholePolicySchema = policyFields.required().meta({
  id: 'WholePolicy',
  description: 'A room’s policy with every field.',
  examples: [completePolicy('loisirs', policyExample)],
});

/** What an operator changes live. */
export const admissionBody: z.ZodType<PolicyInput> = policyFields
  .pick({
    capacity: true,
    outflowPerMinute: true,
    batchSizeMax: true,
  })
  .meta({ examples: [{ capacity: 350, outflowPerMinute: 400 }] });
