/** docs/integrations/haproxy-pass.md, run as it stands: Debian's HAProxy, public keys in files, and nothing of ours. */
import { createHmac, type KeyObject, randomUUID, sign } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { randomStream } from '../../src/dev/random.ts';
import { freePort } from '../../src/dev/redis-server.ts';
import type { PassAlgorithm } from '../../src/domain/room.ts';
import { passes } from '../../src/service/passes.ts';
import { newKeysFile, parseKeysFile, type SigningKeys } from '../../src/service/signing-keys.ts';
import { guichet } from '../support/command-line.ts';
import { startHaproxy } from '../support/haproxy.ts';
import { serviceForTest, testPublicUrl } from '../support/service.ts';
import { encoded, mutations, type MutationMaterial, segmentsOf } from '../support/token-mutations.ts';
import { type Answer, ask } from '../support/wire-client.ts';

const page = readFileSync(new URL('../../docs/integrations/haproxy-pass.md', import.meta.url), 'utf8');
const roomId = 'swimming';
const waitingPage = `${testPublicUrl}/rooms/${roomId}`;
const hourMs = 3_600_000;
const seed = 20_260_504;
/** Of each kind. Each is a request on a connection of its own. */
const changes = 40;
/** HAProxy reads other spellings of the same bytes as the same pass, which they are; each of these changes the bytes. */
const changingKinds = [
  'oneBit',
  'oneClaim',
  'otherHeader',
  'mixed',
  'otherKey',
  'truncated',
  'unsigned',
] as const;

let texts: { own: string; other: string };
beforeAll(() => {
  texts = { own: newKeysFile({ withRsa: true }), other: newKeysFile({ withRsa: true }) };
});

/** The site behind HAProxy, HAProxy as the page has it, and the keys in the files that it names. */
async function stage(algorithm: PassAlgorithm) {
  const directory = await mkdtemp(join(tmpdir(), 'guichet-haproxy-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const site = createServer((request, response) => void response.end(`the site: ${request.url}`));
  await new Promise<void>((resolve) => {
    site.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(async () => {
    site.closeAllConnections();
    await new Promise((resolve) => {
      site.close(resolve);
    });
  });
  const keysFile = join(directory, 'signing-keys.json');
  writeFileSync(keysFile, texts.own);
  const command = async (verb: string, ...words: string[]): Promise<string> => {
    const { code, out, err } = await guichet(['keys', verb, keysFile, ...words]);
    expect(code, err).toBe(0);
    return out;
  };
  const ring = algorithm === 'ES256' ? 'pass' : 'passRsa';
  await command('add');
  const [signs, next] = parseKeysFile(readFileSync(keysFile, 'utf8'))[ring] ?? [];
  const pems = { now: join(directory, 'pass.pem'), next: join(directory, 'pass-next.pem') };
  writeFileSync(pems.now, await command('public', '--alg', algorithm, '--kid', signs?.kid ?? ''));
  writeFileSync(pems.next, await command('public', '--alg', algorithm, '--kid', next?.kid ?? ''));

  const url = `http://127.0.0.1:${await freePort()}`;
  const configuration = filledIn([
    ['bind :80', `bind ${new URL(url).host}`],
    ['/etc/haproxy/guichet-pass.pem', pems.now],
    ['/etc/haproxy/guichet-pass-next.pem', pems.next],
    ['127.0.0.1:3000', `127.0.0.1:${(site.address() as AddressInfo).port}`],
    ['https://wait.example.org', testPublicUrl],
    ['ES256', algorithm],
  ]);
  await startHaproxy({ configuration, path: join(directory, 'haproxy.cfg'), url });
  const withPass = (pass: string): Promise<Answer> =>
    ask(`${url}/forms`, { headers: { cookie: `a=b; guichet_pass_${roomId}=${pass}` } });
  return { url, keysFile, pemNow: readFileSync(pems.now, 'utf8'), command, withPass };
}

/** The page's configuration with other ports and paths: each of them is in it. */
function filledIn(replacements: readonly (readonly [string, string])[]): string {
  const [, block = ''] = /```haproxy\n([\s\S]*?)```/.exec(page) ?? [];
  return replacements.reduce((text, [from, to]) => {
    expect(text).toContain(from);
    return text.replaceAll(from, to);
  }, block);
}

function expectThrough(answer: Answer): void {
  expect([answer.status, answer.text]).toEqual([200, 'the site: /forms']);
}
function expectSentToWait(answer: Answer): void {
  expect([answer.status, answer.headers.location]).toEqual([302, waitingPage]);
}

describe.each(['ES256', 'RS256'] as const)('HAProxy, with the page’s configuration and %s', (algorithm) => {
  const subject = { roomId, ticketId: randomUUID(), number: 7 };
  const signed = (
    keys: SigningKeys,
    { lastsMs = hourMs, inRoom = roomId, issuer = testPublicUrl } = {},
  ): string => {
    const nowMs = Date.now();
    const how = { algorithm, nowMs, expiresAtMs: nowMs + lastsMs };
    return passes(keys, issuer).signPass({ ...subject, roomId: inRoom }, how);
  };
  const keysIn = (path: string): SigningKeys => parseKeysFile(readFileSync(path, 'utf8'));

  test('lets a pass of the running service through, in the cookie and as a bearer', async () => {
    const { url, keysFile, withPass } = await stage(algorithm);
    const service = await serviceForTest({ environment: { GUICHET_SIGNING_KEYS_FILE: keysFile } });
    await service.openRoom({ passAlgorithm: algorithm, targetUrl: `${url}/arrive` }, roomId);
    const visitor = await service.join(roomId);
    const admittedSoon = { timeout: 10_000, interval: 50 };
    await vi.waitFor(
      async () => expect((await service.look(visitor)).body['kind']).toBe('admitted'),
      admittedSoon,
    );
    const { body } = await service.act(visitor, 'enter');
    const pass = body['pass'] as string;
    expectThrough(await withPass(pass));
    expectThrough(await ask(`${url}/forms`, { bearer: pass }));
    // The hand-over arrives where no pass is asked for.
    const arrival = await ask(body['redirectUrl'] as string);
    expect([arrival.status, arrival.text.slice(0, 26)]).toEqual([200, 'the site: /arrive?guichet=']);
  });

  test('sends everybody else to the waiting page', async () => {
    const { url, keysFile, pemNow, withPass } = await stage(algorithm);
    const [keys, otherKeys] = [keysIn(keysFile), parseKeysFile(texts.other)];
    const good = signed(keys);
    expectThrough(await withPass(good));
    const { payload, signature } = segmentsOf(good);
    const secret = (algorithm === 'ES256' ? keys.pass : keys.passRsa)?.[0].secret as KeyObject;
    const otherName = `${encoded({ alg: algorithm.replace('256', '384'), typ: 'JWT' })}.${payload}`;
    const rightly = sign('sha256', Buffer.from(otherName), { key: secret, dsaEncoding: 'ieee-p1363' });
    const confused = `${encoded({ alg: 'HS256', typ: 'JWT' })}.${payload}`;
    const bad = {
      over: signed(keys, { lastsMs: -1_000 }),
      'of another room': signed(keys, { inRoom: 'swimming-2' }),
      'of another issuer': signed(keys, { issuer: `${testPublicUrl}.evil.example` }),
      'by another key': signed(otherKeys),
      'alg none': `${encoded({ alg: 'none', typ: 'JWT' })}.${payload}.`,
      'alg none, with the signature': `${encoded({ alg: 'none', typ: 'JWT' })}.${payload}.${signature}`,
      'the public key as a secret': `${confused}.${createHmac('sha256', pemNow).update(confused).digest('base64url')}`,
      'the right key, under another algorithm’s name': `${otherName}.${rightly.toString('base64url')}`,
      'no pass': '',
      'no token': 'good',
    };
    for (const [what, pass] of Object.entries(bad)) {
      const answers = [await withPass(pass), await ask(`${url}/forms`, { bearer: pass })];
      for (const { status, headers } of answers)
        expect([status, headers.location], what).toEqual([302, waitingPage]);
    }
    expectSentToWait(await ask(`${url}/forms`));
    expectSentToWait(await ask(`${url}/forms`, { method: 'POST', body: {} }));
    expectSentToWait(await ask(`${url}/arrive/..%2fforms`));
    // The other algorithm, by a key that Guichet has for it.
    const other = passes(keys, testPublicUrl).signPass(subject, {
      algorithm: algorithm === 'ES256' ? 'RS256' : 'ES256',
      nowMs: Date.now(),
      expiresAtMs: Date.now() + hourMs,
    });
    expectSentToWait(await withPass(other));
  });

  test('accepts no pass that was changed', async () => {
    const { keysFile, withPass } = await stage(algorithm);
    const [keys, otherKeys] = [keysIn(keysFile), parseKeysFile(texts.other)];
    const valid = [
      signed(keys),
      signed(keys, { inRoom: 'swimming-2' }),
      signed(keys, { lastsMs: 2 * hourMs }),
    ];
    const otherSecret = (algorithm === 'ES256' ? otherKeys.pass : otherKeys.passRsa)?.[0].secret;
    const wrongKeys = [...keys.queue, ...otherKeys.pass, ...(otherKeys.passRsa ?? [])].map(
      ({ secret }) => secret,
    );
    const material: MutationMaterial = {
      tokens: valid,
      foreignTokens: [signed(otherKeys)],
      kids: [...keys.pass, ...otherKeys.pass].map(({ kid }) => kid),
      wrongKeys,
      signRightly: (input) =>
        createHmac('sha256', otherSecret?.export({ type: 'pkcs8', format: 'pem' }) ?? '')
          .update(input)
          .digest('base64url'),
    };
    const accepted: string[] = [];
    for (const kind of changingKinds) {
      const random = randomStream(seed, kind.length);
      for (let done = 0; done < changes; ) {
        const changed = mutations[kind](valid[0] as string, material, random);
        if (!isAnotherToken(changed, valid)) continue;
        done += 1;
        if ((await withPass(changed)).status !== 302) accepted.push(`${kind}: ${changed}`);
      }
    }
    expect(accepted, `seed ${seed}`).toEqual([]);
  });

  test('accepts both keys during a rotation', async () => {
    const { keysFile, command, withPass } = await stage(algorithm);
    const old = signed(keysIn(keysFile));
    await command('use');
    const fresh = signed(keysIn(keysFile));
    expect(segmentsOf(fresh).header).not.toBe(segmentsOf(old).header);
    expectThrough(await withPass(old));
    expectThrough(await withPass(fresh));
  });
});

/** What a cookie can hold, and what is not the bytes of a valid pass, however they are spelled. */
function isAnotherToken(changed: string, valid: readonly string[]): boolean {
  const bytes = (token: string): string =>
    token
      .split('.')
      .map((segment) => Buffer.from(segment, 'base64url').toString('hex'))
      .join('.');
  return /^[\w.-]+$/.test(changed) && !valid.some((token) => bytes(token) === bytes(changed));
}
