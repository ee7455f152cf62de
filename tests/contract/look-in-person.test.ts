/** The page of someone without a script who was away when their turn came: one click is enough. */
import { describe, expect, test } from 'vitest';
import { admitted } from '../support/journeys.ts';
import { expectStatus, useService, type Visitor } from '../support/service.ts';

const presentWithinMs = 60_000;

describe.each(['memory', 'redis'] as const)('on the %s store', (kind) => {
  const service = useService(kind, 6);
  const { clock } = service;

  /** The page as a browser asks for it; time goes by until it is answered. */
  async function page({ roomId, queueToken }: Visitor): Promise<{ text: string; tookMs: number }> {
    const beganAtMs = clock.monotonicMs();
    const cookie = `__Host-guichet-${roomId}=${queueToken}`;
    const asked = service.public(`/rooms/${roomId}`, { headers: { accept: 'text/html', cookie } });
    // A page waits for a turn for three seconds.
    const { text } = await clock.during(asked, 10);
    return { text, tookMs: clock.monotonicMs() - beganAtMs };
  }

  /** Whoever has the seat, and someone who waits and has gone away. */
  async function someoneAway(): Promise<{ inside: Visitor; away: Visitor }> {
    const inside = await admitted(service, { capacity: 1, presentWithinMs, sessionTtlMs: 3_600_000 });
    expectStatus(await service.act(inside, 'enter'), 200);
    const away = await service.join(inside.roomId);
    await clock.advance(presentWithinMs + 5_000);
    // Redis answers on its own clock: until ticks are read here again.
    const behind = await service.join(inside.roomId);
    await clock.until(async () => JSON.stringify((await service.look(behind)).body).includes('"queued"'));
    const path = `/v1/rooms/${behind.roomId}/ticket`;
    expectStatus(await service.public(path, { method: 'DELETE', bearer: behind.queueToken }), 204);
    return { inside, away };
  }

  async function finish({ roomId, ticketId }: Visitor): Promise<void> {
    const path = `/v1/rooms/${roomId}/sessions/${ticketId}/finish`;
    expectStatus(await service.internal(path, { method: 'POST', body: { outcome: 'completed' } }), 200);
  }

  test('an away ticket at the head that looks is answered with its turn', async () => {
    const { inside, away } = await someoneAway();
    await finish(inside);
    await clock.advance(5_000);
    const { text, tookMs } = await page(away);
    expect(text).toContain('C’est votre tour');
    expect(tookMs).toBeLessThan(4_000);
  });

  test('where no seat is free the answer comes at once', async () => {
    const { away } = await someoneAway();
    const { text, tookMs } = await page(away);
    expect(text).toContain('Vous êtes la prochaine personne');
    expect(tookMs).toBeLessThan(1_000);
  });

  test('someone who is present is answered at once', async () => {
    const { inside, away } = await someoneAway();
    await page(away);
    await finish(inside);
    const { tookMs } = await page(away);
    expect(tookMs).toBeLessThan(1_000);
  });

  test('a laptop that was closed for a quarter of an hour has its place still', async () => {
    const inside = await admitted(service, { capacity: 1, presentWithinMs, sessionTtlMs: 7_200_000 });
    expectStatus(await service.act(inside, 'enter'), 200);
    const first = await service.join(inside.roomId);
    const closed = await service.join(inside.roomId);
    const last = await service.join(inside.roomId);
    const others = [first, last];
    for (let minute = 0; minute < 15; minute += 1) {
      await clock.advance(60_000);
      for (const other of others) await service.look(other);
    }
    await clock.until(async () => (await page(closed)).text.includes('"position":2'));
    await clock.until(async () => JSON.stringify((await service.look(last)).body).includes('"position":3'));
    expect((await page(closed)).text).toContain(
      `"ticket":{"number":${closed.number},"view":{"kind":"waiting"`,
    );
  });
});
