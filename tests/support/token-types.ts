/** The types of token as the service makes and checks them, and every change of token-mutations.ts tried on one of them. */
import { createHmac, type KeyObject, sign } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { randomStream } from '../../src/dev/random.ts';
import type { PassAlgorithm } from '../../src/domain/room.ts';
import { passes } from '../../src/service/passes.ts';
import { queueTokens } from '../../src/service/queue-token.ts';
import {
  type KeyRing,
  newKeysFile,
  parseKeysFile,
  type SigningKeys,
} from '../../src/service/signing-keys.ts';
import { ticketIdFor } from '../../src/service/ticket-id.ts';
import { decoded, encoded, mutations, type MutationMaterial, segmentsOf } from './token-mutations.ts';

const issuer = 'https://tickets.example.org';
const roomId = 'swimming-lessons';
const nowMs = Date.UTC(2026, 4, 4, 18, 0, 0, 250);
const hourMs = 3_600_000;
const seed = 20_260_504;
const controls = 1_000;
/** Of each kind, for each type of token. */
const changes = 5_000;
/** In each file that attacks types of token. */
const changesInAllMin = 100_000;

const keys = parseKeysFile(newKeysFile({ withRsa: true }));
const otherKeys = parseKeysFile(newKeysFile({ withRsa: true }));
const tokens = queueTokens(() => keys.queue);
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

export type TokenType = {
  name: string;
  make: (number: number) => string;
  check: (token: string, roomId: string, nowMs: number) => { ticketId: string } | null;
  ring: KeyRing;
};

const passType = (algorithm: PassAlgorithm, ring: KeyRing): TokenType => ({
  name: `pass (${algorithm})`,
  make: (number) => passSigner.signPass(ticket(number), { algorithm, nowMs, expiresAtMs: nowMs + hourMs }),
  check: (...given) => passSigner.verifyPass(...given),
  ring,
});

const types = {
  queueToken: {
    name: 'queue token',
    make: (number) => tokens.issue(ticket(number), nowMs).queueToken,
    check: (...given) => tokens.verify(...given),
    ring: keys.queue,
  },
  handOver: {
    name: 'hand-over',
    make: (number) => passSigner.signHandOver({ ...ticket(number), epochId: 'a1b2' }, nowMs),
    check: (...given) => passSigner.verifyHandOver(...given),
    ring: keys.handOver,
  },
  ellipticPass: passType('ES256', keys.pass),
  rsaPass: passType('RS256', keys.passRsa as KeyRing),
} as const satisfies { [name: string]: TokenType };

function signedBy(key: KeyObject, input: string): string {
  const bytes =
    key.type === 'private'
      ? sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' })
      : createHmac('sha256', key).update(input).digest();
  return bytes.toString('base64url');
}

function keysOf(all: SigningKeys): KeyObject[] {
  return [...all.queue, ...all.handOver, ...all.webhook, ...all.pass, ...(all.passRsa ?? [])].flatMap(
    ({ secret, publicKey }) => (publicKey ? [secret, publicKey] : [secret]),
  );
}

function materialFor({ make, ring }: TokenType, valid: readonly string[]): MutationMaterial {
  const others = Object.values(types).filter((type) => type.make !== make);
  return {
    tokens: valid,
    foreignTokens: others.flatMap((type) => [type.make(1), type.make(2)]),
    kids: [
      ...keys.queue,
      ...keys.handOver,
      ...keys.webhook,
      ...keys.pass,
      ...(keys.passRsa ?? []),
      ...otherKeys.queue,
    ].map(({ kid }) => kid),
    wrongKeys: [...keysOf(keys), ...keysOf(otherKeys)].filter((key) => key !== ring[0].secret),
    signRightly: (input) => signedBy(ring[0].secret, input),
  };
}

/** Adds tests of these types to the running file, and one that counts what the others tried. */
export function attackTokens(names: readonly (keyof typeof types)[]): void {
  const tried: { type: string; kind: string; changes: number }[] = [];
  for (const name of names) {
    const type = types[name];
    describe(`a ${type.name}`, () => {
      attack(type, (kind) => tried.push({ type: type.name, kind, changes }));
    });
  }
  test('every kind of change was tried often enough, and many changes in all', () => {
    expect(tried.map(({ type, kind }) => `${type}: ${kind}`).toSorted()).toEqual(
      names
        .flatMap((name) =>
          [...Object.keys(mutations), 'another room'].map((kind) => `${types[name].name}: ${kind}`),
        )
        .toSorted(),
    );
    expect(tried.reduce((sum, each) => sum + each.changes, 0)).toBeGreaterThanOrEqual(changesInAllMin);
  });
}

function attack(type: TokenType, triedAll: (kind: string) => void): void {
  const { make, check } = type;
  const valid = Array.from({ length: controls }, (_, index) => make(index + 1));
  const material = materialFor(type, valid);
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
    triedAll(kind);
  });

  test('is refused in another room', () => {
    const random = randomStream(seed, 99);
    let accepted = 0;
    for (let done = 0; done < changes; done += 1) {
      const otherRooms = ['', 'swimming', `${roomId}-2`, roomId.toUpperCase(), `room-${random.next()}`];
      const otherRoom = otherRooms[done % otherRooms.length] as string;
      if (check(valid[done % valid.length] as string, otherRoom, nowMs) !== null) accepted += 1;
    }
    expect(accepted).toBe(0);
    triedAll('another room');
  });

  refusesMoreInHeader(type, material);

  test('is refused from the second of its end on', () => {
    const endMs = (decoded(segmentsOf(valid[0] as string).payload)['exp'] as number) * 1_000;
    expect(check(valid[0] as string, roomId, endMs - 1)).not.toBeNull();
    expect(check(valid[0] as string, roomId, endMs)).toBeNull();
  });
}

function refusesMoreInHeader(
  { check }: TokenType,
  { tokens: [token = ''], signRightly }: MutationMaterial,
): void {
  test('is refused with a header that only its key holder could sign: jku, x5u, jwk, or anything more', () => {
    const { header, payload } = segmentsOf(token);
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
      expect(check(`${input}.${signRightly(input)}`, roomId, nowMs), JSON.stringify(fields)).toBeNull();
    }
    // The control: the same way of signing is accepted under the header as it is.
    const input = `${header}.${payload}`;
    expect(check(`${input}.${signRightly(input)}`, roomId, nowMs)).not.toBeNull();
  });
}
