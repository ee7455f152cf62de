/** How the widget's files are served: to any page, for minutes or for good, and how the room's API answers other pages. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readWidgetAssets } from '../../src/web/widget-assets.ts';
import { expectProblem } from '../support/problems.ts';
import { startService, type TestService } from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.close());

const town = 'https://www.example.org';
const assets = readWidgetAssets();

test.each([...assets.keys()])(
  '%s is there for any page, unchanged, with its length and its type',
  async (name) => {
    const { status, headers, text } = await service.public(`/${name}`, { headers: { origin: town } });
    expect(status).toBe(200);
    expect(text).toBe(assets.get(name)?.bytes.toString());
    expect(headers).toMatchObject({
      'access-control-allow-origin': '*',
      'cross-origin-resource-policy': 'cross-origin',
      'x-content-type-options': 'nosniff',
      vary: 'accept-encoding',
      'content-length': String(assets.get(name)?.bytes.length),
    });
    expect(headers['set-cookie']).toBeUndefined();
    const types = {
      js: /^text\/javascript/,
      mjs: /^text\/javascript/,
      json: /^application\/json/,
      ts: /^text\/plain/,
    };
    expect(headers['content-type']).toMatch(types[name.split('.').at(-1) as keyof typeof types]);
  },
);

test('a numbered file is kept for good, the newest for minutes, and asked for again it costs a few bytes', async () => {
  const pinned = await service.public('/widget.v1.js');
  expect(pinned.headers['cache-control']).toBe('public, max-age=31536000, immutable');
  const newest = await service.public('/widget.js');
  expect(newest.text).toBe(pinned.text);
  expect(newest.headers['cache-control']).toMatch(/^public, max-age=300,.*stale-if-error=86400$/);
  const etag = String(newest.headers.etag);
  const again = await service.public('/widget.js', { headers: { 'if-none-match': etag } });
  expect(again).toMatchObject({ status: 304, text: '' });
  expect(again.headers).toMatchObject({ etag, vary: 'accept-encoding', 'access-control-allow-origin': '*' });
  expect((await service.public('/widget.js', { headers: { 'if-none-match': 'W/"other"' } })).status).toBe(
    200,
  );
});

test('it is compressed for those who can read that, and to a HEAD it says as much', async () => {
  const { headers } = await service.public('/widget.js', { headers: { 'accept-encoding': 'br, gzip' } });
  expect(headers).toMatchObject({
    'content-encoding': 'gzip',
    'content-length': String(assets.get('widget.js')?.gzipBytes.length),
  });
  expect(await service.public('/widget.js', { method: 'HEAD' })).toMatchObject({ status: 200, text: '' });
});

test('a version that there is none of, and what no page may do with a file, are refused', async () => {
  expectProblem(await service.public('/widget.v99.js'), 'route-unknown');
  expectProblem(await service.public('/widget.js', { method: 'POST', body: {} }), 'method-not-allowed');
});

test('the room speaks to pages on its list alone, exactly as they are named', async () => {
  const roomId = await service.openRoom({ allowedOrigins: [town] });
  const from = (origin: string): Promise<{ status: number; headers: object }> =>
    service.public(`/v1/rooms/${roomId}`, { headers: { origin } });
  expect(await from(town)).toMatchObject({ status: 200, headers: { 'access-control-allow-origin': town } });
  for (const origin of [
    'https://example.org',
    `${town}:8443`,
    'http://www.example.org',
    `${town}.evil.example`,
    'null',
  ]) {
    const refused = await from(origin);
    expect([origin, refused.status]).toEqual([origin, 403]);
    expect(refused.headers).not.toHaveProperty('access-control-allow-origin');
  }
});
