/** What of an e-mail asked for is kept sealed: the address, and what the words need beside it. */
import { sealedTexts } from './sealed-text.ts';
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
};

/** Envelopes under the ring that signs queue tokens: whoever reads those may know the ticket anyway. */
export function emailEnvelopes(ring: KeyRing): EmailEnvelopes {
  const texts = sealedTexts('email', ring);
  return {
    // No room id has a blank.
    seal: (envelope, { roomId, ticketId }) => texts.seal(JSON.stringify(envelope), `${roomId} ${ticketId}`),
    open(sealed, { roomId, ticketId }) {
      const text = texts.open(sealed, `${roomId} ${ticketId}`);
      return text === null ? null : (JSON.parse(text) as EmailEnvelope);
    },
  };
}
