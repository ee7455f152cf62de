import { createServer, type Server } from 'node:http';
import { generateKeyPairSync, sign } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { type DemoOrigin, startDemoOrigin } from '../../src/dev/demo-origin.ts';
import { originPage } from '../../src/dev/demo-origin-pages.ts';
import { type HandClock, WorklessClock } from './demo-origin-clock.ts';

describe('the site behind Guichet', () => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const open: { close(): unknown }[] = [];
  afterEach(async () => {
    for (const one of open.splice(0).toReversed()) await one.close();
  });

  function pass(
    claims: Record<string, unknown> = {},
    key = privateKey,
    header: Record<string, unknown> = {},
  ): string {
    const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
    const nowS = 1_800_000_000;
    const head = encode({ alg: 'ES256', typ: 'JWT', kid: 'k1', ...header });
    const body = encode({ aud: 'pool', jti: 'ticket-1', nbf: nowS - 5, exp: nowS + 13, ...claims });
    const signature = sign('sha256', Buffer.from(`${head}.${body}`), { key, dsaEncoding: 'ieee-p1363' });
    return `${head}.${body}.${signature.toString('base64url')}`;
  }

  type Call = { path: string; key: string | undefined; body: Record<string, unknown> };
  /** Guichet's two listeners as one server; `dead` drops the connection of so many calls first. */
  async function fakeGuichet(
    calls: Call[],
    { dead = 0, finishes = Promise.resolve() }: { dead?: number; finishes?: Promise<void> } = {},
  ): Promise<string> {
    const used = new Map<string, string>();
    let drops = dead;
    const server: Server = createServer((request, response) => {
      let text = '';
      request.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      request.on('end', () => {
        const path = request.url ?? '';
        const reply = (status: number, body: object): void => {
          response.writeHead(status, { 'content-type': 'application/json' });
          response.end(JSON.stringify(body));
        };
        if (path === '/.well-known/jwks.json') {
          return reply(200, { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k1' }] });
        }
        const body = JSON.parse(text) as Record<string, unknown>;
        const key = request.headers['idempotency-key']?.toString();
        calls.push({ path: path.replace('/v1/rooms/pool/', ''), key, body });
        if (request.headers.authorization !== 'Bearer origin-key') return reply(401, { code: 'key-missing' });
        if (path.endsWith('/redeem')) {
          const handOver = String(body['handOver']);
          const first = used.get(handOver) ?? key ?? '';
          used.set(handOver, first);
          if (drops > 0) {
            drops -= 1;
            request.socket.destroy();
            return undefined;
          }
          if (first !== key) return reply(409, { code: 'hand-over-used' });
          return reply(200, { pass: pass(), ticketId: 'ticket-1' });
        }
        if (path.endsWith('/finish')) return void finishes.then(() => reply(200, body));
        return reply(200, { pass: pass() });
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    open.push({ close: () => server.close() });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  async function start(
    guichetUrls: string[],
    { gate = 'guichet' }: { gate?: 'guichet' | 'none' } = {},
  ): Promise<{
    origin: DemoOrigin;
    clock: HandClock;
    get: (path: string, init?: RequestInit) => Promise<Response>;
  }> {
    const clock = new WorklessClock();
    const origin = await startDemoOrigin({
      roomId: 'pool',
      gate,
      guichetPublicUrls: guichetUrls,
      guichetInternalUrls: guichetUrls,
      originKey: 'origin-key',
      sessionTtlMs: 15_000,
      capacity: 10,
      clock,
    });
    open.push(origin);
    const get = (path: string, init: RequestInit = {}): Promise<Response> =>
      fetch(`${origin.url}${path}`, { redirect: 'manual', ...init });
    return { origin, clock, get };
  }

  test('a hand-over becomes a cookie, the form is filled in, and finish is told', async () => {
    const calls: Call[] = [];
    const { origin, get } = await start([await fakeGuichet(calls)]);
    const arrived = await get('/?lang=en&guichet=h1');
    expect(arrived.status).toBe(303);
    expect(arrived.headers.get('location')).toBe('/?lang=en');
    const cookie = arrived.headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(/; HttpOnly; SameSite=Lax; Path=\/$/);
    expect(origin.figures()).toMatchObject({ inside: 1, peakInside: 1 });

    const headers = { cookie: cookie.split(';')[0] ?? '' };
    const first = await get('/?lang=en', { headers });
    expect(await first.text()).toContain('Step 1 of 2');
    const form = {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
    };
    const second = await get('/registration/details?lang=en', {
      ...form,
      body: 'name=A%22%3Cb%3E&birthYear=2015',
    });
    expect(await second.text()).toContain('value="A&#34;&#60;b&#62;"');
    const third = await get('/registration/activity', { ...form, body: 'activity=swimming' });
    expect(third.headers.get('x-demo-page')).toBe('confirmed');
    await expect.poll(() => origin.figures().completed).toBe(1);
    expect(calls.at(-1)).toMatchObject({ path: 'sessions/ticket-1/finish', body: { outcome: 'completed' } });
    expect((await get('/', { headers })).headers.get('x-demo-page')).toBe('already-registered');
    expect(origin.record().entries).toHaveLength(1);
  });

  test('a lost reply is asked for again with the same key, a second arrival is refused', async () => {
    const calls: Call[] = [];
    const { origin, get } = await start([await fakeGuichet(calls, { dead: 1 })]);
    expect((await get('/?guichet=h1')).headers.get('set-cookie')).toContain('demo-pass=');
    expect(calls.map(({ key }) => key)).toEqual([calls[0]?.key, calls[0]?.key]);
    const shared = await get('/?guichet=h1');
    expect(shared.headers.get('location')).toContain('/rooms/pool');
    expect(shared.headers.get('set-cookie')).toBeNull();
    expect(origin.record().redemptions).toHaveLength(1);
  });

  test('the next replica is tried when one does not answer', async () => {
    const calls: Call[] = [];
    const { get } = await start(['http://127.0.0.1:1', await fakeGuichet(calls)]);
    expect((await get('/?guichet=h1')).headers.get('set-cookie')).toContain('demo-pass=');
  });

  test('only a good pass lets in', async () => {
    const { origin, get } = await start([await fakeGuichet([])]);
    const nowS = 1_800_000_000;
    const bad = {
      none: '',
      'other room': pass({ aud: 'rink' }),
      over: pass({ exp: nowS }),
      'not yet': pass({ nbf: nowS + 60 }),
      'other key': pass({}, stranger),
      'unknown key': pass({}, privateKey, { kid: 'k2' }),
      'no algorithm': pass({}, privateKey, { alg: 'none' }),
      'half a pass': pass().slice(0, -20),
    };
    for (const [what, token] of Object.entries(bad)) {
      const answer = await get('/', { headers: { cookie: `demo-pass=${token}` } });
      expect([what, answer.status, answer.headers.get('location')]).toEqual([
        what,
        303,
        expect.stringContaining('/rooms/pool'),
      ]);
    }
    expect(origin.figures().peakInside).toBe(0);
    const good = await get('/', { headers: { cookie: `demo-pass=${pass()}` } });
    expect(good.status).toBe(200);
    expect(origin.figures().inside).toBe(1);
  });

  test('whoever was heard is kept alive within a tenth of the session', async () => {
    const calls: Call[] = [];
    const { clock, get } = await start([await fakeGuichet(calls)]);
    await get('/', { headers: { cookie: `demo-pass=${pass()}` } });
    expect(calls).toEqual([]);
    await clock.advance(1_500);
    await expect.poll(() => calls.map(({ path }) => path)).toEqual(['sessions/ticket-1/keep-alive']);
  });

  test('logging out gives the place back', async () => {
    const calls: Call[] = [];
    const { origin, get } = await start([await fakeGuichet(calls)]);
    await get('/log-out', { headers: { cookie: `demo-pass=${pass()}` } });
    await expect.poll(() => origin.figures().gaveUp).toBe(1);
    expect(calls.at(-1)).toMatchObject({ path: 'sessions/ticket-1/finish', body: { outcome: 'gave-up' } });
  });

  test('whoever is done is let in no more by the same pass, also while Guichet has not answered, which is told once', async () => {
    const calls: Call[] = [];
    const { promise: finishes, resolve: answer } = Promise.withResolvers<void>();
    const { origin, clock, get } = await start([await fakeGuichet(calls, { finishes })]);
    const headers = { cookie: `demo-pass=${pass()}` };
    const pageAt = async (path: string): Promise<string | null> =>
      (await get(path, { headers })).headers.get('x-demo-page');
    expect(await Promise.all([pageAt('/log-out'), pageAt('/log-out')])).toEqual(['logged-out', 'logged-out']);
    expect(await pageAt('/')).toBe('logged-out');
    expect(origin.figures()).toMatchObject({ inside: 1, gaveUp: 0 });
    expect(origin.record().entries).toMatchObject([{ finishAskedAt: clock.nowMs, endedAt: null }]);
    answer();
    await expect.poll(() => origin.figures()).toMatchObject({ inside: 0, gaveUp: 1 });
    expect([await pageAt('/'), await pageAt('/log-out')]).toEqual(['logged-out', 'logged-out']);
    expect(calls.map(({ path }) => path)).toEqual(['sessions/ticket-1/finish']);
    expect(origin.record().entries).toHaveLength(1);
  });

  test('whoever was silent for the whole session has to wait again, though the pass is good', async () => {
    const { origin, clock, get } = await start([await fakeGuichet([])]);
    const headers = { cookie: `demo-pass=${pass({ exp: 1_800_000_000 + 60 })}` };
    expect((await get('/', { headers })).status).toBe(200);
    await clock.advance(16_000);
    expect(origin.figures()).toMatchObject({ inside: 0, unheard: 1 });
    expect((await get('/', { headers })).headers.get('location')).toContain('/rooms/pool');
    expect(origin.record().entries).toHaveLength(1);
  });

  test('without a gate anyone is inside, known by a cookie of the site', async () => {
    const { origin, get } = await start([], { gate: 'none' });
    const first = await get('/');
    await get('/', { headers: { cookie: first.headers.get('set-cookie')?.split(';')[0] ?? '' } });
    const last = await get('/');
    expect(origin.figures()).toMatchObject({ inside: 2, peakInside: 2 });
    const figures = await (await get('/figures')).json();
    expect(figures).toMatchObject({ inside: 2, requestsInFlight: 0, peakRequestsInFlight: 1, health: 1 });
    const headers = { cookie: last.headers.get('set-cookie')?.split(';')[0] ?? '' };
    await get('/log-out', { headers });
    expect((await get('/', { headers })).headers.get('x-demo-page')).toBe('logged-out');
    expect(origin.figures()).toMatchObject({ inside: 1, gaveUp: 1 });
  });
});

test('both languages have every page, with the language on the document', () => {
  for (const language of ['fr', 'en'] as const) {
    const html = originPage({ page: 'details' }, language);
    expect(html).toContain(`<html lang="${language}">`);
    expect(originPage({ page: 'logged-out', waitingUrl: 'http://x/"' }, language)).toContain(
      'http://x/&#34;',
    );
  }
});
