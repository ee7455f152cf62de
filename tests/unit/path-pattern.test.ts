import { describe, expect, test } from 'vitest';
import { isPathPattern, matchesPage, matchesPath } from '../../src/domain/path-pattern.ts';

describe('a pattern', () => {
  test.each(['/', '/confirmation', '/static/**', '/**/*.css', '/courses/swim*/register', '/*', '/a/**/b'])(
    '%s is one',
    (pattern) => expect(isPathPattern(pattern)).toBe(true),
  );

  test.each([
    '',
    'confirmation',
    '/a/**/b/**',
    '/a**',
    '/a*b*c',
    '/a?b',
    '/a#b',
    '/a%20b',
    '/a b',
    '/a\\b',
    `/${'a'.repeat(200)}`,
  ])('%j is none', (pattern) => expect(isPathPattern(pattern)).toBe(false));

  test.each([
    ['/confirmation', '/confirmation', true],
    ['/confirmation', '/confirmation/', false],
    ['/confirmation', '/Confirmation', false],
    ['/static/**', '/static/a/b.css', true],
    ['/static/**', '/static/', true],
    ['/static/**', '/static', true],
    ['/static/**', '/statics/a', false],
    ['/**/*.css', '/a/b/c.css', true],
    ['/**/*.css', '/c.css', true],
    ['/**/*.css', '/c.css/x', false],
    ['/courses/swim*/register', '/courses/swimming/register', true],
    ['/courses/swim*/register', '/courses/swim/register', true],
    ['/courses/*/register', '/courses/a/b/register', false],
    ['/a/**/b', '/a/b', true],
    ['/a/**/b', '/a', false],
    ['/a*ab', '/ab', false],
    ['/**', '/anything/at/all', true],
    ['/é', '/%C3%A9', true],
    ['/form', '/%66orm', true],
  ])('%s for %s: %s', (pattern, path, isMatch) => {
    expect(matchesPath(pattern, path)).toBe(isMatch);
  });

  test.each([
    '/static/..%2fadmin',
    '/static/%2e%2e/admin',
    '/static/../admin',
    '/static/..;/admin',
    '/static/%252e%252e/admin',
    '/static/..%5cadmin',
    '/static/..\\admin',
    '/static//admin',
    '/static/%00',
    '/static/%ff',
    'static/a',
    `/static/${'a'.repeat(2_000)}`,
  ])('%j is read in more than one way, and matches none', (path) => {
    expect(matchesPath('/static/**', path)).toBe(false);
  });

  test('takes no longer for a hostile path', () => {
    const startedAt = performance.now();
    const path = `/${'a/'.repeat(900)}b`;
    for (let times = 0; times < 100; times += 1) matchesPath('/a*/**/*a', path);
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });
});

describe('a page', () => {
  const confirmed = [{ path: '/register', method: 'POST', status: '303' }, { path: '/done' }];

  test.each([
    ['POST', '/register', 303, true],
    ['POST', '/register', 200, false],
    ['GET', '/register', 303, false],
    ['POST', '/register', null, false],
    ['GET', '/done', null, true],
    // It counted when it was asked for.
    ['GET', '/done', 200, false],
  ])('%s %s answered %s: %s', (method, path, status, isMatch) => {
    expect(matchesPage(confirmed, { method, path, status })).toBe(isMatch);
  });

  test('may be known by the kind of its answer', () => {
    const patterns = [{ path: '/pay', status: '2xx' }];
    const isMatch = (status: number): boolean =>
      matchesPage(patterns, { method: 'POST', path: '/pay', status });
    expect([200, 204, 302, 500].map(isMatch)).toEqual([true, true, false, false]);
  });
});
