/** docs/integrations/plain-site.md: its policy and its nginx in front of static pages and a form handler. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { PolicyInput } from '../../src/domain/room.ts';
import { documentAt, fencedBlock, withValues } from '../support/fenced-blocks.ts';
import { nginxOn } from '../support/nginx.ts';
import { available } from '../support/proxy-process.ts';
import { type Inside, type MakeProxy, ProxyStage, roomId, roomUrl, siteUrl } from '../support/proxy-stage.ts';
import { expectStatus } from '../support/service.ts';
import { type Answer, ask } from '../support/wire-client.ts';

const page = documentAt('integrations/plain-site.md');
const configuration = fencedBlock(page, 'nginx');
const policy = JSON.parse(fencedBlock(page, 'json')) as PolicyInput;
const places = 2_800;
/** As many as the stage admits at once. */
const seats = 12;
const program = await available('nginx', 'nginx');
/** Three seconds until every gate has heard of an end, then a tick of the room and one of the replica. */
const seatFreeWithinMs = 8_000;

/** nginx on the document's configuration, with a folder of pages. */
const makeSite =
  (text: string): MakeProxy =>
  async (values) => {
    const folder = join(values.directory, 'site');
    await mkdir(join(folder, 'static'), { recursive: true });
    await mkdir(join(folder, 'form'), { recursive: true });
    await writeFile(join(folder, 'index.html'), 'welcome');
    await writeFile(join(folder, 'form/index.html'), 'the form');
    await writeFile(join(folder, 'static/style.css'), 'a {}');
    return nginxOn(program.command ?? '', text, values, {
      '/srv/site': folder,
      '127.0.0.1:9090': values.guichetInternal,
      'ORIGIN-KEY': values.originKey,
    });
  };

describe.skipIf(program.command === null)('a site that knows nothing of Guichet, behind nginx', () => {
  let stage: ProxyStage;
  beforeAll(async () => {
    stage = await ProxyStage.open({ ...policy, capacity: seats });
    await stage.putInFront(makeSite(configuration));
  });
  afterAll(() => stage?.close());

  const register = ({ pass }: Inside, body: string): Promise<Answer> =>
    stage.through('/register', { method: 'POST', body, pass });
  const placesLeft = async (): Promise<unknown> =>
    (await ask(`${stage.guichet.publicUrl}/v1/rooms/${roomId}`)).body['placesLeft'];
  const outcomeOf = async ({ queueToken }: Inside): Promise<unknown> =>
    (await stage.look(queueToken))['outcome'];
  const soon = { timeout: 3_000, interval: 50 };
  const endsAs = (visitor: Inside, outcome: string): Promise<void> =>
    vi.waitFor(async () => expect(await outcomeOf(visitor)).toBe(outcome), soon);

  test('static pages are behind the gate, styles are not', async () => {
    const visitor = await stage.entered();
    const { pass } = visitor;
    const refused = await stage.through('/form/');
    expect([refused.status, refused.headers.location]).toEqual([302, roomUrl({ t: `${siteUrl}/form/` })]);
    expectStatus(await stage.through('/static/style.css'), 200);
    const arrival = await stage.through(visitor.arrivalPath);
    expect([arrival.status, arrival.headers.location]).toEqual([302, `${siteUrl}/`]);
    expect((await stage.through('/', { pass })).text).toBe('welcome');
    const form = await stage.through('/form/', { pass });
    expect([form.text, Number(form.headers['x-guichet-session-left']) > 0]).toEqual(['the form', true]);
  });

  test('each coming to a part of the site is counted', async () => {
    const { pass } = await stage.entered();
    for (const path of ['/form/', '/form/', '/payment/card', '/form/']) await stage.through(path, { pass });
    const { text } = await stage.internal('/metrics');
    const visits = (part: string): number =>
      Number(new RegExp(`guichet_stage_visits_total\\{.*stage="${part}"\\} (\\d+)`).exec(text)?.[1]);
    // One of them came by the test before.
    expect([visits('form'), visits('payment')]).toEqual([3, 1]);
  });

  test('a log-out gives the seat up, and no place', async () => {
    const visitor = await stage.entered();
    expectStatus(await stage.through('/log-out', { pass: visitor.pass }), 200);
    await endsAs(visitor, 'gave-up');
    expectStatus(await stage.through('/', { pass: visitor.pass }), 302);
    expect(await placesLeft()).toBe(places);
  });

  test('a form that is refused completes nothing; one that is accepted counts a place and frees the seat', async () => {
    const visitor = await stage.entered();
    expectStatus(await register(visitor, 'name='), 422);
    expectStatus(await stage.through('/form/', { pass: visitor.pass }), 200);
    // One seat fewer than are taken: it takes this one and the one of the log-out for another to come free.
    await stage.change({ capacity: seats - 1 });
    const next = await stage.join();
    expectStatus(await register(visitor, 'name=Ada'), 303);
    expect(stage.site.newest.values('x-guichet-ticket')).toEqual([visitor.ticketId]);
    await endsAs(visitor, 'completed');
    expect((await stage.look(next.queueToken))['kind']).toBe('waiting');
    // Sent again by a reload: no second place.
    expectStatus(await register(visitor, 'name=Ada'), 302);
    const isTheirTurn = async (): Promise<void> =>
      expect((await stage.look(next.queueToken))['kind']).toBe('admitted');
    await vi.waitFor(isTheirTurn, { timeout: seatFreeWithinMs, interval: 100 });
    expect(await placesLeft()).toBe(places - 1);
  });

  test('what post_action does to the log is as the document says', async () => {
    const log = await readFile(join(stage.values.directory, 'access.log'), 'utf8');
    expect(log).toMatch(/"POST \/register HTTP\/1.1" 204/);
  });

  test('without Guichet the way out lets everyone through, and the telling that fails harms no answer', async () => {
    await stage.guichet.kill();
    expectStatus(await stage.through('/'), 503);
    await stage.putInFront(makeSite(withValues(configuration, { 'set $guichet on;': 'set $guichet off;' })));
    expect((await stage.through('/')).text).toBe('welcome');
    const answer = await stage.through('/register', { method: 'POST', body: 'name=Ada' });
    expect([answer.status, answer.text]).toEqual([303, 'the site: POST /register']);
  });
});
