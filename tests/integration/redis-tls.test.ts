/** Redis over TLS by the settings of the service alone: whom it talks to, and who may talk to Redis. */
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { aclRules } from '../../src/dev/redis-acl.ts';
import { freePort } from '../../src/dev/redis-server.ts';
import { redisQueueStore } from '../../src/store/queue-store-redis.ts';
import { connectRedis, type RedisClient } from '../../src/store/redis-connection.ts';
import { type Certificate, TestAuthority } from '../support/certificates.ts';
import { connectTo, startRedis } from '../support/redis.ts';
import { newRoom } from '../support/room-under-test.ts';

const name = 'redis.example.org';
const [user, password] = ['guichet', 'p@ss:/wörd%'];

let authority: TestAuthority;
let other: Certificate;
let client: Certificate;

beforeAll(async () => {
  authority = await TestAuthority.open();
  [client, other] = [
    await authority.issue('guichet', 30),
    await authority.issue(name, 30, { selfSigned: true }),
  ];
});
afterAll(() => authority.close());

/** A Redis that takes encrypted connections of the user, and the settings with which they are made. */
async function encrypted(asksForCertificates: 'yes' | 'no'): Promise<Record<string, string>> {
  const tlsPort = await freePort();
  const own = await authority.issue(name, 30);
  const server = await startRedis({
    settings: {
      'tls-port': String(tlsPort),
      'tls-cert-file': own.certificate,
      'tls-key-file': own.key,
      'tls-ca-cert-file': authority.files('authority').certificate,
      'tls-auth-clients': asksForCertificates,
    },
  });
  const admin = connectTo(server.url);
  await admin.acl('SETUSER', user, 'on', `>${password}`, ...aclRules());
  return {
    REDIS_URL: `rediss://${user}:${encodeURIComponent(password)}@127.0.0.1:${tlsPort}/1`,
    GUICHET_SIGNING_KEYS_FILE: '/keys',
    GUICHET_REDIS_TLS_SERVER_NAME: name,
    GUICHET_REDIS_TLS_CA_FILE: authority.files('authority').certificate,
  };
}

/** What becomes of a connection: `works` once a room was made by it, else why it does not come about. */
async function outcome(environment: Record<string, string>): Promise<string> {
  const { redis: access } = readConfig(environment);
  if (!access) throw new Error('no Redis is named');
  const errors: string[] = [];
  const connections: RedisClient[] = ['commands', 'ticks'].map((connection) =>
    connectRedis(access, { name: connection, onError: ({ message }) => void errors.push(message) }),
  );
  const [commands, ticks] = connections as [RedisClient, RedisClient];
  const store = redisQueueStore({ commands, ticks, waitReplicas: 0 });
  onTestFinished(() => store.close());
  const isReady = (): boolean => connections.every(({ status }) => status === 'ready');
  await vi.waitFor(() => expect(isReady() || errors.length > 0).toBe(true), 10_000);
  const [error] = errors;
  if (error !== undefined) return error;
  expect(await store.create(newRoom('pool'), Date.now() * 1_000)).toBe('created');
  return 'works';
}

test('a Redis that the named authority vouches for is talked to, by user and password', async () => {
  const settings = await encrypted('no');
  expect(await outcome(settings)).toBe('works');
  const wrong = { REDIS_URL: settings['REDIS_URL']?.replace('p%40ss', 'wrong') ?? '' };
  expect(await outcome({ ...settings, ...wrong })).toMatch(/WRONGPASS/);
});

test('any other is not: signed by somebody else, known by another name, or not encrypted at all', async () => {
  const settings = await encrypted('no');
  expect(await outcome({ ...settings, GUICHET_REDIS_TLS_CA_FILE: other.certificate })).toMatch(
    /unable to (verify|get)|self-signed/,
  );
  expect(await outcome({ ...settings, GUICHET_REDIS_TLS_SERVER_NAME: 'cache.example.org' })).toMatch(
    /does not match certificate's altnames/,
  );
  const plain = await startRedis();
  expect(await outcome({ ...settings, REDIS_URL: plain.url.replace('redis:', 'rediss:') })).not.toBe('works');
});

test('a Redis that asks for a certificate gets the one of the settings, and lets nobody in without', async () => {
  const settings = await encrypted('yes');
  expect(await outcome(settings)).not.toBe('works');
  const own = {
    GUICHET_REDIS_TLS_CERT_FILE: client.certificate,
    GUICHET_REDIS_TLS_KEY_FILE: client.key,
  };
  expect(await outcome({ ...settings, ...own })).toBe('works');
  const foreign = {
    GUICHET_REDIS_TLS_CERT_FILE: other.certificate,
    GUICHET_REDIS_TLS_KEY_FILE: other.key,
  };
  expect(await outcome({ ...settings, ...foreign })).not.toBe('works');
});
