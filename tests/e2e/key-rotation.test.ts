import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { PassAlgorithm } from '../../src/domain/room.ts';
import { childEnvironment } from '../../src/dev/provision.ts';
import { parseKeysFile, type SigningKeys } from '../../src/service/signing-keys.ts';
import { expectStatus, newRoomId, type Visitor } from '../support/service.ts';
import { type Deployment, deploymentForTest } from '../support/service-process.ts';
import { ask } from '../support/wire-client.ts';

const algorithms = ['ES256', 'RS256'] as const;
const soon = { timeout: 15_000, interval: 50 };
/** Tickets whose tokens are shown at every look, whatever happens to the keys. */
const waitingCount = 20;

/** `npm run guichet -- keys …`, as an administrator types it. */
async function keysCommand(...words: string[]): Promise<void> {
  const child = spawn(process.execPath, ['src/cli/guichet.ts', 'keys', ...words], {
    cwd: new URL('../..', import.meta.url).pathname,
    env: childEnvironment(),
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const code = await new Promise<number | null>((resolve) => {
    child.once('close', resolve);
  });
  expect(code, words.join(' ')).toBe(0);
}

/** The one process of a deployment, and its visitors. */
function visitorsOf({ replicas, keys }: Deployment) {
  const [replica] = replicas;
  if (replica === undefined) throw new Error('no replica was started');
  const { publicUrl, internalUrl } = replica;
  const join = async (roomId: string): Promise<Visitor> => {
    const answer = await ask(`${publicUrl}/v1/rooms/${roomId}/tickets`, { method: 'POST' });
    expectStatus(answer, 201);
    return { roomId, ...(answer.body as Omit<Visitor, 'roomId'>) };
  };
  const look = async ({ roomId, queueToken }: Visitor): Promise<unknown> => {
    const answer = await ask(`${publicUrl}/v1/rooms/${roomId}/ticket`, { bearer: queueToken });
    expectStatus(answer, 200);
    return answer.body['kind'];
  };
  return {
    replica,
    join,
    look,
    openRoom: async (policy: object): Promise<string> => {
      const roomId = newRoomId();
      const address = `${internalUrl}/v1/rooms/${roomId}`;
      expectStatus(await ask(address, { method: 'PUT', body: policy, bearer: keys.admin }), 201);
      expectStatus(await ask(`${address}/open`, { method: 'POST', bearer: keys.operator }), 200);
      return roomId;
    },
    /** Someone new goes the whole way in. */
    passFor: async (roomId: string): Promise<string> => {
      const visitor = await join(roomId);
      await vi.waitFor(async () => expect(await look(visitor)).toBe('admitted'), soon);
      const enter = { method: 'POST', bearer: visitor.queueToken };
      const answer = await ask(`${publicUrl}/v1/rooms/${roomId}/ticket/enter`, enter);
      expectStatus(answer, 200);
      return answer.body['pass'] as string;
    },
  };
}

/** Looks with each ticket in turn, without a pause, until told to stop; answers with the number of looks. */
function lookAllTheTime(look: (visitor: Visitor) => Promise<unknown>, visitors: readonly Visitor[]) {
  const state = { isOver: false };
  const looking = (async (): Promise<number> => {
    let looks = 0;
    for (; !state.isOver; looks += 1) await look(visitors[looks % visitors.length] as Visitor);
    return looks;
  })();
  // A refusal is told to whoever asks for the number.
  looking.catch(() => {});
  return (): Promise<number> => {
    state.isOver = true;
    return looking;
  };
}

test('keys are rotated under a running service: no restart, nobody refused, jose verifies throughout', async () => {
  const deployment = await deploymentForTest();
  const { keysFile } = deployment;
  const { replica, join, look, openRoom, passFor } = visitorsOf(deployment);
  const { publicUrl, pid } = replica;
  const crowded = await openRoom({ capacity: 0 });
  const rooms = {
    ES256: await openRoom({ capacity: 100 }),
    RS256: await openRoom({ capacity: 100, passAlgorithm: 'RS256' }),
  };
  const waiting: Visitor[] = [];
  const everybodyIsKept = async (): Promise<void> => {
    waiting.push(await join(crowded));
    expect(await Promise.all(waiting.map(look))).toEqual(waiting.map(() => 'waiting'));
    expect(replica.pid).toBe(pid);
  };
  while (waiting.length < waitingCount) waiting.push(await join(crowded));
  const stopLooking = lookAllTheTime(look, waiting);

  // What a checker has: the address of the keys, its own cache of them, and the algorithm it was told.
  const jwks = createRemoteJWKSet(new URL(`${publicUrl}/.well-known/jwks.json`), { cooldownDuration: 0 });
  const verify = async (pass: string, algorithm: PassAlgorithm) => {
    const options = { issuer: publicUrl, audience: rooms[algorithm], algorithms: [algorithm] };
    return (await jwtVerify(pass, jwks, options)).payload;
  };
  const passesOfNow = async () => ({ ES256: await passFor(rooms.ES256), RS256: await passFor(rooms.RS256) });
  const kidsOf = ({ ES256, RS256 }: Awaited<ReturnType<typeof passesOfNow>>): unknown[] =>
    [ES256, RS256].map((pass) => decodeProtectedHeader(pass).kid);
  const keysNow = async (): Promise<SigningKeys> => parseKeysFile(await readFile(keysFile, 'utf8'));
  const signing = ({ pass, passRsa }: SigningKeys): unknown[] => [pass[0].kid, passRsa?.[0].kid];
  const published = async (): Promise<unknown[]> => {
    const { body } = await ask(`${publicUrl}/.well-known/jwks.json`);
    return (body['keys'] as { kid: string }[]).map(({ kid }) => kid);
  };
  const publishedIsInFile = async (): Promise<void> => {
    const { pass, passRsa } = await keysNow();
    const kids = [...pass, ...(passRsa ?? [])].map(({ kid }) => kid);
    await vi.waitFor(async () => expect(await published()).toEqual(kids), soon);
  };

  const before = await passesOfNow();
  expect(kidsOf(before)).toEqual(signing(await keysNow()));
  for (const algorithm of algorithms) await verify(before[algorithm], algorithm);

  await keysCommand('add', keysFile);
  await publishedIsInFile();
  await everybodyIsKept();
  const during = await passesOfNow();
  expect(kidsOf(during)).toEqual(kidsOf(before));

  await keysCommand('use', keysFile);
  await publishedIsInFile();
  await everybodyIsKept();
  const after = await passesOfNow();
  expect(kidsOf(after)).toEqual(signing(await keysNow()));
  expect(kidsOf(after)).not.toEqual(kidsOf(before));
  for (const algorithm of algorithms) {
    for (const pass of [before, during, after]) await verify(pass[algorithm], algorithm);
    // Pinned: the other algorithm's passes are none of this checker's.
    const other = algorithm === 'ES256' ? 'RS256' : 'ES256';
    await expect(verify(after[other], algorithm)).rejects.toThrow('"alg"');
  }

  // Too early: everything is kept. Then by force, as if 72 hours had gone by: only the old keys go.
  await keysCommand('drop', keysFile);
  await everybodyIsKept();
  expect(await stopLooking()).toBeGreaterThan(100);
  await keysCommand('drop', keysFile, '--force');
  await publishedIsInFile();
  const reloaded = createRemoteJWKSet(new URL(`${publicUrl}/.well-known/jwks.json`));
  await jwtVerify(after.ES256, reloaded, { issuer: publicUrl, audience: rooms.ES256 });
  await expect(jwtVerify(before.ES256, reloaded)).rejects.toThrow('no applicable key');
  expect(replica.pid).toBe(pid);
  const log = await readFile(replica.logFile, 'utf8');
  expect(log.match(/The signing keys changed/g)).toHaveLength(3);
  expect(log).not.toContain('Keys that signed until now are gone');
});
