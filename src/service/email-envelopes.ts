/**
 * What of an e-mail asked for is kept sealed: the address, and what the words need beside it. And the address's name, by
 * which the store counts requests to one address without reading it.
 */
import { createHmac } from 'node:crypto';
import { derivedFrom, type Live } from './live-ring.ts';
import { derivedKey, sealedTexts } from './sealed-text.ts';
import type { KeyRing } from './signing-keys.ts';

export type EmailEnvelope = {
  address: string;
  language: string;
  /** The ticket's number, for people. */
  number: number;
};

export type EmailEnvelopes = {
  seal(envelope: EmailEnvelope, of: { roomId: string; ticketId: string }): string;
  /** Null when it cannot be opened: altered, another ticket's, or sealed under a key that is gone. */
  open(sealed: string, of: { roomId: string; ticketId: string }): EmailEnvelope | null;
  /** The same for whatever surely reaches one mailbox, another in each room. Once the ring is rotated, another too. */
  name(address: string, of: { roomId: string }): string;
};

/** Of an HMAC: far from two addresses of a room with one name. */
const nameBytes = 16;

/** Envelopes under the ring that signs queue tokens: whoever reads those may know the ticket anyway. */
export function emailEnvelopes(ring: Live<KeyRing>): EmailEnvelopes {
  const texts = sealedTexts('email', ring);
  const nameKey = derivedFrom(ring, ([current]) => derivedKey(current, 'email address'));
  return {
    // No room id has a blank.
    seal: (envelope, { roomId, ticketId }) => texts.seal(JSON.stringify(envelope), `${roomId} ${ticketId}`),
    open(sealed, { roomId, ticketId }) {
      const text = texts.open(sealed, `${roomId} ${ticketId}`);
      return text === null ? null : (JSON.parse(text) as EmailEnvelope);
    },
    name(address, { roomId }) {
      const digest = createHmac('sha256', nameKey())
        .update(`${roomId} ${mailboxOf(address)}`)
        .digest();
      return digest.subarray(0, nameBytes).toString('base64url');
    },
  };
}

/** In small letters and without a `+tag`: servers that tell these apart are rare, and their people share a count. */
function mailboxOf(address: string): string {
  const at = address.lastIndexOf('@');
  return (address.slice(0, at).replace(/(?<=.)\+.*$/, '') + address.slice(at)).toLowerCase();
}
