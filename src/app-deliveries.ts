/** The wiring of the deliveries to origins: a part of app.ts. */
import type { FastifyInstance } from 'fastify';
import type { Config } from './config.ts';
import type { Clock } from './domain/clock.ts';
import type { Log } from './domain/log.ts';
import type { RequireScope } from './edge/api-keys.ts';
import { deliveryRoutes } from './edge/delivery-routes.ts';
import { addressRule } from './edge/receiver-address.ts';
import { webhookSender } from './edge/webhook-sender.ts';
import { BatchDeliveries } from './service/batch-deliveries.ts';
import { DeliveryDesk } from './service/delivery-desk.ts';
import type { Releaser } from './service/releaser.ts';
import type { Rooms } from './service/rooms.ts';
import type { KeyRing } from './service/signing-keys.ts';
import { webhookSecretsOf } from './service/webhook-signing.ts';
import type { DeliveryStore } from './store/delivery-store.ts';
import type { Metrics } from './telemetry/metrics.ts';

export type DeliveryWiring = {
  config: Config;
  clock: Clock;
  log: Log;
  metrics: Metrics;
  rooms: Rooms;
  releaser: Releaser;
  /** The keys that rooms' secrets are worked out from, as they are now. */
  ring: () => KeyRing;
};

/** What delivers, the operators' routes, and the loop's end. */
export function wireDeliveries(
  store: DeliveryStore,
  { config, clock, log, metrics, rooms, releaser, ring }: DeliveryWiring,
) {
  const secrets = webhookSecretsOf(ring);
  const sender = webhookSender({ rule: addressRule(config.deliveryAllowedNetworks) });
  const deliveries = new BatchDeliveries({
    store,
    secrets,
    sender,
    rooms,
    clock,
    log,
    count: (result) => metrics.deliveries.inc({ result }),
  });
  const heard = deliveries.heard.bind(deliveries);
  releaser.onReleased = heard;
  const desk = new DeliveryDesk({ store, secrets, rooms, clock, heard });
  return {
    register: (app: FastifyInstance, requireScope: RequireScope): void =>
      deliveryRoutes(app, desk, requireScope),
    run: deliveries.run.bind(deliveries),
    async close(): Promise<void> {
      sender.close();
      await store.close();
    },
  };
}
