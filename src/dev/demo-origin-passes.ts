/**
 * The pass, checked by the site itself on each request, without a call to Guichet: signature (ES256 against the keys
 * that Guichet publishes), room, time. It is what any site would do in its own language with a JWT library.
 */
import { createPublicKey, type JsonWebKey, type KeyObject, verify } from 'node:crypto';
import type { Clock } from '../domain/clock.ts';

/** What a good pass says. `ticketId` is a name, not a secret. */
export type PassClaims = { ticketId: string; expiresAtMs: number };

type PassVerifierOptions = { roomId: string; publicUrls: readonly string[] };

const fetchTimeoutMs = 2_000;
const keysMaxAgeMs = 300_000;
/** An unknown key id asks again, but a flood of forged passes must not become a flood of requests. */
const refetchAfterMs = 2_000;
const passLengthMax = 4_096;
/** Clocks of two servers differ a little. */
const notBeforeLeewayMs = 2_000;

/** Checks the passes of one room. */
export class PassVerifier {
  readonly #clock: Clock;
  readonly #options: PassVerifierOptions;
  #keys = new Map<string, KeyObject>();
  #fetchedAtMs = Number.NEGATIVE_INFINITY;
  #triedAtMs = Number.NEGATIVE_INFINITY;
  #fetching: Promise<void> | null = null;

  constructor(clock: Clock, options: PassVerifierOptions) {
    this.#clock = clock;
    this.#options = options;
  }

  /** The claims of a good pass, null for any other. Without reachable keys the ones known go on being used. */
  async claims(pass: string): Promise<PassClaims | null> {
    if (pass.length > passLengthMax) return null;
    const [head, body, signature, ...rest] = pass.split('.');
    if (head === undefined || body === undefined || signature === undefined || rest.length > 0) return null;
    const header = decoded(head);
    const kid = header?.['kid'];
    if (header?.['alg'] !== 'ES256' || header['typ'] !== 'JWT' || typeof kid !== 'string') return null;
    const key = await this.#key(kid);
    if (key === null) return null;
    const signed = Buffer.from(`${head}.${body}`);
    const good = verify(
      'sha256',
      signed,
      { key, dsaEncoding: 'ieee-p1363' },
      Buffer.from(signature, 'base64url'),
    );
    return good ? this.#readClaims(decoded(body)) : null;
  }

  #readClaims(claims: Record<string, unknown> | null): PassClaims | null {
    if (claims === null) return null;
    const { aud, exp, nbf, jti } = claims;
    const nowMs = this.#clock.wallMs();
    if (aud !== this.#options.roomId || typeof jti !== 'string') return null;
    if (typeof exp !== 'number' || exp * 1_000 <= nowMs) return null;
    if (typeof nbf === 'number' && nbf * 1_000 > nowMs + notBeforeLeewayMs) return null;
    return { ticketId: jti, expiresAtMs: exp * 1_000 };
  }

  async #key(kid: string): Promise<KeyObject | null> {
    const now = this.#clock.monotonicMs();
    const stale = now - this.#fetchedAtMs > keysMaxAgeMs;
    if ((stale || !this.#keys.has(kid)) && now - this.#triedAtMs > refetchAfterMs) {
      this.#triedAtMs = now;
      this.#fetching = this.#fetchKeys().finally(() => {
        this.#fetching = null;
      });
    }
    if (!this.#keys.has(kid)) await this.#fetching;
    return this.#keys.get(kid) ?? null;
  }

  async #fetchKeys(): Promise<void> {
    for (const url of this.#options.publicUrls) {
      try {
        const response = await fetch(new URL('/.well-known/jwks.json', url), {
          signal: AbortSignal.timeout(fetchTimeoutMs),
        });
        if (!response.ok) continue;
        const { keys } = (await response.json()) as { keys: (JsonWebKey & { kid?: string })[] };
        this.#keys = new Map(
          keys
            .filter((key) => key.kty === 'EC' && key.crv === 'P-256')
            .map((key) => [key.kid ?? '', createPublicKey({ key, format: 'jwk' })]),
        );
        this.#fetchedAtMs = this.#clock.monotonicMs();
        return;
      } catch {
        // The next replica publishes the same keys.
      }
    }
  }
}

function decoded(part: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
