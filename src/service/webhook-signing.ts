/**
 * How receivers know that a message is ours: Standard Webhooks 1.0.0. Each room has a secret of its own for each key of
 * the ring, worked out from both and stored nowhere: no receiver knows another room's.
 *
 * While a ring holds several keys, messages carry a signature by each, and a receiver needs one of the secrets: so
 * either side may change first.
 */
import { createHmac } from 'node:crypto';
import type { KeyRing } from './signing-keys.ts';

/** The room's secrets, one for each key of the ring in its order: the first signs. */
export function webhookSecrets(ring: KeyRing, roomId: string): Buffer[] {
  return ring.map(({ secret }) => createHmac('sha256', secret).update(`guichet webhook ${roomId}`).digest());
}

/** The same for what is told of alarms, which belong to no room. */
export function alarmSecrets(ring: KeyRing): Buffer[] {
  return ring.map(({ secret }) => createHmac('sha256', secret).update('guichet alarms').digest());
}

/** As receivers are given it. */
export function shownWebhookSecret(secret: Buffer): string {
  return `whsec_${secret.toString('base64')}`;
}

/** A room's secrets as they are now. */
export type WebhookSecrets = (roomId: string) => readonly Buffer[];

/** Reads the ring at each call: keys may change while the service runs. */
export function webhookSecretsOf(ring: () => KeyRing): WebhookSecrets {
  return (roomId) => webhookSecrets(ring(), roomId);
}

export type SignedMessage = {
  /** The same at each try. */
  messageId: string;
  body: string;
  /** Wall time of this try, ms. */
  atMs: number;
};

/** The three headers of a try. */
export function signatureHeaders(
  secrets: readonly Buffer[],
  { messageId, body, atMs }: SignedMessage,
): { 'webhook-id': string; 'webhook-timestamp': string; 'webhook-signature': string } {
  const timestamp = String(Math.floor(atMs / 1_000));
  const signed = `${messageId}.${timestamp}.${body}`;
  const signatures = secrets.map(
    (secret) => `v1,${createHmac('sha256', secret).update(signed).digest('base64')}`,
  );
  return {
    'webhook-id': messageId,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.join(' '),
  };
}
