/** The doctor names each of these faults, planted for real in settings of its own, and no other with it. */
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { childEnvironment, ensureCommand } from '../../src/dev/provision.ts';
import { freePort, type RedisServer, startRedisServer } from '../../src/dev/redis-server.ts';
import { newKeysFile } from '../../src/service/signing-keys.ts';
import { type Certificate, TestAuthority } from '../support/certificates.ts';
import { type CommandOptions, guichet, guichetJson } from '../support/command-line.ts';
import { closedPort, startMailServer } from '../support/mail-server.ts';
import { startMutingProxy } from '../support/muting-proxy.ts';
import { ProxyProcess } from '../support/proxy-process.ts';
import { connectTo, startRedis, startReplicaOf } from '../support/redis.ts';
import { startService, type TestService } from '../support/service.ts';
import { startSteppedRedis } from '../support/stepped-redis.ts';

const root = new URL('../..', import.meta.url).pathname;
type Environment = Record<string, string>;
type Findings = { id: string; verdict: string; sentence: string; advice: string | null }[];

let redis: RedisServer;
let authority: TestAuthority;
let certificate: Certificate;
let service: TestService;
let nginx: string;
let directory: string;
/** All is well with it but for the proxy, which each test starts. */
let settings: Environment;

beforeAll(async () => {
  nginx = await ensureCommand('nginx', 'nginx');
  directory = await mkdtemp(join(tmpdir(), 'guichet-doctor-'));
  [redis, authority] = await Promise.all([startRedisServer({ appendonly: 'always' }), TestAuthority.open()]);
  certificate = await authority.issue('localhost', 30);
  const keysFile = join(directory, 'signing-keys.json');
  await writeFile(keysFile, newKeysFile({ withRsa: true }), { mode: 0o600 });
  service = await startService({
    redisUrl: redis.url,
    environment: { GUICHET_SIGNING_KEYS_FILE: keysFile, GUICHET_STATE_DIR: join(directory, 'state') },
  });
  settings = {
    REDIS_URL: redis.url,
    GUICHET_SIGNING_KEYS_FILE: keysFile,
    GUICHET_STATE_DIR: join(directory, 'state'),
    GUICHET_TRUSTED_PROXIES: '127.0.0.1',
    GUICHET_ADMIN_KEY: service.keys.admin,
    GUICHET_API_URL: service.internalUrl,
  };
}, 60_000);
afterAll(async () => {
  await service.close();
  await Promise.all([redis.stop(), authority.close(), rm(directory, { recursive: true, force: true })]);
});

const upgrade = 'proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;';

/** nginx in front of the public listener, until the test is over; its address. */
async function behindNginx({
  held = certificate,
  headers = upgrade,
  more = '',
}: {
  held?: Certificate;
  /** Of what is passed on. */
  headers?: string;
  /** Further locations. */
  more?: string;
} = {}): Promise<string> {
  const own = await mkdtemp(join(directory, 'nginx-'));
  const port = await freePort();
  const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const paths = kinds.map((kind) => `${kind}_temp_path ${own}/${kind};`).join(' ');
  const main = join(own, 'nginx.conf');
  await writeFile(
    main,
    `daemon off; master_process off; pid ${own}/nginx.pid; error_log stderr; events {}
     http { access_log off; ${paths} server { listen 127.0.0.1:${port} ssl;
       ssl_certificate ${held.certificate}; ssl_certificate_key ${held.key};
       ${more}
       location / { proxy_pass ${service.publicUrl}; proxy_http_version 1.1; ${headers} } } }`,
  );
  const runWords = ['-c', main, '-p', own, '-e', 'stderr'];
  const proxy = new ProxyProcess({ command: nginx, runWords, port });
  onTestFinished(() => proxy.stop());
  await proxy.start();
  return `https://localhost:${port}`;
}

/** What the doctor says of the settings with these changes. */
async function examine(changes: Environment = {}, options: CommandOptions = {}) {
  const GUICHET_PUBLIC_URL = changes['GUICHET_PUBLIC_URL'] ?? (await behindNginx());
  // Two at once would each find the other's file.
  const GUICHET_STATE_DIR = await mkdtemp(join(directory, 'state-'));
  const environment = { ...settings, GUICHET_PUBLIC_URL, GUICHET_STATE_DIR, ...changes };
  const { code, body } = await guichetJson('doctor', { environment, ...options });
  const findings = body['findings'] as Findings;
  const named = (verdict: string): string[] =>
    findings.filter((finding) => finding.verdict === verdict).map(({ id }) => id);
  return { code, verdict: body['verdict'], findings, faults: named('fault'), warnings: named('warning') };
}

type Plant = () => Promise<Environment>;

/** Each fault by its subject and its id, and how it is planted: what changes in the settings. */
const plants: { readonly [subject: string]: { readonly [id: string]: Plant } } = {
  Redis: {
    'redis-reachable': async () => ({ REDIS_URL: `redis://127.0.0.1:${await closedPort()}` }),
    'redis-eviction': async () => {
      const evicting = { appendonly: 'always', settings: { 'maxmemory-policy': 'allkeys-lru' } } as const;
      return { REDIS_URL: (await startRedis(evicting)).url };
    },
    'redis-memory': async () => {
      const small = { appendonly: 'always', settings: { maxmemory: '1mb' } } as const;
      return { REDIS_URL: (await startRedis(small)).url };
    },
    'redis-persistence': async () => ({ REDIS_URL: (await startRedis()).url }),
    'redis-role': async () => ({ REDIS_URL: (await startReplicaOf(await startRedis())).url }),
    'redis-replicas': async () => ({ GUICHET_REDIS_WAIT_REPLICAS: '1' }),
    'redis-clock': async () => ({ REDIS_URL: await startSteppedRedis(redis, -60_000) }),
    'redis-writes': async () => {
      const server = await startRedis({
        appendonly: 'always',
        settings: { 'enable-protected-configs': 'local' },
      });
      const client = connectTo(server.url);
      await client.config('SET', 'dir', '/proc');
      await client.bgsave();
      await vi.waitFor(
        async () => expect(await client.info()).toContain('rdb_last_bgsave_status:err'),
        10_000,
      );
      return { REDIS_URL: server.url };
    },
  },
  'keys and machine': {
    'signing-keys': async () => {
      const text = await readFile(settings['GUICHET_SIGNING_KEYS_FILE'] ?? '', 'utf8');
      return { GUICHET_SIGNING_KEYS_FILE: await file('broken.json', text.slice(0, 400)) };
    },
    'signing-keys-mode': async () => {
      const path = await file('open.json', newKeysFile({ withRsa: true }));
      await chmod(path, 0o644);
      return { GUICHET_SIGNING_KEYS_FILE: path };
    },
    'signing-keys-algorithm': async () => {
      await service.makeRoom({ passAlgorithm: 'RS256', targetUrl: 'https://site.example.org/' });
      return { GUICHET_SIGNING_KEYS_FILE: await file('without-rsa.json', newKeysFile()) };
    },
    'internal-api': async () => ({ GUICHET_API_URL: `http://127.0.0.1:${await closedPort()}` }),
    'api-key': async () => ({ GUICHET_API_KEY: 'an-api-key-that-was-revoked' }),
    'state-directory': async () => ({ GUICHET_STATE_DIR: await file('no-directory', '') }),
    'mail-server': async () => ({
      GUICHET_SMTP_URL: `smtp://127.0.0.1:${await closedPort()}`,
      GUICHET_MAIL_FROM: 'queue@example.org',
    }),
    settings: async () => ({ GUICHET_PUBLIC_PORT: 'eighty' }),
  },
  'the way to visitors': {
    'public-url': async () => ({
      GUICHET_PUBLIC_URL: await behindNginx({ more: 'location /v1 { return 200 "the site itself"; }' }),
    }),
    'public-https': async () => ({
      GUICHET_PUBLIC_URL: service.publicUrl.replace('127.0.0.1', '0.0.0.0'),
    }),
    'tls-expiry': async () => ({
      GUICHET_PUBLIC_URL: await behindNginx({ held: await authority.issue('localhost', 5) }),
    }),
    'tls-name': async () => ({
      GUICHET_PUBLIC_URL: await behindNginx({ held: await authority.issue('wait.example.org', 30) }),
    }),
    'tls-chain': async () => ({
      GUICHET_PUBLIC_URL: await behindNginx({
        held: await authority.issue('localhost', 30, { selfSigned: true }),
      }),
    }),
    'websocket-upgrade': async () => ({ GUICHET_PUBLIC_URL: await behindNginx({ headers: '' }) }),
    'websocket-subprotocol': async () => ({
      GUICHET_PUBLIC_URL: await behindNginx({
        headers: `${upgrade} proxy_set_header Sec-WebSocket-Protocol "";`,
      }),
    }),
    'websocket-messages': async () => ({ GUICHET_PUBLIC_URL: await startMutingProxy(service.publicUrl) }),
    'internal-exposed': async () => ({
      GUICHET_PUBLIC_URL: await behindNginx({
        more: `location = /metrics { proxy_pass ${service.internalUrl}; }`,
      }),
    }),
  },
};

async function file(name: string, text: string): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, text, { mode: 0o600 });
  return path;
}

test('where all is well it finds neither fault nor warning', async () => {
  await service.openRoom({ timeZone: 'America/Toronto', targetUrl: 'https://site.example.org/' });
  const mail = { GUICHET_SMTP_URL: (await startMailServer()).url, GUICHET_MAIL_FROM: 'queue@example.org' };
  const seen = await examine(mail);
  expect(seen.findings.filter(({ verdict }) => verdict === 'warning' || verdict === 'fault')).toEqual([]);
  expect([seen.code, seen.verdict]).toEqual([0, 'ok']);
  const skipped = seen.findings.filter(({ verdict }) => verdict === 'skipped').map(({ id }) => id);
  expect(skipped).toEqual(['redis-failover', 'audit-file']);
});

/** What the doctor says of one fault that is planted. */
async function seenOf(plant: Plant) {
  const { faults, code, verdict, findings } = await examine(await plant());
  const { sentence = '', advice } = findings.find(({ id }) => id === faults[0]) ?? {};
  const isExplained = sentence.length > 20 && (advice?.length ?? 0) > 5;
  return { faults, code, verdict, isExplained };
}

test.each(Object.entries(plants))(
  'each fault in %s is named when it is planted, with what to do, and no other fault with it',
  async (_subject, ofSubject) => {
    const seen = Object.entries(ofSubject).map(async ([id, plant]) => [id, await seenOf(plant)] as const);
    const expected = { code: 1, verdict: 'fault', isExplained: true };
    expect(Object.fromEntries(await Promise.all(seen))).toEqual(
      Object.fromEntries(Object.keys(ofSubject).map((id) => [id, { faults: [id], ...expected }])),
    );
  },
);

test('what is unwise is a warning, which is no failure', async () => {
  const keys = JSON.parse(newKeysFile({ withRsa: true })) as { queue: object[] };
  keys.queue.push({ kid: 'old', secret: 'x'.repeat(43), retiredAt: '2020-01-01T00:00:00Z' });
  const everysec = await startRedis({ appendonly: 'everysec' });
  const { warnings, faults, code } = await examine({
    REDIS_URL: everysec.url,
    GUICHET_SIGNING_KEYS_FILE: await file('retired.json', JSON.stringify(keys)),
    GUICHET_TRUSTED_PROXIES: '',
    GUICHET_STATE_DIR: '',
    GUICHET_SOCKETS_MAX: '1000000',
    GUICHET_SOCKET_MAX: '1',
    GUICHET_PUBLIC_URL: await behindNginx({ held: await authority.issue('localhost', 15) }),
  });
  expect(faults).toEqual([]);
  expect(warnings).toEqual([
    'settings',
    'redis-persistence',
    'signing-keys-retired',
    'tls-expiry',
    'trusted-proxies',
    'state-directory',
    'open-files',
  ]);
  expect(code).toBe(0);
});

test('a replica of Redis that nothing waits for, and a primary alone, are unwise', async () => {
  const [primary, guarded] = await Promise.all([
    startRedis({ appendonly: 'always' }),
    startRedis({ appendonly: 'always', settings: { 'min-replicas-to-write': '1' } }),
  ]);
  await startReplicaOf(primary);
  const [unwaited, waited, none] = await Promise.all([
    examine({ REDIS_URL: primary.url }),
    examine({ REDIS_URL: primary.url, GUICHET_REDIS_WAIT_REPLICAS: '1' }),
    examine({ REDIS_URL: guarded.url, GUICHET_REDIS_WAIT_REPLICAS: '1' }),
  ]);
  expect([unwaited.warnings, unwaited.faults]).toEqual([['redis-replicas'], []]);
  expect([waited.warnings, waited.faults]).toEqual([['redis-replicas'], []]);
  expect(none.faults).toEqual(['redis-replicas']);
});

test('people read the same in French, with what to do below each fault', async () => {
  const environment = {
    ...settings,
    GUICHET_PUBLIC_URL: await behindNginx(),
    GUICHET_API_KEY: 'une-clé-fausse'.replace('é', 'e'),
  };
  const { code, out, err } = await guichet('doctor --lang fr', { environment });
  expect([code, err]).toEqual([1, '']);
  const plain = out.replaceAll('\u00a0', ' ');
  expect(plain).toContain('DÉFAUT     api-key : La clé d’API n’est pas acceptée.\n           → Comparez');
  expect(plain).toContain('Défauts : 1. Avertissements : 0.');
  expect(out).not.toContain('une-cl');
});

test('npm run guichet -- doctor is this doctor', async () => {
  const environment = childEnvironment({
    ...settings,
    GUICHET_PUBLIC_URL: await behindNginx(),
    NODE_EXTRA_CA_CERTS: authority.files('authority').certificate,
  });
  const words = ['run', '--silent', 'guichet', '--', 'doctor', '--json'];
  const { stdout } = await promisify(execFile)('npm', words, { cwd: root, env: environment });
  expect(JSON.parse(stdout)).toMatchObject({ verdict: 'ok' });
});
