import { describe, expect, test } from 'vitest';
import {
  askGate,
  askRedirect,
  enteredWithPass,
  expectInside,
  expectRefused,
  passSetBy,
  roomUrl,
  targetUrl,
} from '../support/gate-client.ts';
import { expectStatus, useService } from '../support/service.ts';
import type { Answer } from '../support/wire-client.ts';

describe.each(['memory', 'redis'] as const)('on the %s store, the gate lets in', (kind) => {
  const service = useService(kind, 15);
  const { clock } = service;

  test('whoever comes with a hand-over, once, and gives them the pass to keep', async () => {
    const visitor = await enteredWithPass(service);
    const url = `${targetUrl}?a=1&guichet=${visitor.handOver}`;
    const answer = await askGate(service, visitor.roomId, { url });
    expectInside(answer, visitor);
    const pass = passSetBy(answer) ?? '';
    expectInside(await askGate(service, visitor.roomId, { pass }), visitor);
    // A reload of the same address, with the cookie.
    expectInside(await askGate(service, visitor.roomId, { url, pass }), visitor);
    // And without: told that the cookie was not kept, not sent round.
    const again = await askGate(service, visitor.roomId, { url });
    expectRefused(again, `${roomUrl(visitor.roomId, `${targetUrl}?a=1`)}&pass=not-kept`);
  });

  test('and takes the hand-over out of the address where it may, the rest to the letter', async () => {
    const visitor = await enteredWithPass(service);
    const url = `${targetUrl}/x%20y?b=%2Fc&guichet=${visitor.handOver}&d=e+f`;
    const answer = await askRedirect(service, visitor.roomId, { url });
    expectStatus(answer, 302);
    expect(answer.headers.location).toBe(`${targetUrl}/x%20y?b=%2Fc&d=e+f`);
    const pass = passSetBy(answer) ?? '';
    const again = await askRedirect(service, visitor.roomId, { url, pass });
    expect([again.status, again.headers.location, passSetBy(again)]).toEqual([
      302,
      `${targetUrl}/x%20y?b=%2Fc&d=e+f`,
      null,
    ]);
    const without = await askRedirect(service, visitor.roomId, { url });
    expect([without.status, new URL(without.headers.location ?? '').searchParams.get('pass')]).toEqual([
      302,
      'not-kept',
    ]);
  });

  test('a browser that keeps no cookie three times, and then says so; with its cookie it goes on', async () => {
    const visitor = await enteredWithPass(service);
    const { roomId } = visitor;
    const arrive = async (pass?: string): Promise<Answer> => {
      const { body } = await service.act(visitor, 'enter');
      return askRedirect(service, roomId, { url: body['redirectUrl'] as string, pass });
    };
    const places = [await arrive(), await arrive(), await arrive()].map(({ headers }) => headers.location);
    expect(places).toEqual([targetUrl, targetUrl, `${roomUrl(roomId, targetUrl)}&pass=not-kept`]);
    // What it says comes with a cookie, too: it may be kept by now.
    const pass = passSetBy(await arrive()) ?? '';
    expect((await arrive(pass)).headers.location).toBe(targetUrl);
    expectInside(await askGate(service, roomId, { pass }), visitor);
    expect((await arrive()).headers.location).toBe(targetUrl);
  });

  test.each([askGate, askRedirect])('a form that brings its hand-over, with what it sends', async (asks) => {
    const visitor = await enteredWithPass(service);
    const form = { url: `${targetUrl}?guichet=${visitor.handOver}`, method: 'POST' };
    const answer = await asks(service, visitor.roomId, form);
    expectInside(answer, visitor);
    const pass = passSetBy(answer) ?? '';
    // Sent again; and by a browser that keeps no cookie.
    expectInside(await asks(service, visitor.roomId, { ...form, pass }), visitor);
    const without = await askGate(service, visitor.roomId, form);
    expectRefused(without, `${roomUrl(visitor.roomId)}?pass=not-kept`);
  });

  test('of a hundred with one hand-over at once exactly one', async () => {
    const visitor = await enteredWithPass(service);
    const url = `${targetUrl}?guichet=${visitor.handOver}`;
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => askGate(service, visitor.roomId, { url })),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(99);
  });

  test('nobody with a hand-over that is altered or a minute old: the button gives another', async () => {
    const visitor = await enteredWithPass(service, { enterWithinMs: 600_000 });
    const asked = { url: `${targetUrl}?guichet=${visitor.handOver.slice(0, -2)}` };
    expectRefused(await askGate(service, visitor.roomId, asked), roomUrl(visitor.roomId, targetUrl));
    await clock.advance(61_000);
    const late = await askGate(service, visitor.roomId, {
      url: `${targetUrl}?guichet=${visitor.handOver}`,
    });
    expectRefused(late, roomUrl(visitor.roomId, targetUrl));
  });
});
