/**
 * The passes that a gate has verified, so that a signature is checked once and not at each request. A pass that was
 * renewed leads to the new one: the browser may show the old one some more times.
 */
import { derivedFrom } from './live-ring.ts';
import type { PassClaims, Passes } from './passes.ts';
import type { SigningKeys } from './signing-keys.ts';

/** Verified passes kept; beyond, the longest known is forgotten, and verified again when it comes. About 1 KB each. */
const verifiedPassesMax = 50_000;

export type VerifiedPass = PassClaims & {
  pass: string;
  /** When the store last said that its session is there; at first, when it was issued. Wall ms. */
  confirmedAtMs: number;
  /** From then on a request renews it. Wall ms. */
  renewAtMs: number;
  /** The pass that it was renewed by. */
  next: VerifiedPass | null;
  /** Under way. */
  renewal: Promise<void> | null;
  /** The store, or this gate, says that its session is over. */
  isEnded: boolean;
  /** The part of the site that its holder asked for last. */
  stage: string | null;
};

export class GatePasses {
  readonly #passes: Passes;
  /** Empty again when the keys change: a pass whose key was dropped is none. */
  readonly #verified: () => Map<string, VerifiedPass>;

  constructor(passes: Passes, keys: Pick<SigningKeys, 'pass'>) {
    this.#passes = passes;
    this.#verified = derivedFrom(
      () => keys.pass,
      () => new Map<string, VerifiedPass>(),
    );
  }

  /** What a pass says; null for one that is altered, of another room, or over for longer than `graceMs`. */
  find(pass: string, roomId: string, nowMs: number, graceMs: number): VerifiedPass | null {
    const known = this.#verified().get(pass);
    if (known) return known.roomId === roomId ? newest(known) : null;
    const claims = this.#passes.verifyPass(pass, roomId, nowMs, graceMs);
    return claims && this.#keep(pass, claims);
  }

  #keep(pass: string, claims: PassClaims): VerifiedPass {
    const { issuedAtMs, expiresAtMs } = claims;
    const known: VerifiedPass = {
      ...claims,
      pass: ownText(pass),
      confirmedAtMs: issuedAtMs,
      renewAtMs: issuedAtMs + (expiresAtMs - issuedAtMs) / 2,
      next: null,
      renewal: null,
      isEnded: false,
      stage: null,
    };
    const verified = this.#verified();
    verified.set(known.pass, known);
    if (verified.size > verifiedPassesMax) {
      const [oldest] = verified.keys();
      if (oldest !== undefined) verified.delete(oldest);
    }
    return known;
  }

  /** The session of `known` has this pass from now on. */
  renewed(known: VerifiedPass, pass: string, nowMs: number): void {
    const next = this.find(pass, known.roomId, nowMs, 0);
    if (!next || next === known) return;
    next.confirmedAtMs = nowMs;
    next.stage = known.stage;
    // It may have ended while the store was asked.
    next.isEnded = known.isEnded;
    known.next = next;
  }
}

function newest(known: VerifiedPass): VerifiedPass {
  let last = known;
  while (last.next !== null) last = last.next;
  if (last !== known) known.next = last;
  return last;
}

/** A copy of its own: as a part of a request's headers it would keep all of them. */
function ownText(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}
