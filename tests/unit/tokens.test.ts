import { createHmac, type KeyObject, sign } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { randomStream } from '../../src/dev/random.ts';
import { passes } from '../../src/service/passes.ts';
import { queueTokens } from '../../src/service/queue-token.ts';
import {
  type KeyRing,
  newKeysFile,
  parseKeysFile,
  type SigningKeys,
} from '../../src/service/signing-keys.ts';
import { ticketIdFor } from '../../src/service/ticket-id.ts';
import {
  decoded,
  encoded,
  mutations,
  type MutationMaterial,
  segmentsOf,
} from '../support/token-mutations.ts';

const issuer = 'https://tickets.example.org';
const roomId = 'swimming-lessons';
const nowMs = Date.UTC(2026, 4, 4, 18, 0, 0, 250);
const hourMs = 3_600_000;
const seed = 20_260_504;

const keys = parseKeysFile(newKeysFile());
const otherKeys = parseKeysFile(newKeysFile());
const tokens = queueTokens(keys.queue);
const passSigner = passes(keys, issuer);

function ticket(number: number) {
  return {
    roomId,
    ticketId: ticketIdFor(roomId, `key ${number}`),
    number,
    order: 1_777_917_600_000_000 + number,
    gen: 0,
  };
}
const queueToken = (number: number): string => tokens.issue(ticket(number), nowMs).queueToken;
const pass = (number: number): string =>
  passSigner.signPass(ticket(number), { nowMs, expiresAtMs: nowMs + hourMs });
const handOver = (number: number): string =>
  passSigner.signHandOver({ ...ticket(number), epochId: 'a1b2' }, nowMs);

/** The three types of token, and how each is made and checked. */
const types = [
  {
    name: 'queue token',
    make: queueToken,
    check: (...given: Parameters<typeof tokens.verify>) => tokens.verify(...given),
    ring: keys.queue,
    changes: 10_000,
    controls: 1_000,
  },
  {
    name: 'hand-over',
    make: handOver,
    check: (...given: Parameters<typeof passSigner.verifyHandOver>) => passSigner.verifyHandOver(...given),
    ring: keys.handOver,
    changes: 2_000,
    controls: 1_000,
  },

  {
    name: 'pass',
    make: pass,
    check: (...given: Parameters<typeof passSigner.verifyPass>) => passSigner.verifyPass(...given),
    ring: keys.pass,
    changes: 2_000,
    controls: 1_000,
  },
] as const;

function signRightly([key]: KeyRing): (input: string) => string {
  return (input) => signedBy(key.secret, input);
}

function signedBy(key: KeyObject, input: string): string {
  const bytes =
    key.type === 'private'
      ? sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' })
      : createHmac('sha256', key).update(input).digest();
  return bytes.toString('base64url');
}

function keysOf(all: SigningKeys): KeyObject[] {
  return [...all.queue, ...all.handOver, ...all.pass].flatMap(({ secret, publicKey }) =>
    publicKey ? [secret, publicKey] : [secret],
  );
}

describe.each(types)('a $name', ({ make, check, ring, changes, controls }) => {
  const valid = Array.from({ length: controls }, (_, index) => make(index + 1));
  const material: MutationMaterial = {
    tokens: valid,
    foreignTokens: types.filter((type) => type.make !== make).flatMap((type) => [type.make(1), type.make(2)]),
    kids: [...keys.queue, ...keys.handOver, ...keys.pass, ...otherKeys.queue].map(({ kid }) => kid),
    wrongKeys: [...keysOf(keys), ...keysOf(otherKeys)].filter((key) => key !== ring[0].secret),
    signRightly: signRightly(ring),
  };
  const existing = new Set(valid);

  test('is accepted as it was made', () => {
    const accepted = valid.map((token) => check(token, roomId, nowMs));
    expect(accepted.filter((claims) => claims === null)).toHaveLength(0);
    expect(accepted.map((claims) => claims?.ticketId)).toEqual(
      valid.map((_, index) => ticket(index + 1).ticketId),
    );
  });

  test.each(Object.keys(mutations) as (keyof typeof mutations)[])('is refused when changed: %s', (kind) => {
    const random = randomStream(seed, kind.length);
    const accepted: string[] = [];
    for (let done = 0; done < changes; ) {
      const changed = mutations[kind](valid[done % valid.length] as string, material, random);
      if (existing.has(changed)) continue;
      done += 1;
      if (check(changed, roomId, nowMs) !== null) accepted.push(changed);
    }
    expect(accepted, `seed ${seed}`).toEqual([]);
  });

  test('is refused in another room', () => {
    const random = randomStream(seed, 99);
    let accepted = 0;
    for (let done = 0; done < changes; done += 1) {
      const otherRoom = ['', 'swimming', `${roomId}-2`, roomId.toUpperCase(), `room-${random.next()}`][
        done % 5
      ];
      if (check(valid[done % valid.length] as string, otherRoom as string, nowMs) !== null) accepted += 1;
    }
    expect(accepted).toBe(0);
  });

  test('is refused with a header that only its key holder could sign: jku, x5u, jwk, or anything more', () => {
    const { header, payload } = segmentsOf(valid[0] as string);
    const more = [
      { jku: 'https://evil.example/jwks.json' },
      { x5u: 'https://evil.example/cert.pem' },
      { jwk: otherKeys.pass[0].publicKey?.export({ format: 'jwk' }) },
      { crit: ['exp'], exp: 1 },
      { b64: false },
      { cty: 'JWT' },
    ];
    for (const fields of more) {
      const input = `${encoded({ ...decoded(header), ...fields })}.${payload}`;
      expect(
        check(`${input}.${material.signRightly(input)}`, roomId, nowMs),
        JSON.stringify(fields),
      ).toBeNull();
    }
    // The control: the same way of signing is accepted under the header as it is.
    expect(
      check(`${header}.${payload}.${material.signRightly(`${header}.${payload}`)}`, roomId, nowMs),
    ).not.toBeNull();
  });

  test('is refused from the second of its end on', () => {
    const endMs = (decoded(segmentsOf(valid[0] as string).payload)['exp'] as number) * 1_000;
    expect(check(valid[0] as string, roomId, endMs - 1)).not.toBeNull();
    expect(check(valid[0] as string, roomId, endMs)).toBeNull();
  });
});
