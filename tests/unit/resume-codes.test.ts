import { createSecretKey, randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { codeNameOf, normalCode, resumeCodes, shownCode } from '../../src/service/resume-codes.ts';
import type { KeyRing, SigningKey } from '../../src/service/signing-keys.ts';

const keyOf = (kid: string): SigningKey => ({
  kid,
  secret: createSecretKey(Buffer.from(kid.repeat(32))),
  publicKey: null,
});
const [first, second] = [keyOf('a'), keyOf('b')];
const ring: KeyRing = [first];
const subject = { roomId: 'pool', ticketId: '3f2c1d6e-8a9b-4c7d-9e0f-1a2b3c4d5e6f', gen: 0 };

test('a ticket’s code is the same whenever it is asked for', () => {
  const code = resumeCodes(() => ring)(subject, 0);
  // Worked out apart: the first 50 bits of HMAC-SHA-256, in Crockford’s base32.
  expect(code).toBe('RWCJC85502');
  expect(resumeCodes(() => [first, second])(subject, 0)).toBe(code);
  expect(shownCode(code)).toBe('RWCJC-85502');
});

test('another room, ticket, generation, attempt or key is another code', () => {
  const codes = resumeCodes(() => ring);
  const others = [
    codes(subject, 0),
    codes({ ...subject, roomId: 'rink' }, 0),
    codes({ ...subject, ticketId: randomUUID() }, 0),
    codes({ ...subject, gen: 1 }, 0),
    codes(subject, 1),
    resumeCodes(() => [second, first])(subject, 0),
  ];
  expect(new Set(others).size).toBe(others.length);
});

test('every character comes up everywhere, and none that people mistake', () => {
  const codes = resumeCodes(() => ring);
  const seen = Array.from({ length: 10 }, () => new Set<string>());
  for (let number = 0; number < 1_000; number += 1) {
    const code = codes({ ...subject, ticketId: `ticket ${number}` }, 0);
    expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{10}$/);
    for (const [index, sign] of code.split('').entries()) seen[index]?.add(sign);
  }
  expect(seen.map(({ size }) => size)).toEqual(Array<number>(10).fill(32));
});

test.each([
  ['K7QXM-2PD93', 'K7QXM2PD93'],
  ['k7qxm2pd93', 'K7QXM2PD93'],
  ['  K7QXM 2PD93\n', 'K7QXM2PD93'],
  ['K7 QX M2-PD–93', 'K7QXM2PD93'],
  ['K7QXM\u00a02PD\u201193', 'K7QXM2PD93'],
  ['oO0iI-lL1AB', '00011111AB'],
])('%j is read as %s', (typed, code) => {
  expect(normalCode(typed)).toBe(code);
});

test.each([
  '',
  'K7QXM-2PD9',
  'K7QXM-2PD933',
  'K7QXM-2PD9U',
  'K7QXM_2PD93',
  'K7QXM-2PD9é',
  '-----',
  '７7QXM2PD93',
])('%j cannot be a code', (typed) => {
  expect(normalCode(typed)).toBeNull();
});

test('the name that stands for a code says nothing of it, and is of one room', () => {
  const name = codeNameOf('pool', 'K7QXM2PD93');
  expect(name).toMatch(/^[\w-]{22}$/);
  expect(codeNameOf('pool', 'K7QXM2PD93')).toBe(name);
  expect(new Set([name, codeNameOf('rink', 'K7QXM2PD93'), codeNameOf('pool', 'K7QXM2PD94')]).size).toBe(3);
});
