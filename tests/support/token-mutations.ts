/**
 * What someone without the keys could make of tokens they hold, one function a kind of change. Each answers with a
 * text that is no token of this service, whatever it is made from.
 */
import { createHmac, type KeyObject, sign } from 'node:crypto';
import type { Random } from '../../src/dev/random.ts';

export type Segments = { header: string; payload: string; signature: string };

/** What the changes are made from. */
export type MutationMaterial = {
  /** Valid tokens of the type under attack. */
  tokens: readonly string[];
  /** Valid tokens of the other types. */
  foreignTokens: readonly string[];
  /** Key ids that exist, of every use. */
  kids: readonly string[];
  /** Keys that are not the right one; HMAC with a secret or a public key's text, a signature with a private key. */
  wrongKeys: readonly KeyObject[];
  /** Signs with the right key: headers that only an insider could write are refused, too. */
  signRightly: (input: string) => string;
};

export type Mutation = (token: string, material: MutationMaterial, random: Random) => string;

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

export function segmentsOf(token: string): Segments {
  const [header = '', payload = '', signature = ''] = token.split('.');
  return { header, payload, signature };
}

export function encoded(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
}

export function decoded(segment: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(segment, 'base64url').toString()) as Record<string, unknown>;
}

function joined({ header, payload, signature }: Segments): string {
  return `${header}.${payload}.${signature}`;
}

function below(random: Random, end: number): number {
  return Math.floor(random.next() * end);
}

function pick<Item>(random: Random, items: readonly Item[]): Item {
  return items[below(random, items.length)] as Item;
}

/** Another value of the same type. */
function otherValue(value: unknown, random: Random): unknown {
  if (typeof value === 'number')
    return pick(random, [value + 1, value - 1, -value - 1, value * 2 + 1, value + 0.5]);
  if (typeof value !== 'string' || value === '') return pick(random, [0, 1, 'x', true, [], {}]);
  const at = below(random, value.length);
  return pick(random, [
    `${value.slice(0, at)}${value.slice(at + 1)}`,
    `${value} `,
    value.toUpperCase() + 'x',
    [value],
  ]);
}

/** One bit of the bytes behind a segment, or of the text itself. */
const oneBit: Mutation = (token, _, random) => {
  const bytes = Buffer.from(token);
  const index = below(random, bytes.length);
  bytes[index] = (bytes[index] as number) ^ (1 << below(random, 7));
  return bytes.toString('latin1');
};

/** One claim changed, added or taken away, under the old signature. */
const oneClaim: Mutation = (token, _, random) => {
  const segments = segmentsOf(token);
  const claims = decoded(segments.payload);
  const name = pick(random, Object.keys(claims));
  const change = below(random, 4);
  if (change === 0) delete claims[name];
  else if (change === 1) claims[`${name}${below(random, 9)}`] = claims[name];
  else claims[name] = otherValue(claims[name], random);
  return joined({ ...segments, payload: encoded(claims) });
};

/** Another algorithm, key id or type in the header; half of them signed with the right key. */
const otherHeader: Mutation = (token, { kids, signRightly }, random) => {
  const { header, payload, signature } = segmentsOf(token);
  const fields = decoded(header);
  const { kid } = fields;
  const change = below(random, 3);
  if (change === 0)
    fields['alg'] = pick(
      random,
      ['none', 'None', 'HS256', 'HS384', 'ES256', 'RS256', 'PS256', 'EdDSA', 'hs256', 'es256', ''].filter(
        (other) => other !== fields['alg'],
      ),
    );
  else if (change === 1)
    fields['typ'] = pick(random, ['jwt', 'at+jwt', 'guichet', `guichet-${below(random, 1_000)}`, '']);
  else
    fields['kid'] = pick(random, [
      ...kids.filter((other) => other !== kid),
      '',
      'x',
      `../${String(kid)}`,
      null,
    ]);
  const changed = encoded(fields);
  const signed = below(random, 2) === 0 ? signature : signRightly(`${changed}.${payload}`);
  return joined({ header: changed, payload, signature: signed });
};

/** Header, payload and signature of two valid tokens, mixed. */
const mixed: Mutation = (token, { tokens, foreignTokens }, random) => {
  const one = segmentsOf(token);
  const other = segmentsOf(pick(random, below(random, 2) === 0 ? tokens : foreignTokens));
  const { payload, signature } =
    below(random, 2) === 0 ? { ...one, payload: other.payload } : { ...other, payload: one.payload };
  const { header } = below(random, 2) === 0 ? one : other;
  return joined({ header, payload, signature });
};

/** The same words, signed by someone else. */
const otherKey: Mutation = (token, { wrongKeys }, random) => {
  const { header, payload } = segmentsOf(token);
  const input = `${header}.${payload}`;
  const key = pick(random, wrongKeys);
  const signature =
    key.type === 'private'
      ? sign('sha256', Buffer.from(input), { key, dsaEncoding: pick(random, ['ieee-p1363', 'der'] as const) })
      : createHmac('sha256', key.type === 'secret' ? key : key.export({ type: 'spki', format: 'pem' }))
          .update(input)
          .digest();
  return joined({ header, payload, signature: signature.toString('base64url') });
};

/** The same bytes or the same JSON, spelled otherwise. */
const spelledOtherwise: Mutation = (token, _, random) => {
  const segments = segmentsOf(token);
  const name = pick(random, ['header', 'payload', 'signature'] as const);
  const text = segments[name];
  const json = name === 'signature' ? null : decoded(text);
  const last = alphabet.indexOf(text.at(-1) ?? 'A');
  const spare = (3 - (Buffer.from(text, 'base64url').length % 3)) % 3;
  const spellings = [
    `${Buffer.from(text, 'base64url').toString('base64')}=`,
    `${text.slice(0, 8)}\n${text.slice(8)}`,
    `${text} `,
    // The last character's unused bits set.
    spare === 0 ? `${text}A` : `${text.slice(0, -1)}${alphabet[last ^ 1]}`,
    ...(json === null
      ? [Buffer.from(text, 'base64url').toString('hex')]
      : [
          encoded(JSON.stringify(json, null, below(random, 3) + 1)),
          encoded(Object.fromEntries(Object.entries(json).toReversed())),
          encoded(` ${JSON.stringify(json)}`),
        ]),
  ];
  return joined({ ...segments, [name]: pick(random, spellings) });
};

/** Cut short at either end, or a segment missing. */
const truncated: Mutation = (token, _, random) => {
  const { header, payload, signature } = segmentsOf(token);
  const cut = 1 + below(random, token.length - 1);
  return pick(random, [
    token.slice(0, -cut),
    token.slice(cut),
    `${header}.${payload}`,
    `${header}.${payload}.`,
    `${header}..${signature}`,
    `.${payload}.${signature}`,
    `${header}.${payload}.${signature.slice(0, -(1 + below(random, signature.length - 1)))}`,
  ]);
};

/** Something before, behind or between. */
const padded: Mutation = (token, { tokens }, random) => {
  const { header, payload, signature } = segmentsOf(token);
  const extra = pick(random, [
    '=',
    '==',
    ' ',
    '\0',
    '.',
    'A',
    '%00',
    '\u200b',
    '.e30',
    `.${signature}`,
    'A'.repeat(3_000),
  ]);
  return pick(random, [
    `${token}${extra}`,
    `${extra}${token}`,
    `${header}${extra}.${payload}.${signature}`,
    `${header}.${payload}${extra}.${signature}`,
    `${token}.${pick(random, tokens)}`,
  ]);
};

/** No signature at all, as `alg: none` allows it elsewhere. */
const unsigned: Mutation = (token, _, random) => {
  const { payload, signature } = segmentsOf(token);
  const header = encoded({
    ...decoded(segmentsOf(token).header),
    alg: pick(random, ['none', 'None', 'NONE', '', null]),
  });
  return joined({ header, payload, signature: pick(random, ['', signature, encoded('none')]) });
};

/** Every kind of change, by name. A token shown in another room is not here: it is not changed. */
export const mutations = {
  oneBit,
  oneClaim,
  otherHeader,
  mixed,
  otherKey,
  spelledOtherwise,
  truncated,
  padded,
  unsigned,
} satisfies Record<string, Mutation>;
