/** The kinds of settings: how each is read, and what is told of it. */
import { z } from 'zod';
import { isEmailAddress } from './domain/email.ts';

/** One setting, as parsed and as told in the docs. */
export type Setting<Value> = {
  /** The variable's name. */
  name: string;
  /** What it means, one sentence. */
  meaning: string;
  /** The default, in words. */
  default: string;
  /** What is accepted, in words, with the unit. */
  accepted: string;
  /** Never shown in a message; may come from `<name>_FILE`. */
  secret: boolean;
  schema: z.ZodType<Value, string | undefined>;
};

type Words = { default: string; accepted: string; meaning: string; secret?: true };

export function setting<Value>(
  name: string,
  schema: z.ZodType<Value, string | undefined>,
  words: Words,
): Setting<Value> {
  return { name, schema, secret: false, ...words };
}

type NumberBounds = { default: number; min: number; max: number; unit: string; meaning: string };

export function wholeNumber(
  name: string,
  { default: fallback, min, max, unit, meaning }: NumberBounds,
): Setting<number> {
  const accepted = `${grouped(min)} to ${grouped(max)} ${unit}`;
  const schema = z
    .string()
    .optional()
    .transform((text) =>
      text === undefined ? fallback : /^\d{1,12}$/.test(text) ? Number(text) : Number.NaN,
    )
    .refine((number) => number >= min && number <= max, `must be a whole number, ${accepted}`);
  return setting(name, schema, { default: grouped(fallback), accepted, meaning });
}

export function text(name: string, words: Words): Setting<string | null> {
  return setting(name, optionalText(), words);
}

/** A list of networks; an address is one of its own. */
export function networks(name: string, words: Words): Setting<string[]> {
  const entry = z.union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()], {
    error: ({ input }) => `"${String(input)}" is neither an address nor a CIDR`,
  });
  const entries = (list: string): string[] => list.split(',').map((text) => text.trim());
  const schema = z
    .string()
    .default('')
    .transform((list) => entries(list).filter((text) => text !== ''))
    .pipe(z.array(entry));
  return setting(name, schema, words);
}

const apiKeyLengthMin = 16;

export function apiKey(
  name: string,
  meaning: string,
  without = 'none: only keys that were made have this scope',
): Setting<string | null> {
  return setting(
    name,
    optionalText().refine(
      (key) => key === null || (key.length >= apiKeyLengthMin && /^[\x21-\x7e]+$/.test(key)),
      `must have at least ${apiKeyLengthMin} characters, printable and without blanks`,
    ),
    {
      default: without,
      accepted: `at least ${apiKeyLengthMin} characters`,
      meaning,
      secret: true,
    },
  );
}

export function optionalText(): z.ZodType<string | null, string | undefined> {
  return z
    .string()
    .optional()
    .transform((value) => value ?? null);
}

/** 18000 as `18,000`, 8080 as it is. */
function grouped(number: number): string {
  return number.toLocaleString('en-US', { useGrouping: 'min2' });
}

export const alarmEmailsMax = 20;

/** A list of addresses, each once. */
export function emailAddresses(name: string, words: Words): Setting<string[]> {
  const entry = z.string().refine(isEmailAddress, { error: 'must be e-mail addresses, comma-separated' });
  const entries = (list: string): string[] => list.split(',').map((text) => text.trim());
  const schema = z
    .string()
    .default('')
    .transform((list) => [...new Set(entries(list).filter((text) => text !== ''))])
    .pipe(z.array(entry).max(alarmEmailsMax, `must be at most ${alarmEmailsMax} addresses`));
  return setting(name, schema, words);
}
