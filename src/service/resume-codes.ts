/**
 * Resume codes: what a visitor reads off one device and types into another, which then holds the ticket.
 *
 * A code is 10 characters of Crockford's base32 (50 bits), shown as K7QXM-2PD93. It is derived from the ticket and its
 * generation under the current queue key, so that asking again gives the same code, and after a move another one. The
 * store knows a code only by a name that does not show it, and only once its holder asked for it: of 50 bits nobody
 * hits one that is there by trying, as often as the edge lets them.
 */
import { createHmac, hash } from 'node:crypto';
import type { Live } from './live-ring.ts';
import type { KeyRing } from './signing-keys.ts';

/** Without I, L, O and U: what people mistake for 1 and 0, and what makes words. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const codeLength = 10;
const nameLength = 22; // 128 bits in base64url
const codePattern = new RegExp(`^[${alphabet}]{${codeLength}}$`);

export type CodeSubject = { roomId: string; ticketId: string; gen: number };

/** A ticket's code in one generation, without its hyphen. `attempt`: another code, where the first is another ticket's. */
export type ResumeCodes = (subject: CodeSubject, attempt: number) => string;

/** Codes under the ring's current key: after a rotation a ticket has another code, and the earlier one still works. */
export function resumeCodes(ring: Live<KeyRing>): ResumeCodes {
  return ({ roomId, ticketId, gen }, attempt) => {
    const subject = ['guichet-resume-code', roomId, ticketId, gen, attempt].join('\0');
    const bits = createHmac('sha256', ring()[0].secret).update(subject).digest().readBigUInt64BE();
    return Array.from({ length: codeLength }, (_, index) =>
      alphabet.charAt(Number((bits >> BigInt(59 - 5 * index)) & 31n)),
    ).join('');
  };
}

/** A code as somebody typed it: any case, blanks and hyphens, O for 0, I or L for 1. Null when it cannot be one. */
export function normalCode(typed: string): string | null {
  const code = typed
    .replace(/[\s\p{Dash_Punctuation}]/gu, '')
    .toUpperCase()
    .replace(/O/g, '0')
    .replace(/[IL]/g, '1');
  return codePattern.test(code) ? code : null;
}

/** A code as people read it. */
export function shownCode(code: string): string {
  return `${code.slice(0, codeLength / 2)}-${code.slice(codeLength / 2)}`;
}

/** The name under which the store knows a code of a room: whoever reads the store learns no code. */
export function codeNameOf(roomId: string, code: string): string {
  return hash('sha256', `guichet-resume-name\0${roomId}\0${code}`, 'base64url').slice(0, nameLength);
}
