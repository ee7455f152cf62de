/**
 * How receivers know that a message is ours: Standard Webhooks 1.0.0. Each room has a secret of its own for each key of
 * the ring, worked out from both and stored nowhere: whoever knows one room's secret knows nothing of another's.
 *
 * While a ring holds two keys, messages carry a signature by each, and a receiver needs one of the two secrets: so
 * either side may change first.
 */
import { createHmac } from 'node:crypto';
import type { KeyRing } from './signing-keys.ts';

/** A room's secrets, the newest signing key's first. */
export type WebhookSecrets = (roomId: string) => readonly Buffer[];

/** Reads the ring at each call: keys may change while the service runs. */
export function webhookSecretsOf(ring: () => KeyRing): WebhookSecrets {
  return (roomId) =>
    ring().map(({ secret }) => createHmac('sha256', secret).update(`guichet webhook ${roomId}`).digest());
}

/** A secret as a receiver is given it. */
export function shownSecret(secret: Buffer): string {
  return `whsec_${secret.toString('base64')}`;
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
