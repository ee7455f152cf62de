/**
 * What every document's configuration must do, whichever the proxy: one suite, run on each of them with the proxy's own
 * software. Order matters at its end, where Redis and then Guichet die.
 */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { PolicyInput } from '../../src/domain/room.ts';
import { documentAt, tableRows } from './fenced-blocks.ts';
import type { Availability, ProxyProcess } from './proxy-process.ts';
import { passIn, ProxyStage, roomUrl, roomId, siteUrl, type StageValues } from './proxy-stage.ts';
import { expectStatus } from './service.ts';
import { type Answer, ask } from './wire-client.ts';

const policy: PolicyInput = { targetUrl: `${siteUrl}/`, passThrough: ['/static/**'] };
const endKnownWithinMs = 2_000;

export type ProxyUnderTest = {
  /** As the documents call it. */
  name: string;
  program: Availability;
  /** The document's configuration, as it stands there. */
  configuration: string;
  /** The proxy on a configuration that is filled in and written into a file. */
  make: (command: string, configuration: string, values: StageValues) => Promise<ProxyProcess>;
};

/** What a visitor sends who wants to name their own ticket. */
const forged = { 'x-GUICHET-ticket': ['forged', 'again'], 'X-Guichet-Session-Left': '9' };
/** Servers that make variables of headers take these for the same. */
const forgedVariants = {
  X_Guichet_Ticket: 'forged',
  'X-Guichet_Ticket': 'forged',
  'X_Guichet-Ticket': 'forged',
};

export function testProxy(proxy: ProxyUnderTest): void {
  const { name, program } = proxy;
  describe.skipIf(program.command === null)(`${name}, with its document's configuration`, () => {
    const holder: { stage?: ProxyStage } = {};
    const onStage = (): ProxyStage => {
      if (!holder.stage) throw new Error('the stage is not open');
      return holder.stage;
    };
    const putInFront = (configuration: string): Promise<void> =>
      onStage().putInFront((values) => proxy.make(program.command ?? '', configuration, values));
    beforeAll(async () => {
      holder.stage = await ProxyStage.open(policy);
      await putInFront(proxy.configuration);
    });
    afterAll(async () => {
      await holder.stage?.close();
    });
    testArrivals(onStage);
    testThoseInside(onStage);
    testTrouble(onStage, { ...proxy, putInFront });
  });
}

function expectSentTo(answer: Answer, location: string): void {
  expect([answer.status, answer.headers.location]).toEqual([302, location]);
}

/** Through to the site, with everything that belongs to it. */
function expectThrough(stage: ProxyStage, answer: Answer, ticketId: string): void {
  expectStatus(answer, 200);
  expect(answer.text).toMatch(/^the site: /);
  expect(answer.headers['set-cookie']).toEqual(
    expect.arrayContaining(['basket=3; Path=/', 'language=fr; Path=/']),
  );
  expect(stage.site.newest.values('x-guichet-ticket')).toEqual([ticketId]);
  const [left = ''] = stage.site.newest.values('x-guichet-session-left');
  expect(Number(left)).toBeGreaterThan(0);
  expect(answer.headers['x-guichet-session-left']).toBe(left);
}

function testArrivals(onStage: () => ProxyStage): void {
  test('sends whoever has no pass to the room, with the address that was asked for', async () => {
    const stage = onStage();
    const before = stage.site.requests.length;
    const path = '/courses/12?group=a&b=%2Fc';
    expectSentTo(await stage.through(path), roomUrl({ t: `${siteUrl}${path}` }));
    expectSentTo(await stage.through(path, { pass: 'x' }), roomUrl({ t: `${siteUrl}${path}` }));
    // Nobody is led to what a form sends.
    expectSentTo(await stage.through('/register', { method: 'POST', body: 'name=a' }), roomUrl());
    expect(stage.site.requests).toHaveLength(before);
  });

  test('takes the hand-over out of the address and lets its visitor in', async () => {
    const stage = onStage();
    const { arrivalPath, ticketId } = await stage.entered();
    const arrival = await stage.through(`${arrivalPath}&group=a%20b`);
    expectSentTo(arrival, `${siteUrl}/?group=a%20b`);
    const pass = passIn(arrival) ?? '';
    expectThrough(stage, await stage.through('/?group=a%20b', { pass }), ticketId);
    expect(stage.site.newest.url).toBe('/?group=a%20b');
    // A reload of the address by which they came.
    expectSentTo(await stage.through(arrivalPath, { pass }), `${siteUrl}/`);
  });

  test('tells whose browser keeps no cookie, and sends nobody round', async () => {
    const stage = onStage();
    const { arrivalPath } = await stage.entered();
    expectStatus(await stage.through(arrivalPath), 302);
    const again = await stage.through(arrivalPath);
    expectSentTo(again, roomUrl({ t: `${siteUrl}/`, pass: 'not-kept' }));
    const { pathname, search } = new URL(again.headers.location ?? '');
    expectStatus(await ask(`${stage.guichet.publicUrl}${pathname}${search}`), 200);
  });

  test('lets a form through that comes with its hand-over, and gives it the pass', async () => {
    const stage = onStage();
    const { arrivalPath, ticketId } = await stage.entered();
    const answer = await stage.through(arrivalPath, { method: 'POST', body: 'name=a' });
    expectThrough(stage, answer, ticketId);
    const pass = passIn(answer) ?? '';
    expectThrough(stage, await stage.through('/', { pass }), ticketId);
  });
}

function testThoseInside(onStage: () => ProxyStage): void {
  test('lets those inside do all that the site offers, whatever it answers', async () => {
    const stage = onStage();
    const { pass, ticketId } = await stage.entered();
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
      const body = method === 'GET' ? undefined : 'a=b';
      expectThrough(stage, await stage.through('/form?a=b', { method, body, pass }), ticketId);
      expect([stage.site.newest.method, stage.site.newest.url]).toEqual([method, '/form?a=b']);
    }
    expectStatus(await stage.through('/unauthorized', { pass }), 401);
    expectStatus(await stage.through('/failing', { pass }), 500);
    // A parameter of the site's own.
    expectThrough(stage, await stage.through('/?Guichet=1', { pass }), ticketId);
  });

  test('serves a hundred at once, each with what is theirs', async () => {
    const stage = onStage();
    const visitors = [await stage.entered(), await stage.entered()];
    const answers = await Promise.all(
      Array.from({ length: 100 }, async (_, index) => {
        const pass = visitors[index % 3]?.pass;
        const question = pass === undefined ? {} : { pass };
        const { status, text } = await stage.through(`/hundred?visitor=${index % 3}`, question);
        return `${index % 3}: ${status} ${text}`;
      }),
    );
    // Nobody else is asked who may come in.
    expect(stage.site.requests.filter(({ url }) => url.startsWith('/gate'))).toEqual([]);
    expect([...new Set(answers)].toSorted()).toEqual([
      '0: 200 the site: GET /hundred?visitor=0',
      '1: 200 the site: GET /hundred?visitor=1',
      expect.stringMatching(/^2: 302 /),
    ]);
    const through = stage.site.requests.filter(({ url }) => url.startsWith('/hundred'));
    expect(through).toHaveLength(answers.filter((answer) => answer.includes(': 200 ')).length);
    const tickets = through.map(({ url, values }) => `${url} ${values('x-guichet-ticket').join()}`);
    expect([...new Set(tickets)].toSorted()).toEqual(
      visitors.map(({ ticketId }, index) => `/hundred?visitor=${index} ${ticketId}`),
    );
  });

  test('lets no visitor name a ticket', async () => {
    const stage = onStage();
    const { pass, ticketId } = await stage.entered();
    const headers = { ...forged, ...forgedVariants };
    expectThrough(stage, await stage.through('/', { pass, headers }), ticketId);
    const isForged = (): boolean =>
      ['x-guichet-ticket', ...Object.keys(forgedVariants)].some((name) =>
        stage.site.newest.values(name.toLowerCase()).some((value) => value !== '' && value !== ticketId),
      );
    expect(isForged()).toBe(false);
    expectStatus(await stage.through('/static/a.css', { headers }), 200);
    expect(stage.site.newest.url).toBe('/static/a.css');
    expect(isForged()).toBe(false);
  });

  test('needs no pass where the room says so, and there alone', async () => {
    const stage = onStage();
    expectStatus(await stage.through('/static/a/b.css?x'), 200);
    const open = `${siteUrl}/static/a.css`;
    for (const path of ['/static/..%2fform', '/static/%2e%2e/form', '/x/static/a', '/static/..;/form'])
      expectStatus(await stage.through(path), 302);
    // Only the proxy says what is asked for.
    const headers = {
      'X-Original-URL': open,
      'X-Original-URI': '/static/a.css',
      'X-Original-Method': 'GET',
      'X-Forwarded-Uri': '/static/a.css',
      'X-Forwarded-Host': 'www.example.org',
    };
    expectSentTo(await stage.through('/form', { headers }), roomUrl({ t: `${siteUrl}/form` }));
    expectSentTo(await stage.through('/form', { method: 'POST', headers }), roomUrl());
    // Nor does a name of the site that brings a path of its own.
    for (const host of [
      'www.example.org/static/a?',
      'www.example.org/static/a#',
      'x/static/a?',
      'x%2fstatic/a?',
    ]) {
      const { status } = await stage.through('/form', { headers: { host } });
      expect([302, 400, 404, 421], host).toContain(status);
    }
  });

  test('gives the renewed pass to the visitor, beside the cookies of the site', async () => {
    const stage = onStage();
    await stage.change({ sessionTtlMs: 5_000 });
    const { pass, ticketId } = await stage.entered();
    const renewed = await vi.waitFor(
      async () => {
        const answer = await stage.through('/', { pass });
        expectThrough(stage, answer, ticketId);
        expect(passIn(answer)).not.toBeNull();
        return answer;
      },
      { timeout: 4_500, interval: 100 },
    );
    await stage.change({ sessionTtlMs: 1_200_000 });
    expect(renewed.headers['set-cookie']).toHaveLength(3);
    const again = await stage.through('/failing', { pass });
    expect([again.status, passIn(again)]).toEqual([500, passIn(renewed)]);
  });

  test('tells a page how long its visitor may stay', async () => {
    const stage = onStage();
    const { pass } = await stage.entered();
    const answer = await stage.through('/.guichet/session', { pass });
    expectStatus(answer, 200);
    expect(answer.body['leftMs']).toBeGreaterThan(0);
    expectStatus(await stage.through('/.guichet/session'), 409);
  });

  test('refuses within two seconds whose session has ended', async () => {
    const stage = onStage();
    const { pass, ticketId } = await stage.entered();
    expectThrough(stage, await stage.through('/', { pass }), ticketId);
    const path = `/v1/rooms/${roomId}/sessions/${ticketId}/finish`;
    expectStatus(await stage.internal(path, { method: 'POST', body: { outcome: 'completed' } }), 200);
    const isRefused = async (): Promise<void> =>
      expectSentTo(await stage.through('/', { pass }), roomUrl({ t: `${siteUrl}/` }));
    await vi.waitFor(isRefused, { timeout: endKnownWithinMs, interval: 50 });
  });
}

function testTrouble(
  onStage: () => ProxyStage,
  { name, configuration, putInFront }: ProxyUnderTest & { putInFront: (text: string) => Promise<void> },
): void {
  test('lets everyone through while the room is bypassed', async () => {
    const stage = onStage();
    const steer = (verb: string): Promise<Answer> =>
      stage.internal(`/v1/rooms/${roomId}/${verb}`, { method: 'POST' });
    expectStatus(await steer('bypass'), 200);
    await vi.waitFor(async () => expectStatus(await stage.through('/'), 200), { timeout: 2_000 });
    expectStatus(await steer('open'), 200);
    await vi.waitFor(async () => expectStatus(await stage.through('/'), 302), { timeout: 2_000 });
  });

  test('while Redis is down, those inside go on and all others are sent to the room', async () => {
    const stage = onStage();
    const { pass, ticketId } = await stage.entered();
    expectThrough(stage, await stage.through('/', { pass }), ticketId);
    await stage.redis.kill();
    for (let request = 0; request < 5; request += 1)
      expectThrough(stage, await stage.through('/', { pass }), ticketId);
    expectSentTo(await stage.through('/'), roomUrl({ t: `${siteUrl}/` }));
  });

  test('while Guichet is dead, nobody gets in; the way out lets everyone in', async () => {
    const stage = onStage();
    await stage.guichet.kill();
    const before = stage.site.requests.length;
    for (const question of [{}, { pass: 'x' }]) expectStatus(await stage.through('/', question), 503);
    expectStatus(await stage.through('/?guichet=x'), 503);
    expect(stage.site.requests).toHaveLength(before);

    const [, line = '', instead = ''] =
      tableRows(documentAt('operations.md'), 'proxy').find(([called]) => called === name) ?? [];
    expect(configuration.split('\n').filter((each) => each.trim() === line)).toHaveLength(1);
    await putInFront(configuration.replace(line, instead));
    for (const question of [{}, { pass: 'x' }, { headers: forged }, { method: 'POST', body: 'a=b' }]) {
      const answer = await stage.through('/?a', question);
      expectStatus(answer, 200);
      expect(stage.site.newest.url).toBe('/?a');
      expect(stage.site.newest.values('x-guichet-ticket').filter((value) => value !== '')).toEqual([]);
    }
    expectStatus(await stage.through('/?guichet=x'), 200);
  });
}
