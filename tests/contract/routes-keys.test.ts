import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { addNextKeys, useNextKeys } from '../../src/service/key-rotation.ts';
import { writePrivately } from '../../src/service/private-file.ts';
import { keysFileText, newKeysFile, parseStoredKeys } from '../../src/service/signing-keys.ts';
import { admitted } from '../support/journeys.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { expectProblem } from '../support/problems.ts';
import { expectStatus, newRoomId, serviceForTest, type TestService } from '../support/service.ts';
import { decoded, segmentsOf } from '../support/token-mutations.ts';

const withRsa = newKeysFile({ withRsa: true });
const targetUrl = 'https://ville.example.org/natation';
/** Two looks at the file. */
const pollsMs = 4_000;

/** A service with a keys file of its own, which tests change. */
async function serviceOn(
  text: string,
): Promise<{ service: TestService & { clock: ManualClock }; path: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'guichet-routes-keys-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const path = join(directory, 'keys.json');
  await writeFile(path, text);
  const clock = new ManualClock();
  const service = await serviceForTest({ clock, environment: { GUICHET_SIGNING_KEYS_FILE: path } });
  return { service: Object.assign(service, { clock }), path };
}

type Jwk = { kid: string; alg: string; use: string };
async function published(service: TestService): Promise<Jwk[]> {
  const { body, headers } = await service.public('/.well-known/jwks.json');
  expect(headers['cache-control']).toBe('public, max-age=300');
  return body['keys'] as Jwk[];
}
const algorithmOf = (pass: unknown): unknown => decoded(segmentsOf(String(pass)).header)['alg'];

describe('a changed keys file', () => {
  test('is in the JWKS, and in what is signed, within a poll or two, and refuses nobody', async () => {
    const { service, path } = await serviceOn(withRsa);
    const before = await published(service);
    expect(before.map(({ alg, use }) => [alg, use])).toEqual([
      ['ES256', 'sig'],
      ['RS256', 'sig'],
    ]);
    const visitor = await service.join(await service.openRoom({ capacity: 0 }));

    const added = addNextKeys(parseStoredKeys(withRsa)).stored;
    await writeFile(path, keysFileText(added));
    await service.clock.until(async () => (await published(service)).length === 4, pollsMs);
    const used = useNextKeys(added, service.clock.wallMs()).stored;
    await writeFile(path, keysFileText(used));
    const signing = async (): Promise<string | undefined> => (await published(service))[0]?.kid;
    await service.clock.until(async () => (await signing()) === added.pass?.[1]?.kid, pollsMs);

    expectStatus(await service.look(visitor), 200);
    const newcomer = await service.join(visitor.roomId);
    expect(decoded(segmentsOf(newcomer.queueToken).header)['kid']).toBe(added.queue?.[1]?.kid);
    expectStatus(await service.look(newcomer), 200);
  });

  test('that cannot be used is logged without a key, and the service goes on with those it has', async () => {
    const { service, path } = await serviceOn(withRsa);
    const before = await published(service);
    // At once: a look in between would find it empty, which is told, too.
    await writePrivately(path, withRsa.slice(0, 500));
    const told = (): typeof service.lines =>
      service.lines.filter(({ msg }) => msg.startsWith('The signing keys file cannot be used'));
    await service.clock.until(() => told().length > 0, pollsMs);
    await service.clock.advance(20_000);
    expect(told()).toHaveLength(1);
    expect(JSON.stringify(service.lines)).not.toContain(parseStoredKeys(withRsa).queue?.[0]?.secret);
    expect(await published(service)).toEqual(before);
    expectStatus(await service.look(await service.join(await service.openRoom())), 200);
  });
});

describe('a room whose passes are signed by RS256', () => {
  test('gets such passes: on entering, by redeeming, by keeping alive', async () => {
    const { service } = await serviceOn(withRsa);
    const visitor = await admitted(service, { targetUrl, passAlgorithm: 'RS256' });
    const { roomId, ticketId } = visitor;
    const { body: entered } = await service.act(visitor, 'enter');
    const handOver = new URL(entered['redirectUrl'] as string).searchParams.get('guichet');
    const origin = (path: string, body: object) =>
      service.internal(`/v1/rooms/${roomId}/${path}`, { method: 'POST', as: 'origin', body });
    const { body: redeemed } = await origin('passes/redeem', { handOver });
    const kept = await origin(`sessions/${ticketId}/keep-alive`, { pass: redeemed['pass'] });
    expectStatus(kept, 200);
    const passes = [entered['pass'], redeemed['pass'], kept.body['pass']];
    expect(passes.map(algorithmOf)).toEqual(['RS256', 'RS256', 'RS256']);

    // Back to the rule: the pass of before is still one.
    const patch = { method: 'PATCH', body: { passAlgorithm: 'ES256' } };
    expectStatus(await service.internal(`/v1/rooms/${roomId}`, patch), 200);
    const again = await origin(`sessions/${ticketId}/keep-alive`, { pass: kept.body['pass'] });
    expect(algorithmOf(again.body['pass'])).toBe('ES256');
  });

  test('is refused where there is no RSA key, with the way out, and can be had once there is one', async () => {
    const { webhook: _, passRsa: __, ...older } = parseStoredKeys(withRsa);
    const { service, path } = await serviceOn(keysFileText(older));
    const roomId = await service.makeRoom();
    const body = { passAlgorithm: 'RS256' };
    for (const [method, address] of [
      ['PATCH', roomId],
      ['PUT', roomId],
      ['PUT', newRoomId()],
    ] as const) {
      const answer = await service.internal(`/v1/rooms/${address}`, { method, body });
      expectProblem(answer, 'request-invalid');
      expect(answer.body['detail']).toMatch(/^passAlgorithm: .*no key for RS256.*keys add FILE/);
    }
    await writeFile(path, withRsa);
    await service.clock.until(async () => (await published(service)).length === 2, pollsMs);
    expectStatus(await service.internal(`/v1/rooms/${roomId}`, { method: 'PATCH', body }), 200);

    // Without the key again: everything else about the room can still be changed.
    await writeFile(path, keysFileText(older));
    await service.clock.until(async () => (await published(service)).length === 1, pollsMs);
    const capacity = { method: 'PATCH', body: { capacity: 5 } };
    expectStatus(await service.internal(`/v1/rooms/${roomId}`, capacity), 200);
  });
});

test('without the key that a room’s passes are signed by, its gate sends whoever arrives back to the room', async () => {
  const { service, path } = await serviceOn(withRsa);
  const visitor = await admitted(service, { targetUrl, passAlgorithm: 'RS256' });
  const { body } = await service.act(visitor, 'enter');
  const { passRsa, ...others } = parseStoredKeys(withRsa);
  expect(passRsa).toHaveLength(1);
  await writeFile(path, keysFileText(others));
  await service.clock.until(async () => (await published(service)).length === 1, pollsMs);
  const headers = { 'x-original-url': body['redirectUrl'] as string };
  expectStatus(await service.public(`/gate/${visitor.roomId}`, { headers }), 401);
});
