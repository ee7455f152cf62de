/** Each command against the real service, as people and as programs read it. */
import { describe, expect, test } from 'vitest';
import { type CommandAnswer, type CommandOptions, guichet, guichetJson } from '../support/command-line.ts';
import { newRoomId, type Scope, useService } from '../support/service.ts';

describe.each(['memory', 'redis'] as const)('on the %s store', (kind) => {
  const service = useService(kind, kind === 'memory' ? 32 : 33);
  const { clock } = service;

  const asScope = (as: Scope, more: CommandOptions = {}): CommandOptions => ({
    ...more,
    environment: { GUICHET_API_URL: service.internalUrl, GUICHET_API_KEY: service.keys[as] },
  });
  const type = (
    words: string | string[],
    as: Scope = 'admin',
    more?: CommandOptions,
  ): Promise<CommandAnswer> => clock.during(guichet(words, asScope(as, more)));
  const typeJson = (words: string | string[], as: Scope = 'admin', more?: CommandOptions) =>
    clock.during(guichetJson(words, asScope(as, more)));

  test('rooms: made, listed, shown, changed and deleted', async () => {
    const roomId = newRoomId();
    const input = JSON.stringify({ capacity: 40, targetUrl: 'https://site.example.org/' });
    const made = await type(`rooms put ${roomId} -`, 'admin', { input });
    expect(made).toMatchObject({ code: 0, err: '' });
    expect(made.out).toContain(`${roomId}: capacity: 40`);
    expect((await type('rooms', 'viewer')).out).toMatch(
      new RegExp(`^${roomId} +scheduled +40 +600/min`, 'm'),
    );
    const { body } = await typeJson('rooms list', 'viewer');
    expect(body['rooms']).toContainEqual(expect.objectContaining({ roomId, state: 'scheduled' }));
    const shown = await type(`rooms show ${roomId} --lang fr`, 'viewer');
    expect(shown.out.replaceAll('\u00a0', ' ')).toContain('état : prévue\ncapacité : 40\n');
    expect((await typeJson(`rooms show ${roomId}`)).body).toMatchObject({ roomId, policy: { capacity: 40 } });
    const patched = await typeJson(`rooms patch ${roomId} -`, 'admin', { input: '{"places":12}' });
    expect(patched).toMatchObject({ code: 0, body: { kind: 'done', room: { policy: { places: 12 } } } });
    expect(await typeJson(`rooms delete ${roomId} --yes`)).toEqual({
      code: 0,
      body: { kind: 'done', deleted: roomId },
    });
    expect((await typeJson(`rooms show ${roomId}`)).body).toMatchObject({ error: { code: 'room-unknown' } });
  });

  test('a room is steered through every state, with a reason in each language', async () => {
    const roomId = await service.makeRoom();
    const opened = await type(`open ${roomId}`, 'operator');
    expect(opened).toEqual({ code: 0, out: `${roomId}: state: scheduled → open\n`, err: '' });
    const reason = ['--reason-in', 'fr=Panne', '--reason-in', 'en=Failure'];
    const paused = await typeJson(['pause', roomId, ...reason], 'operator');
    expect(paused.body).toMatchObject({
      kind: 'done',
      room: { state: 'paused', reason: { fr: 'Panne', en: 'Failure' } },
    });
    const states = { resume: 'open', drain: 'draining', close: 'closed', bypass: 'bypass', open: 'open' };
    for (const [verb, state] of Object.entries(states)) {
      const { body } = await typeJson([verb, roomId, '--reason', verb], 'operator');
      expect(body, verb).toMatchObject({ kind: 'done', room: { state, reason: verb } });
    }
    expect((await type(`open ${roomId} --reason open`)).out).toBe(`${roomId}: it was so already\n`);
    const inFrench = await type(`bypass ${roomId} --lang fr`, 'operator');
    expect(inFrench.out.replaceAll('\u00a0', ' ')).toBe(
      `${roomId} : état : ouverte → CONTOURNÉE\n${roomId} : motif : open → –\n`,
    );
  });

  test('the pace is told, and changed', async () => {
    const roomId = await service.openRoom({ capacity: 10, outflowPerMinute: 60 });
    expect((await type(`pace ${roomId}`, 'viewer')).out).toBe(
      `${roomId}: 60/min, at most 10 inside, at most 10 at one moment\n`,
    );
    const changed = await type(`pace ${roomId} --capacity 1200 --per-minute 300`, 'operator');
    expect(changed.out).toBe(`${roomId}: capacity: 10 → 1,200\n${roomId}: pace: 60/min → 300/min\n`);
    const now = await typeJson(`pace ${roomId}`, 'viewer');
    expect(now.body).toEqual({
      kind: 'now',
      roomId,
      capacity: 1_200,
      outflowPerMinute: 300,
      batchSizeMax: 10,
    });
    const beyond = await typeJson(`pace ${roomId} --capacity 9999999`, 'operator');
    expect(beyond).toMatchObject({ code: 1, body: { error: { code: 'request-invalid', status: 400 } } });
  });

  test('a notice is put up in several languages, and taken away', async () => {
    const roomId = await service.openRoom();
    const words = ['notice', roomId, '--fr', 'À 18 h.', '--en', 'At 6.', '--in', 'es=A las 6.'];
    const { body } = await typeJson(words, 'operator');
    expect(body).toMatchObject({ room: { notice: { fr: 'À 18 h.', en: 'At 6.', es: 'A las 6.' } } });
    expect((await type(['notice', roomId, 'All is well'], 'operator')).out).toContain('At 6. → All is well');
    expect((await type(`notice ${roomId} --clear`, 'operator')).out).toContain('All is well → –');
  });

  test('watch tells each room a line, for people and for programs', async () => {
    const roomId = await service.openRoom({ capacity: 7 });
    const { out } = await type(`watch ${roomId} --times 1`, 'viewer');
    expect(out).toMatch(new RegExp(`^\\d\\d:\\d\\d:\\d\\d  ${roomId}  open  .*inside .*/7`));
    const { body } = await typeJson(`watch ${roomId} --times 1`, 'viewer');
    expect(body).toMatchObject({ roomId, state: 'open', capacity: 7, askedPerMinute: 600, alarms: [] });
    const unknown = await typeJson(`watch ${newRoomId()} --times 1`, 'viewer');
    expect(unknown).toMatchObject({ code: 1, body: { error: { code: 'room-unknown', status: 404 } } });
    const drawn = await type('watch --times 2 --every 1', 'viewer', { isInteractive: true, columns: 60 });
    const lines = drawn.out.split('\n').map((line) => line.split('\u001b[2K').at(-1) ?? '');
    expect(drawn.out).toContain('\u001b[2Kroom');
    for (const line of lines) expect(line.length, line).toBeLessThan(60);
  });

  test('what may not be done, or is not there, is refused in words and by its code', async () => {
    const roomId = await service.makeRoom();
    const refusals: [string, CommandOptions['environment'], object][] = [
      [`open ${roomId}`, { GUICHET_API_KEY: 'nobody-has-this-key' }, { code: 'key-missing', status: 401 }],
      [`open ${roomId}`, { GUICHET_API_KEY: service.keys.viewer }, { code: 'key-forbidden', status: 403 }],
      [`open ${newRoomId()}`, { GUICHET_API_KEY: service.keys.admin }, { code: 'room-unknown', status: 404 }],
    ];
    for (const [words, key, error] of refusals) {
      const environment = { GUICHET_API_URL: service.internalUrl, ...key };
      const { code, body } = await clock.during(guichetJson(words, { environment }));
      expect([code, body]).toMatchObject([1, { error }]);
      const inFrench = await clock.during(guichet(`${words} --lang fr`, { environment }));
      expect(inFrench).toMatchObject({ code: 1, out: '' });
      expect(inFrench.err.split('\n')[0]).not.toMatch(/The |This |There |An /);
    }
    const { state } = (await service.internal(`/v1/rooms/${roomId}`)).body;
    expect(state).toBe('scheduled');
  });
});
