/**
 * Passes for a stage's room, signed here with the service's own keys: as many as a row wants, without a session each.
 * The gate answers a pass from its signature for the first half of its life.
 */
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { passMarginMs } from '../../domain/ticket.ts';
import { passes } from '../../service/passes.ts';
import { parseKeysFile } from '../../service/signing-keys.ts';
import type { BenchStage } from './stage.ts';

export type PassSigner = {
  /** So many passes; no two are the same. */
  sign: (count: number) => string[];
  /** As many as can be signed in that time; no two are the same. */
  signFor: (ms: number) => string[];
};

/** `issuer`: the service's public URL. Passes are signed as of now: one from before the service was up is asked about. */
export async function passSigner(
  { roomId, keysFile }: Pick<BenchStage, 'roomId' | 'keysFile'>,
  { issuer, sessionTtlMs }: { issuer: string; sessionTtlMs: number },
): Promise<PassSigner> {
  const signed = passes(parseKeysFile(await readFile(keysFile, 'utf8')), issuer);
  const lifeMs = sessionTtlMs - passMarginMs(sessionTtlMs);
  let number = 0;
  const signOne = (): string => {
    number += 1;
    const nowMs = Date.now();
    return signed.signPass(
      { roomId, ticketId: randomUUID(), number },
      { algorithm: 'ES256', nowMs, expiresAtMs: nowMs + lifeMs },
    );
  };
  return {
    sign: (count) => Array.from({ length: count }, signOne),
    signFor(ms) {
      const until = performance.now() + ms;
      const made: string[] = [];
      while (performance.now() < until) made.push(signOne());
      return made;
    },
  };
}
