/** The wiring of the one e-mail, "your turn is near": a part of app.ts, there only where there is a mail server. */
import type { Config } from './config.ts';
import type { Clock } from './domain/clock.ts';
import type { Log } from './domain/log.ts';
import { smtpSender } from './edge/smtp.ts';
import { EmailDeliveries, sendersMax } from './service/email-deliveries.ts';
import { emailEnvelopes } from './service/email-envelopes.ts';
import { EmailNotices } from './service/email-notices.ts';
import type { Rooms } from './service/rooms.ts';
import type { SigningKeys } from './service/signing-keys.ts';
import type { WaitingRoom } from './service/waiting-room.ts';
import type { EmailStore } from './store/email-store.ts';
import type { Metrics } from './telemetry/metrics.ts';
import { turnNearMail } from './web/turn-near-mail.ts';

export type EmailWiring = {
  config: Config;
  clock: Clock;
  log: Log;
  metrics: Metrics;
  rooms: Rooms;
  waitingRoom: WaitingRoom;
  keys: SigningKeys;
};

/** What asks, what sends, and the loop's end; null without a mail server. */
export function wireEmails(
  store: EmailStore | null,
  { config, clock, log, metrics, rooms, waitingRoom, keys }: EmailWiring,
) {
  const { smtpUrl, mailFrom, publicUrl } = config;
  if (!store || !smtpUrl || !mailFrom) return null;
  const sender = smtpSender({ url: smtpUrl, from: mailFrom, connectionsMax: sendersMax });
  const envelopes = emailEnvelopes(() => keys.queue);
  const deliveries = new EmailDeliveries({
    store,
    envelopes,
    sender,
    rooms,
    clock,
    log,
    compose: ({ room: { roomId, policy }, ...letter }) =>
      turnNearMail({ roomId, publicUrl, name: policy.name, enterWithinMs: policy.enterWithinMs, ...letter }),
    count: (result) => metrics.emails.inc({ result }),
  });
  const heard = deliveries.heard.bind(deliveries);
  const notices = new EmailNotices({ store, envelopes, waitingRoom, rooms, log, heard });
  waitingRoom.onLeft = notices.left.bind(notices);
  return {
    notices,
    run: deliveries.run.bind(deliveries),
    forget: notices.forget.bind(notices),
    async close(): Promise<void> {
      sender.close();
      await store.close();
    },
  };
}
