/** The service with receivers of its releases, on a clock moved by hand that shows the time of day: messages are dated. */
import type { DeliveryInput, PolicyInput } from '../../src/domain/room.ts';
import { type EmailStage, letPass, untilHolds } from './email-stage.ts';
import { ManualClock } from './manual-clock.ts';
import type { Receiver } from './receiver.ts';
import { connectTo, startRedis } from './redis.ts';
import { serviceForTest, type TestService } from './service.ts';
import type { Answer } from './wire-client.ts';

/** For receivers on this machine. */
export const loopbackAllowed = { GUICHET_DELIVERY_ALLOWED_NETWORKS: '127.0.0.0/8' };
export const wide: PolicyInput = { capacity: 100_000, outflowPerMinute: 60_000, presentWithinMs: 3_600_000 };

export class DeliveryStage {
  readonly service: TestService;
  readonly #time: EmailStage;

  private constructor(service: TestService, time: EmailStage) {
    this.service = service;
    this.#time = time;
  }

  static async open(environment: Readonly<Record<string, string>> = loopbackAllowed): Promise<DeliveryStage> {
    const redis = await startRedis();
    const clock = new ManualClock(Date.now());
    const service = await serviceForTest({ clock, redisUrl: redis.url, environment });
    return new DeliveryStage(service, { clock, redis, client: connectTo(redis.url) });
  }

  /** An open room that tells this receiver, which trusts it; its settling time is over. */
  async room(
    receiver: Receiver,
    delivery: Partial<DeliveryInput> = {},
    policy: PolicyInput = {},
  ): Promise<string> {
    const { url } = receiver;
    const roomId = await this.service.openRoom({ ...wide, delivery: { url, ...delivery }, ...policy });
    const { body } = await this.service.internal(`/v1/rooms/${roomId}/delivery/secrets`);
    [receiver.secret = ''] = body['secrets'] as string[];
    await this.pass(3_100);
    return roomId;
  }

  pass(ms: number): Promise<void> {
    return letPass(this.#time, ms);
  }
  until(holds: () => boolean | Promise<boolean>, withinMs = 60_000): Promise<void> {
    return untilHolds(this.#time, holds, withinMs);
  }
  nowMs(): number {
    return this.#time.clock.monotonicMs();
  }
  wallMs(): number {
    return this.#time.clock.wallMs();
  }

  async delivery(roomId: string): Promise<Answer['body']> {
    return (await this.service.internal(`/v1/rooms/${roomId}/delivery`, { as: 'viewer' })).body;
  }
  resend(roomId: string, body?: unknown): Promise<Answer> {
    const path = `/v1/rooms/${roomId}/delivery/dead-letters/resend`;
    return this.service.internal(path, { method: 'POST', as: 'operator', body });
  }
}
