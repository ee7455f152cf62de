import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hostileUrls as hostile, targets as policy } from '../support/hostile-urls.ts';
import {
  handOverIn,
  isAllowedTarget,
  isWebAddress,
  withHandOver,
  withoutHandOver,
} from '../../src/domain/target-url.ts';

describe('a visitor may be sent to', () => {
  test.each([
    'https://ville.example.org/inscriptions/natation',
    'https://ville.example.org/inscriptions/natation/cours/12?groupe=a#horaire',
    'https://ville.example.org/inscriptions/natation?x=https://evil.example',
    'https://VILLE.example.org:443/inscriptions/natation/',
    'https://ville.example.org/inscriptions/./natation/x',
    'https://ville.example.org/aide/',
    'https://ville.example.org/aide/faq',
    'https://pay.example.org:8443/anything',
    'http://localhost:3000/app/start',
  ])('%s', (url) => {
    expect(isAllowedTarget(policy, url)).toBe(true);
  });
});

test('there are at least 40 hostile addresses, each another', () => {
  expect(new Set(hostile).size).toBeGreaterThanOrEqual(40);
});

describe('a visitor is not sent to', () => {
  test.each(hostile)('%j', (url) => {
    expect(isAllowedTarget(policy, url)).toBe(false);
  });
});

test('followed ⇔ it parses, is https or on loopback, and its origin and path prefix are on the list', () => {
  const words = [
    'https:',
    'http:',
    'javascript:',
    'ville.example.org',
    'pay.example.org',
    'localhost',
    'evil.example',
  ];
  const marks = ['//', '/', '\\', '@', ':', '8443', '3000', '?', '#', '.', '..', '%2e%2e', ' '];
  const piece = fc.constantFrom(...words, ...marks, 'inscriptions', 'natation', 'aide', 'app', 'x');
  const near = fc.tuple(
    fc.constantFrom('https://', 'http://', '//', 'https:/'),
    fc.constantFrom(
      'ville.example.org',
      'pay.example.org:8443',
      'localhost:3000',
      'evil.example',
      'a@ville.example.org',
    ),
    fc.array(
      fc.constantFrom('/inscriptions', '/natation', '/aide', '/app', '/', '/..', '/%2e%2e', '?x', '#y'),
      { maxLength: 5 },
    ),
  );
  const text = fc.oneof(
    fc.array(piece, { maxLength: 12 }).map((parts) => parts.join('')),
    near.map(([scheme, host, path]) => scheme + host + path.join('')),
  );
  fc.assert(
    fc.property(text, (url) => {
      expect(isAllowedTarget(policy, url)).toBe(mayFollow(url));
    }),
    { numRuns: 20_000, seed: 20_260_504 },
  );
});

/** The rule in other words: prefixes written out, compared segment by segment. */
function mayFollow(text: string): boolean {
  if (!URL.canParse(text) || text.split('').some((unit) => unit <= ' ' || unit === '\\')) return false;
  const { protocol, host, username, password, pathname } = new URL(text);
  if (username + password !== '') return false;
  const segments = pathname.split('/').slice(1);
  const startsWith = (...prefix: string[]): boolean =>
    prefix.every((word, index) => segments[index] === word);
  if (protocol === 'https:' && host === 'ville.example.org') {
    return startsWith('inscriptions', 'natation') || (startsWith('aide') && segments.length > 1);
  }
  if (protocol === 'https:' && host === 'pay.example.org:8443') return true;
  return protocol === 'http:' && host === 'localhost:3000' && startsWith('app');
}

test('encoded slashes are no part of a path, and of a query what most sites come back by', () => {
  const start = 'https://ville.example.org/inscriptions/natation';
  expect(isAllowedTarget(policy, `${start}?next=%2Fcours%2F12&back=https%3A%2F%2Fville.example.org`)).toBe(
    true,
  );
  expect(isAllowedTarget(policy, `${start}#%2Fx`)).toBe(true);
  for (const path of ['/..%2f..%2fadmin', '/%2E%2E%2Fadmin', '/..%5cadmin'])
    expect(isAllowedTarget(policy, start + path)).toBe(false);
});

test('a room without addresses of its own sends nobody anywhere', () => {
  const nowhere = { targetUrl: null, allowedTargets: [] };
  expect(isAllowedTarget(nowhere, 'https://ville.example.org/')).toBe(false);
});

test('http is for loopback only, in any of its spellings', () => {
  expect(
    ['http://localhost/', 'http://127.0.0.1:8080/x', 'http://[::1]:3000/', 'http://127.1/'].every(
      isWebAddress,
    ),
  ).toBe(true);
  expect(
    ['http://10.0.0.1/', 'http://0.0.0.0/', 'http://[::]/', 'http://localhost.example/'].some(isWebAddress),
  ).toBe(false);
});

test('the hand-over is added to the query and replaces one that is there; the rest stays', () => {
  const url = new URL(withHandOver('https://ville.example.org/a?x=1&guichet=old#part', 'new+/=token'));
  expect(url.searchParams.getAll('guichet')).toEqual(['new+/=token']);
  expect([url.searchParams.get('x'), url.hash, url.pathname]).toEqual(['1', '#part', '/a']);
});

test('no address has a hand-over once it was taken out: whoever is led to it is not led there again', () => {
  const parts = fc.constantFrom('/a', '?', '&', '#', 'guichet=', 'guichet=x', 'b=c');
  fc.assert(
    fc.property(fc.array(parts, { maxLength: 8 }), (tail) => {
      expect(handOverIn(withoutHandOver(`https://ville.example.org${tail.join('')}`))).toBeNull();
    }),
    { numRuns: 5_000, seed: 20_261_122 },
  );
  expect(handOverIn('https://ville.example.org/a?b=c&guichet=x&d#e')).toBe('x');
  expect(handOverIn('https://ville.example.org/a&guichet=x?a?guichet=x#?guichet=x')).toBeNull();
});
