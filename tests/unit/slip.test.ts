import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { languages } from '../../src/web/languages.ts';
import { slipWith, townPolicy, turn } from '../support/slips.ts';

describe.each(languages)('a slip whose first language is %s', (language) => {
  const { markup } = slipWith({ language });

  test('is one document in that language, with number, code and address', () => {
    const direction = language === 'ar' ? 'rtl' : 'ltr';
    expect(markup).toContain(`<html lang="${language}" dir="${direction}">`);
    expect(markup).toMatch(/<p class="number"><bdi>1[\s\u00a0\u202f,.]?204<\/bdi><\/p>/u);
    expect(markup).toContain('<bdi dir="ltr"><span>K7QXM</span><wbr><span>-2PD93</span></bdi>');
    expect(markup).toContain('>https://file.gatineau.example.org/rooms/natation/resume</bdi>');
    expect(markup).not.toMatch(/undefined|\[object|\{[a-z]+\}/i);
  });

  test('says the same in the room’s other languages, each marked as such', () => {
    const others = ['fr', 'en'].filter((other) => other !== language);
    const sections = [...markup.matchAll(/<section class="words"( lang="(\w+)")?/g)].map(
      ([, , tag = '']) => tag,
    );
    expect(sections).toEqual(['', ...others]);
  });
});

test('the room’s first language comes first where none is asked for, or one that nobody speaks', () => {
  for (const language of [null, 'xx']) {
    const { markup } = slipWith({ language, policy: { ...townPolicy, languages: ['en', 'fr'] } });
    expect(markup).toContain('<html lang="en"');
  }
  expect(slipWith({ language: 'fr-CA' }).markup).toContain('<html lang="fr"');
});

test('it has no more than three languages, so that it fits on a receipt', () => {
  const { markup } = slipWith({ policy: { ...townPolicy, languages: ['fr', 'en', 'es', 'ar'] } });
  expect(markup.match(/<section /g)).toHaveLength(3);
});

test('says until when one has to enter where the turn has come, and else what happens when it comes early', () => {
  expect(slipWith({ language: 'en', view: turn }).markup).toContain('Type the code right away.');
  const { markup } = slipWith({ language: 'en' });
  expect(markup).toContain('your place is set aside');
  expect(markup).toContain('between <bdi>33</bdi> and 45 minutes'.replace('<bdi>33</bdi>', '33'));
});

test('its policy lets in its own style, and nothing else', () => {
  const { markup, headers } = slipWith();
  const [, style = ''] = /<style>([^]*)<\/style>/.exec(markup) ?? [];
  const hash = createHash('sha256').update(style).digest('base64');
  const policy = headers['content-security-policy'] ?? '';
  expect(policy).toBe(
    `default-src 'none'; style-src 'sha256-${hash}'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  );
  // A page that was saved keeps it, but for what only a header can say.
  const escaped = policy.replace("; frame-ancestors 'none'", '').replaceAll("'", '&#39;');
  expect(markup).toContain(`<meta http-equiv="Content-Security-Policy" content="${escaped}">`);
  expect(markup).not.toMatch(/ style="/);
});

test('nothing that an operator wrote becomes markup', () => {
  const hostile = `</p></style><script>alert(1)</script><img src=x onerror="alert('2')">"'`;
  const policy = { name: hostile, owner: hostile, rule: hostile, contact: { fr: hostile, en: hostile } };
  const logo = 'data:image/svg+xml,%3Csvg%3E';
  for (const language of languages) {
    const { markup } = slipWith({ policy: { ...policy, logo }, language });
    expect(markup).not.toMatch(/<script|<img src=x|\sonerror="/);
    expect(markup.match(/<img /g)).toHaveLength(1);
  }
});
