/** What a waiting page in a real browser needs around it: the service, Chromium, and rooms in which one has to wait. */
import type { Browser } from 'playwright-core';
import { onTestFinished, vi } from 'vitest';
import { DemoOriginProcess } from '../../src/dev/demo-origin-process.ts';
import { freePort } from '../../src/dev/redis-server.ts';
import type { PolicyInput } from '../../src/domain/room.ts';
import { startBrowser } from './browser.ts';
import { QuickClock } from './quick-clock.ts';
import { expectStatus, newRoomId, startService, type TestService, type Visitor } from './service.ts';

/** Two ticks, and a slow machine. */
export const withinMs = 10_000;

/** A room with someone inside, so that whoever comes next waits. */
export type BusyRoom = { roomId: string; inside: Visitor; url: string };

type PageStageOptions = {
  spareRooms: number;
  /** How many times as fast the service's time goes by; absent: as the browser's, for pages that tell times. */
  pace?: number;
};

export class PageStage {
  readonly service: TestService;
  readonly browser: Browser;
  readonly #spareRooms: BusyRoom[] = [];

  private constructor(service: TestService, browser: Browser) {
    this.service = service;
    this.browser = browser;
  }

  /** Rooms without a site are made together, because a new room lets nobody in for its first seconds. */
  static async start({ spareRooms, pace }: PageStageOptions): Promise<PageStage> {
    const port = await freePort();
    const environment = {
      GUICHET_PUBLIC_PORT: String(port),
      GUICHET_PUBLIC_URL: `http://127.0.0.1:${port}`,
      // Nothing listens there: pages offer an e-mail, and what is asked for stays kept.
      GUICHET_SMTP_URL: 'smtp://127.0.0.1:9',
      GUICHET_MAIL_FROM: 'Guichet <file@example.org>',
    };
    const [service, browser] = await Promise.all([
      startService({ environment, ...(pace ? { clock: new QuickClock(pace) } : {}) }),
      startBrowser(),
    ]);
    const stage = new PageStage(service, browser);
    const rooms = await Promise.all(Array.from({ length: spareRooms }, () => stage.busyRoom()));
    stage.#spareRooms.push(...rooms);
    return stage;
  }

  async close(): Promise<void> {
    await this.browser.close();
    await this.service.close();
  }

  /** The next of the rooms without a site. */
  nextRoom(): BusyRoom {
    const room = this.#spareRooms.pop();
    if (!room) throw new Error('more spareRooms are needed');
    return room;
  }

  async busyRoom(policy: PolicyInput = {}, roomId = newRoomId()): Promise<BusyRoom> {
    const { service } = this;
    const name = { fr: 'Loisirs', en: 'Recreation' };
    await service.openRoom({ name, capacity: 1, targetUrl: 'http://127.0.0.1:9/', ...policy }, roomId);
    const inside = await service.join(roomId);
    await vi.waitFor(async () => {
      const { kind } = (await service.look(inside)).body;
      if (kind !== 'admitted') throw new Error(`still ${String(kind)}`);
    }, withinMs);
    expectStatus(await service.act(inside, 'enter'), 200);
    return { roomId, inside, url: `${service.publicUrl}/rooms/${roomId}` };
  }

  /** The same with a demo site behind it, in a process of its own, until the running test is over. */
  async roomWithSite(policy: PolicyInput = {}): Promise<BusyRoom & { siteUrl: string }> {
    const roomId = newRoomId();
    const site = await DemoOriginProcess.start({
      roomId,
      gate: 'guichet',
      guichetPublicUrls: [this.service.publicUrl],
      guichetInternalUrls: [this.service.internalUrl],
      originKey: this.service.keys.origin,
      sessionTtlMs: 60_000,
      capacity: 5,
    });
    onTestFinished(() => site.stop());
    const room = await this.busyRoom({ targetUrl: `${site.url}/`, ...policy }, roomId);
    return { ...room, siteUrl: site.url };
  }

  /** Lets pages of other origins stand for the room. */
  allow(roomId: string, ...allowedOrigins: string[]): Promise<void> {
    return this.change(roomId, { allowedOrigins });
  }

  /** Lets the room lead to further addresses. */
  lead(roomId: string, ...allowedTargets: string[]): Promise<void> {
    return this.change(roomId, { allowedTargets });
  }

  async change(roomId: string, policy: PolicyInput): Promise<void> {
    const answer = await this.service.internal(`/v1/rooms/${roomId}`, { method: 'PATCH', body: policy });
    expectStatus(answer, 200);
  }

  /** Whoever was inside is done: the next one's turn comes. */
  async finish({ roomId, ticketId }: Visitor): Promise<void> {
    const answer = await this.service.internal(`/v1/rooms/${roomId}/sessions/${ticketId}/finish`, {
      method: 'POST',
      body: { outcome: 'completed' },
      as: 'origin',
    });
    expectStatus(answer, 200);
  }
}
