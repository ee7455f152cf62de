import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sealedTexts } from '../../src/service/sealed-text.ts';
import { type KeyRing, newKeysFile, parseKeysFile } from '../../src/service/signing-keys.ts';

const newRing = (): KeyRing => parseKeysFile(newKeysFile()).queue;
const ring = newRing();
const texts = sealedTexts('email', () => ring);

test('what was sealed is opened again, whatever it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string(), (text, belongsTo) => {
      const sealed = texts.seal(text, belongsTo);
      expect(sealed).toMatch(/^[\w-]+\.[\w-]{16}\.[\w-]+$/);
      expect(texts.open(sealed, belongsTo)).toBe(text.toWellFormed());
    }),
  );
});

test('the same text is never sealed in the same way', () => {
  const sealed = Array.from({ length: 100 }, () => texts.seal('amelie@example.org', 'pool 1'));
  expect(new Set(sealed).size).toBe(100);
  expect(sealed.join()).not.toContain('amelie');
});

test('beside another ticket, for another purpose or under another ring it cannot be opened', () => {
  const sealed = texts.seal('amelie@example.org', 'pool 1');
  expect(texts.open(sealed, 'pool 2')).toBeNull();
  expect(sealedTexts('other', () => ring).open(sealed, 'pool 1')).toBeNull();
  expect(sealedTexts('email', newRing).open(sealed, 'pool 1')).toBeNull();
});

test('altered anywhere, cut short or made up, it cannot be opened', () => {
  const sealed = texts.seal('amelie@example.org', 'pool 1');
  const [kid = '', nonce = '', cipher = ''] = sealed.split('.');
  for (let at = 0; at < sealed.length; at += 1) {
    const other = sealed[at] === 'A' ? 'Q' : 'A';
    const altered = sealed.slice(0, at) + other + sealed.slice(at + 1);
    const isSame = (one: string, two: string): boolean =>
      Buffer.from(one, 'base64url').equals(Buffer.from(two, 'base64url'));
    // The last letter of a part may carry bits that mean nothing.
    if (altered.split('.').every((part, index) => isSame(part, [kid, nonce, cipher][index] ?? ''))) continue;
    expect(texts.open(altered, 'pool 1')).toBeNull();
  }
  for (const made of [
    '',
    '.',
    '..',
    'x',
    `${kid}.${nonce}.`,
    `${kid}.${nonce}`,
    `${kid}..${cipher}`,
    `${kid}.${nonce}.AAAA`,
  ]) {
    expect(texts.open(made, 'pool 1')).toBeNull();
  }
});

test('after a rotation of the ring the new key seals, and both open', () => {
  const [next] = newRing();
  const rotated = sealedTexts('email', () => [next, ...ring]);
  const [before, after] = [texts.seal('a', 'x'), rotated.seal('a', 'x')];
  expect([rotated.open(before, 'x'), rotated.open(after, 'x')]).toEqual(['a', 'a']);
  expect(texts.open(after, 'x')).toBeNull();
});
