import { expect, test } from 'vitest';
import { MailServerWatch } from '../../src/service/mail-server-watch.ts';
import { ManualClock } from '../support/manual-clock.ts';

function watch() {
  const clock = new ManualClock();
  return { clock, server: new MailServerWatch(clock) };
}

test('a server that fails now and then is asked as before', () => {
  const { server } = watch();
  for (const _ of [1, 2, 3, 4]) {
    server.failed();
    server.failed();
    server.answered();
  }
  expect(server.allowed(12)).toBe(12);
});

test('one that fails three times in a row is left alone, then tried with one e-mail at most once a minute', async () => {
  const { clock, server } = watch();
  expect([server.failed(), server.failed(), server.failed(), server.failed()]).toEqual([
    false,
    false,
    true,
    false,
  ]);
  let trials = 0;
  for (let second = 0; second < 3_600; second += 1) {
    await clock.advance(1_000);
    if (server.isResting) continue;
    expect([server.allowed(12), server.isInDoubt]).toEqual([1, true]);
    expect(server.failed()).toBe(false);
    trials += 1;
  }
  expect(trials).toBeGreaterThan(45);
  expect(trials).toBeLessThan(85);
});

test('one answer, be it no, is enough to trust it again', () => {
  const { server } = watch();
  for (const _ of [1, 2, 3]) server.failed();
  expect([server.answered(), server.answered()]).toEqual([true, false]);
  expect([server.allowed(12), server.isInDoubt]).toEqual([12, false]);
});
