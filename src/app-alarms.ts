/** The wiring of the alarms: a part of app.ts. */
import type { FastifyInstance } from 'fastify';
import type { Config } from './config.ts';
import type { Clock } from './domain/clock.ts';
import type { Log } from './domain/log.ts';
import { alarmRoutes } from './edge/alarm-routes.ts';
import type { RequireScope } from './edge/api-keys.ts';
import { certificateEnd } from './edge/certificate.ts';
import { smtpSender } from './edge/smtp.ts';
import { webhookSender } from './edge/webhook-sender.ts';
import { type AlarmChannel, emailChannel, webhookChannel } from './service/alarm-channels.ts';
import { RoomConditions } from './service/alarm-conditions.ts';
import { AlarmDeliveries } from './service/alarm-deliveries.ts';
import { alarmOf, Alarms } from './service/alarms.ts';
import type { LiveKeys } from './service/live-keys.ts';
import type { ReplicaMemory } from './service/replica-memory.ts';
import type { Rooms } from './service/rooms.ts';
import { alarmSecrets } from './service/webhook-signing.ts';
import type { AlarmStore } from './store/alarm-store.ts';
import type { QueueStore } from './store/queue-store.ts';
import { loopLateness } from './telemetry/loop-lateness.ts';
import type { Metrics } from './telemetry/metrics.ts';

/** The certificate is looked at so often. */
const certificateEveryMs = 3_600_000;

export type AlarmWiring = {
  replicaId: string;
  config: Pick<Config, 'publicUrl' | 'alarmWebhookUrl' | 'alarmEmails' | 'smtpUrl' | 'mailFrom'>;
  clock: Clock;
  log: Log;
  metrics: Metrics;
  rooms: Rooms;
  memory: ReplicaMemory;
  keys: LiveKeys;
  queue: Pick<QueueStore, 'ready'>;
  /** Tests have no certificate. */
  certificate?: typeof certificateEnd | undefined;
};

/** What watches, what sends, the operators' route, and the loops' end. */
export function wireAlarms(store: AlarmStore, parts: AlarmWiring) {
  const { config, clock, log, metrics, rooms, memory, keys, queue, certificate = certificateEnd } = parts;
  const { replicaId } = parts;
  const { publicUrl } = config;
  const { channels, close } = openChannels(parts);
  const conditions = new RoomConditions(memory, ({ roomId, promise, atMs, shown }) => {
    metrics.promisesBroken.inc({ promise });
    log.error({ roomId, promise, atMs, ...shown }, 'A promise of the queue was broken');
  });
  const count = (channel: string, result: string): void => metrics.alarmMessages.inc({ channel, result });
  const deliveries = new AlarmDeliveries({ store, channels, clock, log, alarmOf, count });
  const loop = loopLateness();
  let certificateEndsAtMs: number | null = null;
  const signs = async () => ({
    loopLateMs: loop.lateMs(),
    store: await queue.ready(),
    certificateEndsAtMs,
    keys: keys.listed,
  });
  const names = channels.map(({ name }) => name);
  const alarms = new Alarms({
    store,
    replicaId,
    rooms,
    conditions,
    deliveries,
    channels: names,
    signs,
    publicUrl,
    clock,
    log,
  });
  const watchCertificate = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      certificateEndsAtMs = await certificate(publicUrl, signal);
      await clock.sleep(certificateEveryMs, signal);
    }
  };
  return {
    /** Hears of each tick. */
    ticked: conditions.ticked.bind(conditions),
    forget: conditions.forget.bind(conditions),
    register: (app: FastifyInstance, requireScope: RequireScope): void =>
      alarmRoutes(app, alarms.list.bind(alarms), requireScope),
    /** Sets the gauges, before they are read. */
    measure: (): void => measure(metrics, { alarms, keys, certificateEndsAtMs, wallMs: clock.wallMs() }),
    run: async (signal: AbortSignal): Promise<void> => {
      await Promise.all([alarms.run(signal), deliveries.run(signal), watchCertificate(signal)]);
    },
    async close(): Promise<void> {
      loop.stop();
      close();
      await store.close();
    },
  };
}

/** The address is the deployment's own, so it may lead anywhere. */
function openChannels({ config, keys, clock }: AlarmWiring): { channels: AlarmChannel[]; close: () => void } {
  const { publicUrl, alarmWebhookUrl: url, alarmEmails, smtpUrl, mailFrom } = config;
  const channels: AlarmChannel[] = [];
  const closing: (() => void)[] = [];
  if (url) {
    const sender = webhookSender({ rule: () => true });
    const secrets = (): readonly Buffer[] => alarmSecrets(keys.webhook);
    channels.push(webhookChannel({ url, publicUrl, secrets, sender, clock }));
    closing.push(sender.close.bind(sender));
  }
  if (alarmEmails.length > 0 && smtpUrl && mailFrom) {
    const sender = smtpSender({ url: smtpUrl, from: mailFrom, connectionsMax: 1 });
    for (const address of alarmEmails) channels.push(emailChannel({ address, publicUrl, sender }));
    closing.push(sender.close.bind(sender));
  }
  return {
    channels,
    close: () => {
      for (const end of closing) end();
    },
  };
}

type Measured = { alarms: Alarms; keys: LiveKeys; certificateEndsAtMs: number | null; wallMs: number };

function measure(metrics: Metrics, { alarms, keys, certificateEndsAtMs, wallMs }: Measured): void {
  const { replicas, missing, pending, raised } = alarms.figures;
  metrics.replicas.set(replicas);
  metrics.replicasMissing.set(missing);
  metrics.alarmMessagesWaiting.set(pending);
  metrics.alarms.reset();
  for (const [alarm, number] of raised) metrics.alarms.set({ alarm }, number);
  if (certificateEndsAtMs === null) metrics.certificateSeconds.remove();
  else metrics.certificateSeconds.set((certificateEndsAtMs - wallMs) / 1_000);
  metrics.keyOverSeconds.reset();
  const ends = new Map<string, number>();
  for (const { use, overAt } of keys.listed) {
    if (overAt === null) continue;
    const seconds = (Date.parse(overAt) - wallMs) / 1_000;
    ends.set(use, Math.min(seconds, ends.get(use) ?? seconds));
  }
  for (const [ring, seconds] of ends) metrics.keyOverSeconds.set({ ring }, seconds);
}
