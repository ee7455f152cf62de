import { generateKeyPairSync } from 'node:crypto';
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { describe, expect, test } from 'vitest';
import type { PassAlgorithm } from '../../src/domain/room.ts';
import { ellipticJws, symmetricJws } from '../../src/service/jws.ts';
import { passes } from '../../src/service/passes.ts';
import { queueTokens } from '../../src/service/queue-token.ts';
import { newKeysFile, parseKeysFile } from '../../src/service/signing-keys.ts';
import { webhookSecrets } from '../../src/service/webhook-signing.ts';
import { ticketIdFor } from '../../src/service/ticket-id.ts';
import { decoded, segmentsOf } from '../support/token-mutations.ts';

const issuer = 'https://tickets.example.org';
const roomId = 'swimming-lessons';
const nowMs = Date.UTC(2026, 4, 4, 18, 0, 0, 250);
const hourMs = 3_600_000;

const keys = parseKeysFile(newKeysFile({ withRsa: true }));
const otherKeys = parseKeysFile(newKeysFile());
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
const queueToken = (number: number): string => tokens.issue(ticket(number), nowMs).queueToken;
const pass = (number: number, algorithm: PassAlgorithm = 'ES256'): string =>
  passSigner.signPass(ticket(number), { algorithm, nowMs, expiresAtMs: nowMs + hourMs });
const handOver = (number: number): string =>
  passSigner.signHandOver({ ...ticket(number), epochId: 'a1b2' }, nowMs);

describe('a pass, read by jose', () => {
  const jwks = createLocalJWKSet(passSigner.jwks);
  const options = { issuer, audience: roomId, algorithms: ['ES256'], currentDate: new Date(nowMs) };

  test.each([
    ['ES256', keys.pass[0].kid],
    ['RS256', keys.passRsa?.[0].kid],
  ] as const)(
    'verifies (%s) against the JWKS and says what was promised, and nothing else',
    async (alg, kid) => {
      const { payload, protectedHeader } = await jwtVerify(pass(7, alg), jwks, {
        ...options,
        algorithms: [alg],
      });
      expect(protectedHeader).toEqual({ alg, typ: 'JWT', kid });
      const issuedAt = Math.floor(nowMs / 1_000);
      const { ticketId } = ticket(7);
      expect(payload).toEqual({
        iss: issuer,
        aud: roomId,
        sub: ticketId,
        jti: ticketId,
        iat: issuedAt,
        nbf: issuedAt - 5,
        exp: issuedAt + 3_600,
        room: roomId,
        number: 7,
      });
    },
  );

  test('is not one for another room, issuer or time, nor under another key', async () => {
    const others = createLocalJWKSet(passes(otherKeys, issuer).jwks);
    await expect(jwtVerify(pass(7), jwks, { ...options, audience: 'other' })).rejects.toThrow('"aud"');
    await expect(jwtVerify(pass(7), jwks, { ...options, issuer: `${issuer}/` })).rejects.toThrow('"iss"');
    const later = { ...options, currentDate: new Date(nowMs + hourMs) };
    await expect(jwtVerify(pass(7), jwks, later)).rejects.toThrow('"exp"');
    await expect(jwtVerify(pass(7), others, options)).rejects.toThrow('no applicable key');
  });

  test('the JWKS holds no private part', () => {
    expect(passSigner.jwks.keys).toEqual([
      {
        kty: 'EC',
        crv: 'P-256',
        x: expect.stringMatching(/^[\w-]{43}$/),
        y: expect.stringMatching(/^[\w-]{43}$/),
        kid: keys.pass[0].kid,
        alg: 'ES256',
        use: 'sig',
      },
      {
        kty: 'RSA',
        n: expect.stringMatching(/^[\w-]{342}$/),
        e: 'AQAB',
        kid: keys.passRsa?.[0].kid,
        alg: 'RS256',
        use: 'sig',
      },
    ]);
  });
});

describe('claims', () => {
  test('a queue token names its ticket and place in the queue, for 72 hours', () => {
    const { header, payload } = segmentsOf(queueToken(7));
    expect(decoded(header)).toEqual({ alg: 'HS256', typ: 'guichet-queue', kid: keys.queue[0].kid });
    const { ticketId, order } = ticket(7);
    const issuedAt = Math.floor(nowMs / 1_000);
    const exp = issuedAt + 72 * 3_600;
    expect(decoded(payload)).toEqual({
      aud: roomId,
      sub: ticketId,
      num: 7,
      ord: order,
      gen: 0,
      iat: issuedAt,
      exp,
    });
    expect(tokens.verify(queueToken(7), roomId, nowMs)).toEqual({ ...ticket(7), expiresAtMs: exp * 1_000 });
  });

  test('a hand-over lives for 60 seconds, names the epoch, and each is another', () => {
    const { header, payload } = segmentsOf(handOver(7));
    expect(decoded(header)).toEqual({ alg: 'HS256', typ: 'guichet-hand-over', kid: keys.handOver[0].kid });
    const claims = decoded(payload);
    expect(claims).toMatchObject({ aud: roomId, sub: ticket(7).ticketId, epoch: 'a1b2' });
    expect(claims['exp']).toBe(Math.floor((nowMs + 60_000) / 1_000));
    expect(claims['jti']).not.toBe(decoded(segmentsOf(handOver(7)).payload)['jti']);
  });

  test('a pass is not valid before it was issued, less a few seconds for clocks that differ', () => {
    const issuedMs = Math.floor(nowMs / 1_000) * 1_000;
    expect(passSigner.verifyPass(pass(1), roomId, issuedMs - 5_000)).not.toBeNull();
    expect(passSigner.verifyPass(pass(1), roomId, issuedMs - 5_001)).toBeNull();
  });

  test('a pass of another issuer is refused even under the same key', () => {
    const elsewhere = passes(keys, 'https://other.example.org');
    const foreign = elsewhere.signPass(ticket(1), { algorithm: 'ES256', nowMs, expiresAtMs: nowMs + hourMs });
    expect(passSigner.verifyPass(foreign, roomId, nowMs)).toBeNull();
  });

  test('a token without an end is refused', () => {
    const forever = symmetricJws('guichet-queue', () => keys.queue).sign({
      aud: roomId,
      sub: ticket(1).ticketId,
    });
    expect(tokens.verify(forever, roomId, nowMs)).toBeNull();
  });
});

describe('rotation', () => {
  const [oldKey] = keys.pass;
  const [newKey] = otherKeys.pass;
  const before = ellipticJws('JWT', () => [oldKey]);
  const published = ellipticJws('JWT', () => [oldKey, newKey]);
  const switched = ellipticJws('JWT', () => [newKey, oldKey]);
  const over = ellipticJws('JWT', () => [newKey]);
  const claims = { sub: 'x', exp: Math.ceil((nowMs + hourMs) / 1_000) };
  const kidOf = (token: string): unknown => decodeProtectedHeader(token).kid;

  test('the first key of a ring signs, and all of them verify', () => {
    const old = published.sign(claims);
    const fresh = switched.sign(claims);
    expect([kidOf(old), kidOf(fresh)]).toEqual([oldKey.kid, newKey.kid]);
    for (const ring of [published, switched]) {
      expect(ring.verify(old, nowMs)).toEqual(claims);
      expect(ring.verify(fresh, nowMs)).toEqual(claims);
    }
  });

  test('a key that is not published yet, or was dropped, verifies nothing', () => {
    expect(before.verify(switched.sign(claims), nowMs)).toBeNull();
    expect(over.verify(published.sign(claims), nowMs)).toBeNull();
  });

  test('queue tokens and hand-overs of the old key outlive the switch', () => {
    const rotated = {
      queue: [otherKeys.queue[0], keys.queue[0]],
      handOver: [otherKeys.handOver[0], keys.handOver[0]],
    } as const;
    const rotatedTokens = queueTokens(() => rotated.queue);
    expect(rotatedTokens.verify(queueToken(3), roomId, nowMs)).toMatchObject({ number: 3 });
    expect(decoded(segmentsOf(rotatedTokens.issue(ticket(3), nowMs).queueToken).header)['kid']).toBe(
      otherKeys.queue[0].kid,
    );
    const rotatedPasses = passes({ ...rotated, pass: [newKey, oldKey], passRsa: null }, issuer);
    expect(rotatedPasses.verifyHandOver(handOver(3), roomId, nowMs)).toMatchObject({ roomId });
    expect(rotatedPasses.verifyPass(pass(3), roomId, nowMs)).toMatchObject({ number: 3 });
    expect((rotatedPasses.jwks.keys as { kid: string }[]).map(({ kid }) => kid)).toEqual([
      newKey.kid,
      oldKey.kid,
    ]);
  });
});

function pemOf(kind: 'ec' | 'rsa', options: { namedCurve?: string; modulusLength?: number }): string {
  const { privateKey } = generateKeyPairSync(kind as 'rsa', options as { modulusLength: number });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

describe('the keys file', () => {
  const stored = (): Record<string, { kid: string; secret: string }[]> => JSON.parse(newKeysFile()) as never;

  test.each([
    ['text that is not JSON', '{', 'is not JSON'],
    ['a use without a key', JSON.stringify({ ...stored(), queue: [] }), 'has no queue key'],
    ['a use that is missing', JSON.stringify({ ...stored(), pass: undefined }), 'has no pass key'],
    [
      'a short secret',
      JSON.stringify({ ...stored(), queue: [{ kid: 'a', secret: 'c2hvcnQ' }] }),
      'shorter than 32 bytes',
    ],
    [
      'a pass key that is no key',
      JSON.stringify({ ...stored(), pass: [{ kid: 'a', secret: 'PEM?' }] }),
      'not a private key',
    ],
    [
      'a key on another curve',
      JSON.stringify({ ...stored(), pass: [{ kid: 'a', secret: pemOf('ec', { namedCurve: 'P-384' }) }] }),
      'not on the curve P-256',
    ],
    [
      'a short RSA key',
      JSON.stringify({
        ...stored(),
        passRsa: [{ kid: 'a', secret: pemOf('rsa', { modulusLength: 1_024 }) }],
      }),
      'not an RSA key of 2048 bits',
    ],
    [
      'a time of retirement that is none',
      JSON.stringify({ ...stored(), queue: [{ ...stored()['queue']?.[0], retiredAt: 'soon' }] }),
      'invalid queue key',
    ],
    [
      'an entry without an id',
      JSON.stringify({ ...stored(), handOver: [{ secret: 'x' }] }),
      'invalid handOver key',
    ],
  ])('%s is refused', (_, text, reason) => {
    expect(() => parseKeysFile(text)).toThrow(reason);
  });

  test('one key id for two keys is refused, and no secret is told', () => {
    const file = stored();
    const secret = file['queue']?.[0]?.secret ?? '';
    const text = JSON.stringify({ ...file, handOver: file['queue'] });
    expect(() => parseKeysFile(text)).toThrow(/invalid handOver key/);
    expect(() => parseKeysFile(text)).not.toThrow(secret);
  });

  test('from before webhooks and RS256 is read as it was, and its webhook secrets follow from the hand-over keys', () => {
    const { webhook: _, ...older } = stored();
    const [one, again] = [parseKeysFile(JSON.stringify(older)), parseKeysFile(JSON.stringify(older))];
    expect(one.passRsa).toBeNull();
    const secrets = webhookSecrets(one.webhook, roomId);
    expect(secrets).toHaveLength(1);
    expect(secrets).toEqual(webhookSecrets(again.webhook, roomId));
    expect(secrets).not.toEqual(webhookSecrets(one.handOver, roomId));
    expect(secrets).not.toEqual(webhookSecrets(one.webhook, 'another-room'));
  });

  test('without an RSA key nothing is signed or accepted as RS256', () => {
    const without = passes({ ...keys, passRsa: null }, issuer);
    expect([without.canSign('ES256'), without.canSign('RS256')]).toEqual([true, false]);
    const how = { algorithm: 'RS256', nowMs, expiresAtMs: nowMs + hourMs } as const;
    expect(() => without.signPass(ticket(1), how)).toThrow('no key for RS256');
    expect(without.verifyPass(pass(1, 'RS256'), roomId, nowMs)).toBeNull();
    expect(passSigner.verifyPass(pass(1, 'RS256'), roomId, nowMs)).toMatchObject({ number: 1 });
  });
});
