import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isEmailAddress } from '../../src/domain/email.ts';

describe('an address', () => {
  test.each([
    'amelie@example.org',
    'amelie.tremblay+natation@loisirs.gatineau.qc.ca',
    "o'neil_99@xn--ville-montral-okb.example",
    `${'a'.repeat(64)}@${'b'.repeat(63)}.${'c'.repeat(63)}.org`,
    '1@2.x3',
  ])('%s is taken', (address) => expect(isEmailAddress(address)).toBe(true));

  test.each([
    'amelie',
    'a@b',
    'a@@b.org',
    'a@b@c.org',
    '.a@b.org',
    'a.@b.org',
    'a..b@c.org',
    'a@-b.org',
    'a@b-.org',
    'a@b..org',
    'a@b.org.',
    'a@192.0.2.1',
    'a@[192.0.2.1]',
    '"a b"@c.org',
    'a(b)@c.org',
    'Amélie <a@b.org>',
    'a@b.org, c@d.org',
    'a@b.org;c@d.org',
    'a@b.org\n',
    'a@b.org\r\nBcc: c@d.org',
    ' a@b.org',
    'a\u0000@b.org',
    'amélie@example.org',
    `${'a'.repeat(65)}@b.org`,
    `a@${`${'b'.repeat(60)}.`.repeat(5)}org`,
  ])('%j is refused', (address) => expect(isEmailAddress(address)).toBe(false));

  test('of any letters holds none that begins something else', () => {
    const letters = 'ab1.@-+\'"<>(),;:\\ \r\n\t\0é[';
    const texts = fc.string({ unit: fc.constantFrom(...letters.split('')), maxLength: 30 });
    fc.assert(
      fc.property(texts, (text) => {
        if (isEmailAddress(text)) expect(text).toMatch(/^[^\s<>(),;:\\"[\0é@]+@[^\s<>(),;:\\"[\0é@']+$/);
      }),
      { numRuns: 5_000 },
    );
  });

  test('as long as a body may be is read at once', () => {
    for (const text of ['a'.repeat(4_000), `${'a.'.repeat(2_000)}@`, `a@${'b-'.repeat(120)}`]) {
      const startedAt = performance.now();
      expect(isEmailAddress(text)).toBe(false);
      expect(performance.now() - startedAt).toBeLessThan(50);
    }
  });
});
