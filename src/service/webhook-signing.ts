/** Webhook secrets: derived for each room from the ring, so that no receiver knows another room's. */
import { createHmac } from 'node:crypto';
import type { KeyRing } from './signing-keys.ts';

/** The room's secrets, one for each key of the ring in its order: the first signs. */
export function webhookSecrets(ring: KeyRing, roomId: string): Buffer[] {
  return ring.map(({ secret }) => createHmac('sha256', secret).update(`guichet webhook ${roomId}`).digest());
}

/** As receivers are given it. */
export function shownWebhookSecret(secret: Buffer): string {
  return `whsec_${secret.toString('base64')}`;
}
