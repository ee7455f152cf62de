import { describe, expect, test } from 'vitest';
import { askGate, askRedirect, enteredWithPass, expectRefused, roomUrl } from '../support/gate-client.ts';
import { hostileUrls, targets } from '../support/hostile-urls.ts';
import { expectProblem } from '../support/problems.ts';
import { expectStatus, newRoomId, useService } from '../support/service.ts';
import { isWebAddress } from '../../src/domain/target-url.ts';

/** Node refuses to send a header with these; a proxy would, too. */
const isHeader = (text: string): boolean => /^[\x20-\x7e]*$/.test(text) && text.trim() === text;

describe('nobody is sent to a hostile address', () => {
  const service = useService('memory', 0);

  test('that the gate is told as the one asked for', async () => {
    const roomId = await service.openRoom(targets);
    const told = hostileUrls.filter(isHeader);
    expect(told.length).toBeGreaterThanOrEqual(40);
    for (const url of told) {
      expectRefused(await askGate(service, roomId, { url }), roomUrl(roomId));
      const redirected = await askRedirect(service, roomId, { url });
      expect([redirected.status, redirected.headers.location], url).toEqual([302, roomUrl(roomId)]);
    }
    // The control.
    const url = `${targets.targetUrl}/cours`;
    expectRefused(await askGate(service, roomId, { url }), roomUrl(roomId, url));
  });

  test('with a hand-over that is good: then to the room’s own address', async () => {
    for (const url of hostileUrls.filter(isHeader).filter((text) => !/[?#]/.test(text))) {
      const visitor = await enteredWithPass(service, targets);
      const answer = await askRedirect(service, visitor.roomId, {
        url: `${url}?guichet=${visitor.handOver}`,
      });
      expect([answer.status, answer.headers.location], url).toEqual([302, targets.targetUrl]);
    }
  }, 60_000);

  test('that a page’s address names: the page says so, and leads nowhere', async () => {
    const roomId = await service.openRoom(targets);
    const headers = { accept: 'text/html' };
    for (const url of hostileUrls.filter((text) => text !== '')) {
      const path = `/rooms/${roomId}?t=${encodeURIComponent(url)}`;
      const answer = await service.public(path, { headers });
      expect([answer.status, answer.headers.location], url).toEqual([400, undefined]);
      const posted = await service.public(path.replace('?', '/join?'), { method: 'POST', headers });
      expect([posted.status, posted.headers.location], url).toEqual([400, undefined]);
    }
    expectStatus(await service.public(`/rooms/${roomId}?t=${encodeURIComponent(targets.targetUrl)}`), 200);
  });

  test('that entering names', async () => {
    const visitor = await enteredWithPass(service, targets);
    for (const target of hostileUrls)
      expectProblem(await service.act(visitor, 'enter', { target }), 'request-invalid');
    expectStatus(await service.act(visitor, 'enter', { target: targets.targetUrl }), 200);
  });

  test('that a policy names as the room’s own', async () => {
    const wrong = hostileUrls.filter((url) => !isWebAddress(url));
    expect(wrong.length).toBeGreaterThanOrEqual(25);
    for (const url of wrong) {
      for (const policy of [{ targetUrl: url }, { allowedTargets: [url] }, { delivery: { url } }]) {
        const path = `/v1/rooms/${newRoomId()}`;
        expectProblem(await service.internal(path, { method: 'PUT', body: policy }), 'request-invalid');
      }
    }
  });
});
