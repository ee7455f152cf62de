import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isAllowedTarget, isWebAddress, withHandOver } from '../../src/domain/target-url.ts';

const policy = {
  targetUrl: 'https://ville.example.org/inscriptions/natation',
  allowedTargets: [
    'https://ville.example.org/aide/',
    'https://pay.example.org:8443/',
    'http://localhost:3000/app',
  ],
};

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

/** What has sent people elsewhere on other sites. */
const hostile = [
  // Another host that looks like ours.
  'https://evil.example/inscriptions/natation',
  'https://ville.example.org.evil.example/inscriptions/natation',
  'https://evilville.example.org/inscriptions/natation',
  'https://sub.ville.example.org/inscriptions/natation',
  'https://example.org/inscriptions/natation',
  'https://ville.example.org./inscriptions/natation',
  'https://vil\u200ble.example.org.evil.example/inscriptions/natation',
  'https://vi\u0131le.example.org/inscriptions/natation',
  'https://xn--ville-xyz.example.org/inscriptions/natation',
  // Credentials that hide the host.
  'https://ville.example.org@evil.example/inscriptions/natation',
  'https://ville.example.org:443@evil.example/inscriptions/natation',
  'https://user@ville.example.org/inscriptions/natation',
  'https://user:secret@ville.example.org/inscriptions/natation',
  'https://ville.example.org%40evil.example/inscriptions/natation',
  'https://evil.example#@ville.example.org/inscriptions/natation',
  'https://evil.example?@ville.example.org/inscriptions/natation',
  // Backslashes, tabs and line ends, which browsers read as slashes or not at all.
  'https://evil.example\\@ville.example.org/inscriptions/natation',
  'https:\\\\ville.example.org\\inscriptions\\natation',
  'https://ville.example.org\\@evil.example/inscriptions/natation',
  'https://ville.example.org/inscriptions/natation\\..\\..\\admin',
  'https://ville.example.org/inscriptions/natation\t',
  'https://ville.ex\tample.org/inscriptions/natation',
  'https://ville.example.org/inscriptions/natation\r\nSet-Cookie: a=b',
  ' https://ville.example.org/inscriptions/natation',
  'https://ville.example.org/inscriptions/natation\0',
  // Another scheme, or none.
  'http://ville.example.org/inscriptions/natation',
  'javascript:alert(1)//https://ville.example.org/inscriptions/natation',
  'JaVaScRiPt:alert(1)',
  'data:text/html,<script>alert(1)</script>',
  'blob:https://ville.example.org/inscriptions/natation',
  'filesystem:https://ville.example.org/inscriptions/natation',
  'ftp://ville.example.org/inscriptions/natation',
  'wss://ville.example.org/inscriptions/natation',
  'view-source:https://ville.example.org/inscriptions/natation',
  '//ville.example.org/inscriptions/natation',
  '/inscriptions/natation',
  'inscriptions/natation',
  '',
  'https://',
  'https:///evil.example/inscriptions/natation',
  // Another port, and loopback that is none.
  'https://ville.example.org:8443/inscriptions/natation',
  'https://pay.example.org/anything',
  'https://localhost:3000/app',
  'http://localhost:3001/app',
  'http://localhost.evil.example:3000/app',
  'http://127.0.0.1.evil.example:3000/app',
  // Out of the path, or beside it.
  'https://ville.example.org/',
  'https://ville.example.org/inscriptions',
  'https://ville.example.org/inscriptions/natation-evil',
  'https://ville.example.org/inscriptions/natation/../admin',
  'https://ville.example.org/inscriptions/natation/%2e%2e/admin',
  'https://ville.example.org/inscriptions/natation/..;/../../admin',
  'https://ville.example.org/INSCRIPTIONS/natation',
  'https://ville.example.org//inscriptions/natation',
  'https://ville.example.org/aide',
  'https://ville.example.org/aide/../inscriptions',
];

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
