/** Who did what, and what waits for a second person, on the command line against the real service. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CommandAnswer, guichet, guichetJson } from '../support/command-line.ts';
import { type Scope, useService } from '../support/service.ts';

const service = useService('memory', 0);
const { clock } = service;
let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'guichet-audit-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const environmentOf = (as: Scope) => ({
  environment: { GUICHET_API_URL: service.internalUrl, GUICHET_API_KEY: service.keys[as] },
});
const type = (words: string | string[], as: Scope = 'operator'): Promise<CommandAnswer> =>
  clock.during(guichet(words, environmentOf(as)));
const typeJson = (words: string | string[], as: Scope = 'operator') =>
  clock.during(guichetJson(words, environmentOf(as)));

/** A room with twelve records. */
async function busyRoom(): Promise<string> {
  const roomId = await service.openRoom({ capacity: 10 });
  for (let made = 3; made <= 12; made += 1) {
    await service.internal(`/v1/rooms/${roomId}/admission`, { method: 'PATCH', body: { capacity: made } });
  }
  return roomId;
}

async function exported(roomId: string): Promise<{ path: string; lines: string[] }> {
  const path = join(directory, `${roomId}.jsonl`);
  const { out, code } = await type(`audit export ${roomId}`, 'viewer');
  expect(code).toBe(0);
  await writeFile(path, out);
  return { path, lines: out.trimEnd().split('\n') };
}

describe('audit', () => {
  test('show tells who did what, newest last, and why', async () => {
    const roomId = await service.makeRoom();
    await type(['open', roomId, '--reason', 'À l’heure']);
    const shown = await type(`audit show ${roomId}`, 'viewer');
    expect(shown.out).toMatch(/^1 .*admin of the settings {2}room\.create$/m);
    expect(shown.out).toMatch(/^2 .*operator of the settings {2}room\.open — À l’heure$/m);
    expect(shown.out).toContain('{"state":"scheduled","stateReason":null} → {"state":"open"');
    const last = await typeJson(`audit show ${roomId} --last 1`, 'viewer');
    expect(last.body).toMatchObject({ records: [{ number: 2, action: 'room.open' }] });
  });

  test('of the service is for those who may do everything', async () => {
    expect((await typeJson('audit show', 'admin')).code).toBe(0);
    expect((await typeJson('audit show', 'viewer')).body).toMatchObject({ error: { code: 'key-forbidden' } });
  });

  test('verify finds an export whole, from the file alone', async () => {
    const roomId = await busyRoom();
    const { path, lines } = await exported(roomId);
    expect(lines).toHaveLength(13);
    const alone = await guichet(['audit', 'verify', path], { environment: {} });
    expect(alone).toEqual({ code: 0, out: `${roomId}: records 1 to 12 are whole\n`, err: '' });
    const kept = await type(`audit verify --room ${roomId} --lang fr`, 'viewer');
    expect(kept).toMatchObject({ code: 0 });
    expect(kept.out.replaceAll('\u00a0', ' ')).toBe(`${roomId} : les entrées 1 à 12 sont intactes\n`);
  });

  test.each<[string, (lines: string[]) => string[], number]>([
    ['changed', (lines) => lines.with(6, (lines[6] as string).replace('"capacity":7', '"capacity":70')), 7],
    ['removed', (lines) => lines.toSpliced(6, 1), 7],
    ['removed at the end', (lines) => lines.toSpliced(11, 1), 12],
    ['removed at the beginning', (lines) => lines.toSpliced(0, 1), 1],
    ['swapped', (lines) => lines.with(6, lines[7] as string).with(7, lines[6] as string), 7],
    [
      'inserted',
      (lines) => lines.toSpliced(6, 0, (lines[5] as string).replace('"number":6', '"number":7')),
      7,
    ],
  ])('verify refuses an export of which one record was %s, and names it', async (_, doctor, number) => {
    const { path, lines } = await exported(await busyRoom());
    await writeFile(path, doctor(lines).join('\n'));
    const { code, body } = await guichetJson(['audit', 'verify', path], { environment: {} });
    expect(code).toBe(1);
    expect(body).toMatchObject({ kind: 'doctored' });
    expect((body['faults'] as { number: number }[]).map((fault) => fault.number)).toContain(number);
    const told = await guichet(['audit', 'verify', path], { environment: {} });
    expect(told.out).toContain(`record ${number} `);
  });

  test('verify puts the files of several replicas together, and says that nothing closes them', async () => {
    const roomId = await busyRoom();
    const file = await readFile(join(service.directory, 'audit.jsonl'), 'utf8');
    const lines = file.split('\n').filter((line) => line.includes(`"${roomId}"`));
    const halves = [0, 1].map((half) => lines.filter((_, index) => index % 2 === half));
    const paths = halves.map((_, half) => join(directory, `${roomId}-${half}.jsonl`));
    for (const [half, path] of paths.entries()) await writeFile(path, (halves[half] ?? []).join('\n'));
    const { code, body } = await guichetJson(['audit', 'verify', ...paths], { environment: {} });
    expect([code, body]).toMatchObject([
      0,
      { kind: 'whole', whole: [{ first: 1, last: 12, hasEnd: false }] },
    ]);
    expect((await guichetJson(['audit', 'verify', paths[0] ?? ''], { environment: {} })).code).toBe(1);
  });

  test.each([
    ['verify', 2],
    ['verify --room pool --service', 2],
    ['verify /nowhere/audit.jsonl', 1],
    ['verify /dev/null', 1],
  ])('%s is refused', async (words, code) => {
    expect((await guichet(`audit ${words}`, { environment: {} })).code).toBe(code);
  });
});

describe('a change that needs a second person', () => {
  test('waits, is shown, and is confirmed by somebody else', async () => {
    const roomId = await service.makeRoom({ secondPersonFor: ['open'] });
    const asked = await typeJson(`open ${roomId}`);
    expect(asked.code).toBe(3);
    const { proposalId } = (asked.body as { proposal: { proposalId: string } }).proposal;
    const shown = await type(`proposals ${roomId}`, 'viewer');
    expect(shown.out).toMatch(new RegExp(`^${proposalId} {2}room\\.open {2}waits$`, 'm'));
    expect(shown.out).toContain('proposed by operator of the settings');
    expect((await typeJson(`confirm ${roomId} ${proposalId}`)).body).toMatchObject({
      error: { code: 'proposal-own' },
    });
    const confirmed = await type(`confirm ${roomId} ${proposalId}`, 'admin');
    expect(confirmed).toEqual({ code: 0, out: `${roomId}: state: scheduled → open\n`, err: '' });
    expect((await type(`proposals ${roomId} --lang fr`)).out).toContain(
      'confirmée par admin of the settings',
    );
  });

  test('is withdrawn; then nobody confirms it', async () => {
    const roomId = await service.makeRoom({ secondPersonFor: ['bypass'] });
    expect((await type(`proposals ${roomId}`)).out).toBe('Nothing waits for a second person.\n');
    const { body } = await typeJson(`bypass ${roomId}`);
    const { proposalId } = (body as { proposal: { proposalId: string } }).proposal;
    expect((await type(`withdraw ${roomId} ${proposalId}`)).out).toContain('withdrawn by operator');
    expect((await typeJson(`confirm ${roomId} ${proposalId}`, 'admin')).body).toMatchObject({
      error: { code: 'proposal-over' },
    });
  });
});
