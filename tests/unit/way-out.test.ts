import { expect, test } from 'vitest';
import { wayOut } from '../../src/web/client/way-out.ts';
import type { RoomPage } from '../../src/web/room-page-model.ts';

const site = 'https://ville.example.org/natation';

function pageIn(state: string, target: string | null = null, targetUrl: string | null = site): RoomPage {
  return { room: { state, targetUrl }, target } as unknown as RoomPage;
}

/** A page's way out, with what it planned and where it went. */
function stage(random = 0.5) {
  const planned = new Map<() => void, number>();
  const went: string[] = [];
  const hear = wayOut({
    after: (ms, callback) => {
      planned.set(callback, ms);
      return () => void planned.delete(callback);
    },
    random: () => random,
    goTo: (url) => went.push(url),
  });
  return { hear, went, planned, pass: (): void => planned.forEach((_, callback) => callback()) };
}

test('a page of a bypassed room goes to the site, later than every gate knows, and not all at once', () => {
  const [soon, late] = [stage(0), stage(0.999)];
  for (const { hear, pass, planned } of [soon, late]) {
    hear(pageIn('open'));
    expect(planned.size).toBe(0);
    hear(pageIn('bypass'));
    hear(pageIn('bypass'));
    expect(planned.size).toBe(1);
    pass();
  }
  expect([soon.went, late.went]).toEqual([[site], [site]]);
  expect([...soon.planned.values()][0]).toBe(3_000);
  expect([...late.planned.values()][0]).toBeGreaterThan(12_000);
});

test('to the address that was asked for, where there is one', () => {
  const { hear, pass, went } = stage();
  hear(pageIn('bypass', `${site}/cours/12`));
  pass();
  expect(went).toEqual([`${site}/cours/12`]);
});

test('nowhere, when the room is open again before, or leads nowhere', () => {
  const { hear, pass, went, planned } = stage();
  hear(pageIn('bypass'));
  hear(pageIn('open'));
  expect(planned.size).toBe(0);
  hear(pageIn('bypass', null, null));
  pass();
  expect(went).toEqual([]);
});
