/** The small clients of docs/integrations/node.md and php.md, as they stand there. */
import { generateKeyPairSync } from 'node:crypto';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { freePort } from '../../src/dev/redis-server.ts';
import { parseKeysFile } from '../../src/service/signing-keys.ts';
import {
  clientRoomId,
  ClientStage,
  type Entered,
  issuer,
  passKept,
  siteUrl,
} from '../support/client-stage.ts';
import { documentAt, fencedBlock, withValues } from '../support/fenced-blocks.ts';
import { available, ProxyProcess } from '../support/proxy-process.ts';
import { expectStatus } from '../support/service.ts';
import { type Answer, ask, type Question } from '../support/wire-client.ts';

type Place = {
  directory: string;
  port: number;
  values: Readonly<Record<string, string>>;
  environment: Readonly<Record<string, string>>;
};
/** Writes a document's code into the directory and says how it is run. */
type Client = (place: Place) => Promise<ProxyProcess>;

const waitingPage = `${issuer}/rooms/${clientRoomId}`;
const places = 100;
const php = await available('php', 'php-cli');

const nodeClient: Client = async ({ directory, port, values, environment }) => {
  const page = documentAt('integrations/node.md');
  await symlink(join(import.meta.dirname, '../../node_modules'), join(directory, 'node_modules'));
  await writeFile(join(directory, 'guichet.mjs'), withValues(fencedBlock(page, 'js guichet.mjs'), values));
  const main = join(directory, 'site.mjs');
  await writeFile(
    main,
    withValues(fencedBlock(page, 'js site.mjs'), { '.listen(3000,': `.listen(${port},` }),
  );
  return new ProxyProcess({ command: process.execPath, runWords: [main], port, environment });
};

const phpClient: Client = async ({ directory, port, values, environment }) => {
  const page = documentAt('integrations/php.md');
  const keysFile = { '/var/lib/site/guichet-jwks.json': join(directory, 'jwks.json') };
  await writeFile(
    join(directory, 'guichet.php'),
    withValues(fencedBlock(page, 'php guichet.php'), { ...values, ...keysFile }),
  );
  const main = join(directory, 'site.php');
  await writeFile(main, fencedBlock(page, 'php site.php'));
  // Whatever PHP has to say about the code becomes part of an answer, where a test sees it.
  const words = ['-d', 'display_errors=1', '-d', 'error_reporting=-1', '-S', `127.0.0.1:${port}`, main];
  return new ProxyProcess({ command: php.command ?? '', runWords: words, port, environment });
};

let stage: ClientStage;
beforeAll(async () => {
  stage = await ClientStage.open({ places, placesPerVisitorMax: 2 });
});
afterAll(() => stage?.close());

describe.each([
  ['Node', nodeClient, null],
  ['PHP', phpClient, php.reason],
] as const)('the small client for %s', (name, client, reason) => {
  let site: ProxyProcess | null = null;
  let url = '';
  beforeAll(async () => {
    if (reason !== null) return;
    const { values } = stage;
    const [directory, port] = [join(values.directory, name), await freePort()];
    await mkdir(directory);
    site = await client({
      directory,
      port,
      values: { '127.0.0.1:8080': values.public, '127.0.0.1:9090': values.internal },
      environment: { GUICHET_ORIGIN_KEY: values.originKey },
    });
    await site.start();
    url = `http://127.0.0.1:${port}`;
  });
  afterAll(() => site?.stop());

  const through = (
    path: string,
    { pass, ...question }: Question & { pass?: string } = {},
  ): Promise<Answer> => {
    const cookie = pass === undefined ? {} : { cookie: `a=b; guichet_pass_${clientRoomId}=${pass}` };
    return ask(url + path, { ...question, headers: { connection: 'close', ...cookie } });
  };
  const expectSentTo = (answer: Answer, location: string): void =>
    expect([answer.status, answer.headers.location]).toEqual([302, location]);
  const arrive = async ({ arrivalPath }: Entered): Promise<string> => {
    const arrival = await through(`${arrivalPath}&group=a`);
    expectSentTo(arrival, `${siteUrl}/?group=a`);
    return passKept(arrival) ?? '';
  };

  test.skipIf(reason)('redeems a hand-over though answers are lost, and keeps the pass', async () => {
    expectSentTo(await through('/a?b=c'), `${waitingPage}?t=${encodeURIComponent(`${siteUrl}/a?b=c`)}`);
    expectSentTo(await through('/register', { method: 'POST', body: 'a=b' }), waitingPage);
    const visitor = await stage.entered();
    stage.lines.internal.losing = 2;
    const pass = await arrive(visitor);
    expect(stage.lines.internal.losing).toBe(0);
    expect((await through('/', { pass })).text).toBe(`You are number ${visitor.number}.`);
    // A reload of the address by which they came, with the cookie and without.
    expectSentTo(await through(visitor.arrivalPath, { pass }), `${siteUrl}/`);
    expectSentTo(await through(visitor.arrivalPath), `${waitingPage}?pass=not-kept`);
    expectSentTo(await through('/?guichet=x'), waitingPage);
    // Nobody is led elsewhere, and nobody in a circle.
    expectSentTo(await through('//evil.example/?guichet=x', { pass }), `${siteUrl}//evil.example/`);
    expectStatus(await through('/?guichet[]=x', { pass }), 200);
  });

  test.skipIf(reason)('finishes with an outcome and places, and takes the pass away', async () => {
    const visitor = await stage.entered();
    const pass = await arrive(visitor);
    const before = (await stage.room())['placesLeft'] as number;
    const done = await through('/register', { method: 'POST', body: 'a=b', pass });
    expect(done.text).toBe('Two children are registered.');
    const cookies = done.headers['set-cookie'] ?? [];
    expect(cookies).toHaveLength(1);
    expect(cookies[0]).toMatch(/Max-Age=0|expires=Thu, 01.Jan.1970/i);
    const isCounted = async (): Promise<void> => {
      expect(await stage.look(visitor)).toMatchObject({ kind: 'ended', outcome: 'completed' });
      expect((await stage.room())['placesLeft']).toBe(before - 2);
    };
    await vi.waitFor(isCounted, { timeout: 3_000, interval: 50 });
  });

  test.skipIf(reason)(
    'renews a session that is used, and goes on while Guichet does not answer',
    async () => {
      await stage.change({ sessionTtlMs: 5_000 });
      const pass = await arrive(await stage.entered());
      const renewed = async (): Promise<string> => {
        const answer = await through('/', { pass });
        expectStatus(answer, 200);
        expect(passKept(answer)).not.toBeNull();
        return passKept(answer) ?? '';
      };
      const next = await vi.waitFor(renewed, { timeout: 4_500, interval: 100 });
      await stage.change({ sessionTtlMs: 1_200_000 });
      stage.lines.internal.losing = 1_000;
      expectStatus(await through('/', { pass: next }), 200);
      expectStatus(await through('/', { pass }), 200);
      stage.lines.internal.losing = 0;
    },
  );

  test.skipIf(reason)(
    'takes the passes of Guichet for this room and no others, without asking it',
    async () => {
      const [{ kid, secret }] = parseKeysFile(await readFile(stage.keysFile, 'utf8')).pass;
      const now = Math.floor(Date.now() / 1_000);
      const claims = {
        iss: issuer,
        aud: clientRoomId,
        sub: 'b',
        number: 7,
        iat: now,
        nbf: now - 5,
        exp: now + 600,
      };
      const signed = (changes: object = {}, key = secret): Promise<string> =>
        new SignJWT({ ...claims, ...changes })
          .setProtectedHeader({ alg: 'ES256', typ: 'JWT', kid })
          .sign(key);
      const isIn = async (pass: string): Promise<boolean> => {
        const answer = await through('/', { pass });
        if (answer.status === 302) return false;
        expect(answer.text).toBe('You are number 7.');
        return true;
      };
      const good = await signed();
      expect(await isIn(good)).toBe(true);
      stage.lines.public.losing = 1_000;
      for (const pass of await oddSignatures(signed)) expect(await isIn(pass), pass).toBe(true);

      const [header = '', body = '', signature = ''] = good.split('.');
      const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
      const nobodys = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
      for (const wrong of [
        '',
        'x',
        'a.b.c',
        `${header}.${body}`,
        `${header}.${body}.`,
        `${header}.${body}.${Buffer.alloc(64).toString('base64url')}`,
        `${header}.${encoded({ ...claims, number: 8 })}.${signature}`,
        `${encoded({ alg: 'none', kid })}.${body}.`,
        `${encoded({ alg: 'HS256', kid })}.${body}.${signature}`,
        `${encoded({ alg: 'ES256', kid: 'unknown' })}.${body}.${signature}`,
        `${encoded({ alg: 'ES256', kid: ['a'] })}.${body}.${signature}`,
        await signed({ aud: 'skating' }),
        await signed({ iss: 'https://evil.example' }),
        await signed({ exp: now - 1 }),
        await signed({ nbf: now + 600 }),
        await signed({}, nobodys),
      ])
        expect(await isIn(wrong), wrong).toBe(false);
      stage.lines.public.losing = 0;
    },
  );
});

/** Passes whose signatures have numbers that begin with a zero, and with a bit that looks like a sign. */
async function oddSignatures(signed: (changes: object) => Promise<string>): Promise<string[]> {
  const found = new Map<string, string>();
  for (let attempt = 0; found.size < 4 && attempt < 20_000; attempt += 1) {
    const pass = await signed({ jti: String(attempt) });
    const bytes = Buffer.from(pass.split('.')[2] ?? '', 'base64url');
    for (const [name, at] of [
      ['r', 0],
      ['s', 32],
    ] as const) {
      if (bytes[at] === 0) found.set(`${name} begins with zero`, pass);
      if ((bytes[at] ?? 0) > 127) found.set(`${name} begins with a one`, pass);
    }
  }
  expect(found.size).toBe(4);
  return [...found.values()];
}
