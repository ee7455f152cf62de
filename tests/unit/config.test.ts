import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type Config, ConfigError, readConfig } from '../../src/config.ts';
import { settingsPage, settingsPageUrl } from '../../src/dev/settings-docs.ts';
import { settings } from '../../src/settings.ts';

const directory = mkdtempSync(join(tmpdir(), 'guichet-config-'));
afterAll(() => rmSync(directory, { recursive: true }));

function fileWith(name: string, content: string): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

function problemsOf(environment: Record<string, string>): readonly string[] {
  try {
    readConfig(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

const adminKey = 'a'.repeat(32);

test('nothing set gives the documented defaults', () => {
  expect(readConfig({})).toEqual({
    redis: null,
    redisUrl: null,
    redisWaitReplicas: 0,
    redisTlsCaFile: null,
    redisTlsCertFile: null,
    redisTlsKeyFile: null,
    redisTlsServerName: null,
    redisSentinelUsername: null,
    redisSentinelPassword: null,
    publicHost: '127.0.0.1',
    publicPort: 8080,
    internalHost: '127.0.0.1',
    internalPort: 9090,
    publicUrl: 'http://127.0.0.1:8080',
    adminKey: null,
    operatorKey: null,
    viewerKey: null,
    originKey: null,
    signingKeysFile: null,
    roomsFile: null,
    auditFile: null,
    stateDir: null,
    joinsPerMinutePerPrefix: 6_000,
    trustedProxies: [],
    deliveryAllowedNetworks: [],
    smtpUrl: null,
    alarmWebhookUrl: null,
    alarmEmails: [],
    mailFrom: null,
    logLevel: 'info',
    drainMs: 5_000,
    socketsMax: 18_000,
    unknownNames: [],
  } satisfies Config);
});

test('an empty variable counts as absent', () => {
  expect(readConfig({ REDIS_URL: '', GUICHET_PUBLIC_PORT: '', GUICHET_ADMIN_KEY_FILE: '' })).toEqual(
    readConfig({}),
  );
});

test('all problems are reported at once, each with the name of its variable', () => {
  const problems = problemsOf({
    REDIS_URL: 'http://redis',
    GUICHET_PUBLIC_PORT: '80a',
    GUICHET_DRAIN_MS: '-1',
    GUICHET_LOG_LEVEL: 'loud',
    GUICHET_TRUSTED_PROXIES: '10.0.0.0/8, 10.0.0.0/33',
    GUICHET_PUBLIC_URL: 'https://wait.example.org/room',
    GUICHET_ADMIN_KEY_FILE: join(directory, 'missing'),
  });
  expect(problems).toHaveLength(8);
  for (const name of ['REDIS_URL', 'GUICHET_PUBLIC_PORT', 'GUICHET_DRAIN_MS', 'GUICHET_LOG_LEVEL']) {
    expect(problems.some((problem) => problem.startsWith(`${name} must be`))).toBe(true);
  }
  expect(problems).toContain('GUICHET_TRUSTED_PROXIES "10.0.0.0/33" is neither an address nor a CIDR');
  expect(new ConfigError(problems).message.split('\n')).toHaveLength(9);
});

describe('numbers keep to their bounds', () => {
  test.each([
    ['GUICHET_PUBLIC_PORT', '65535', '65536'],
    ['GUICHET_REDIS_WAIT_REPLICAS', '5', '6'],
    ['GUICHET_JOINS_PER_MINUTE_PER_PREFIX', '1000000', '1000001'],
    ['GUICHET_DRAIN_MS', '600000', '600001'],
    ['GUICHET_SOCKETS_MAX', '1', '0'],
    ['GUICHET_SOCKETS_MAX', '1000000', '1e3'],
  ])('%s accepts %s and refuses %s', (name, accepted, refused) => {
    const withRedis = { REDIS_URL: 'redis://redis', GUICHET_SIGNING_KEYS_FILE: '/keys' };
    expect(problemsOf({ ...withRedis, [name]: accepted })).toEqual([]);
    expect(problemsOf({ ...withRedis, [name]: refused })).toHaveLength(1);
  });
});

test('Redis without shared signing keys is refused, with the command that makes them', () => {
  const [problem, ...others] = problemsOf({ REDIS_URL: 'redis://127.0.0.1:6379' });
  expect(others).toEqual([]);
  expect(problem).toContain('GUICHET_SIGNING_KEYS_FILE is required');
  expect(problem).toContain('npm run guichet -- keys new FILE');
});

test('addresses for alarms are read, and refused without a mail server or when they are none', () => {
  const mail = { GUICHET_SMTP_URL: 'smtp://mail', GUICHET_MAIL_FROM: 'file@example.org' };
  const emails = 'one@example.org, two@example.org,one@example.org';
  expect(readConfig({ ...mail, GUICHET_ALARM_EMAILS: emails }).alarmEmails).toEqual([
    'one@example.org',
    'two@example.org',
  ]);
  expect(problemsOf({ GUICHET_ALARM_EMAILS: 'one@example.org' })).toEqual([
    'GUICHET_SMTP_URL is required with GUICHET_ALARM_EMAILS: it sends the e-mails',
  ]);
  for (const refused of [
    'one',
    'a@b <c@example.org>',
    Array.from({ length: 21 }, (_, n) => `a${n}@b.org`).join(),
  ])
    expect(problemsOf({ ...mail, GUICHET_ALARM_EMAILS: refused })).toHaveLength(1);
  for (const refused of ['ftp://example.org/', 'https://a:b@example.org/', 'hook'])
    expect(problemsOf({ GUICHET_ALARM_WEBHOOK_URL: refused })).toHaveLength(1);
});

test('confirmation by replicas without Redis is refused', () => {
  expect(problemsOf({ GUICHET_REDIS_WAIT_REPLICAS: '1' })).toEqual([
    'GUICHET_REDIS_WAIT_REPLICAS needs REDIS_URL: the memory store has no replicas',
  ]);
});

test('a secret comes from a file, without its line ending', () => {
  const path = fileWith('admin', `${adminKey}\n`);
  expect(readConfig({ GUICHET_ADMIN_KEY_FILE: path }).adminKey).toBe(adminKey);
  expect(problemsOf({ GUICHET_ADMIN_KEY_FILE: path, GUICHET_ADMIN_KEY: adminKey })).toEqual([
    'GUICHET_ADMIN_KEY and GUICHET_ADMIN_KEY_FILE are both set: set one',
  ]);
  expect(problemsOf({ GUICHET_ADMIN_KEY_FILE: fileWith('empty', '\n') })).toContain(
    'GUICHET_ADMIN_KEY_FILE names an empty file',
  );
  const url = fileWith('redis', 'rediss://:hush@redis:6380/1');
  expect(readConfig({ REDIS_URL_FILE: url, GUICHET_SIGNING_KEYS_FILE: '/keys' }).redisUrl).toBe(
    'rediss://:hush@redis:6380/1',
  );
});

test('a mail server comes with a sender, and with nothing behind its port', () => {
  const smtp = 'smtps://guichet%40host:p%2Fss@mail.example.org:2465';
  const from = 'La file, Gatineau <file@gatineau.example.org>';
  const config = readConfig({ GUICHET_SMTP_URL: smtp, GUICHET_MAIL_FROM: from });
  expect(config.smtpUrl).toBe(smtp);
  expect(config.mailFrom).toEqual({ name: 'La file, Gatineau', address: 'file@gatineau.example.org' });
  expect(readConfig({ GUICHET_MAIL_FROM: 'file@example.org' }).mailFrom).toEqual({
    name: '',
    address: 'file@example.org',
  });
  expect(problemsOf({ GUICHET_SMTP_URL: 'smtp://mail' })).toEqual([
    'GUICHET_MAIL_FROM is required with GUICHET_SMTP_URL: it is whom the e-mails are from',
  ]);
  for (const url of [
    'http://mail',
    'smtp://',
    'smtp://m/x',
    'smtp://m?logger=true',
    'smtp://u:%zz@m',
    'mail:25',
  ]) {
    const [problem = ''] = problemsOf({ GUICHET_SMTP_URL: url, GUICHET_MAIL_FROM: from });
    expect(problem).toMatch(/^GUICHET_SMTP_URL must be smtp:\/\//);
  }
  for (const sender of [
    'Gatineau',
    'a@b.org, c@d.org',
    'x\n<a@b.org>',
    '"x" <a@b.org>',
    '<a@b.org> x',
    'a <b>',
  ]) {
    expect(problemsOf({ GUICHET_MAIL_FROM: sender })).toEqual([
      'GUICHET_MAIL_FROM must be an e-mail address, or a name and <address>',
    ]);
  }
  const path = fileWith('smtp', `${smtp}\n`);
  expect(readConfig({ GUICHET_SMTP_URL_FILE: path, GUICHET_MAIL_FROM: from }).smtpUrl).toBe(smtp);
});

test('no message repeats a secret', () => {
  const problems = problemsOf({
    REDIS_URL: 'http://:hushhush@redis',
    GUICHET_ADMIN_KEY: 'hushhush',
    GUICHET_VIEWER_KEY: 'hushhush',
    GUICHET_SMTP_URL: 'smtp://guichet:hushhush@mail:port',
  });
  expect(problems.length).toBeGreaterThanOrEqual(5);
  expect(problems.join()).not.toContain('hushhush');
});

describe('Redis', () => {
  const keys = { GUICHET_SIGNING_KEYS_FILE: '/keys' };
  const pem = fileWith('some.pem', 'a certificate');

  test('over TLS has what the files hold, and the name that its certificate is for', () => {
    const { redis } = readConfig({
      ...keys,
      REDIS_URL: 'rediss+cluster://guichet:p%40ss@one,two',
      GUICHET_REDIS_TLS_CA_FILE: pem,
      GUICHET_REDIS_TLS_CERT_FILE: pem,
      GUICHET_REDIS_TLS_KEY_FILE: pem,
      GUICHET_REDIS_TLS_SERVER_NAME: 'redis.example.org',
    });
    expect(redis).toMatchObject({
      address: { topology: 'cluster', username: 'guichet', password: 'p@ss', isEncrypted: true },
      tls: {
        ca: 'a certificate',
        cert: 'a certificate',
        key: 'a certificate',
        servername: 'redis.example.org',
      },
    });
  });

  test('settings of TLS are refused without rediss: they would encrypt nothing', () => {
    for (const name of ['GUICHET_REDIS_TLS_CA_FILE', 'GUICHET_REDIS_TLS_SERVER_NAME'])
      expect(problemsOf({ ...keys, REDIS_URL: 'redis+sentinel://one/main', [name]: pem })).toEqual([
        `${name} is of no use without a REDIS_URL that begins with rediss: it encrypts nothing`,
      ]);
  });

  test('a certificate and its key go together, and are there', () => {
    const url = { ...keys, REDIS_URL: 'rediss://redis' };
    for (const name of ['GUICHET_REDIS_TLS_CERT_FILE', 'GUICHET_REDIS_TLS_KEY_FILE'])
      expect(problemsOf({ ...url, [name]: pem })).toEqual([
        'GUICHET_REDIS_TLS_CERT_FILE and GUICHET_REDIS_TLS_KEY_FILE go together',
      ]);
    const [problem, ...others] = problemsOf({
      ...url,
      GUICHET_REDIS_TLS_CA_FILE: join(directory, 'none.pem'),
    });
    expect(others).toEqual([]);
    expect(problem).toMatch(/^GUICHET_REDIS_TLS_CA_FILE cannot be read/);
  });

  test('an address that is none is refused without a word of it', () => {
    for (const url of ['redis://:hush@hush@redis', 'redis+sentinel://:hush@one', 'redis://:hush%@redis']) {
      const problems = problemsOf({ ...keys, REDIS_URL: url });
      expect(problems).toHaveLength(1);
      expect(problems[0]).toMatch(/^REDIS_URL must be redis:/);
      expect(problems.join()).not.toContain('hush');
    }
  });
});

test('two scopes cannot share a key', () => {
  expect(problemsOf({ GUICHET_ADMIN_KEY: adminKey, GUICHET_ORIGIN_KEY: adminKey })).toEqual([
    'GUICHET_ADMIN_KEY and GUICHET_ORIGIN_KEY are the same key: each scope needs its own',
  ]);
});

test('the public URL has no trailing slash and follows the listener where it is not set', () => {
  expect(readConfig({ GUICHET_PUBLIC_URL: 'https://wait.example.org/' }).publicUrl).toBe(
    'https://wait.example.org',
  );
  expect(readConfig({ GUICHET_PUBLIC_HOST: '::1', GUICHET_PUBLIC_PORT: '81' }).publicUrl).toBe(
    'http://[::1]:81',
  );
  expect(readConfig({ GUICHET_PUBLIC_HOST: '0.0.0.0' }).publicUrl).toBe('http://localhost:8080');
});

test('trusted proxies are addresses and CIDRs of both families', () => {
  expect(
    readConfig({ GUICHET_TRUSTED_PROXIES: '10.0.0.0/8, 192.0.2.1,fd00::/8 ,::1' }).trustedProxies,
  ).toEqual(['10.0.0.0/8', '192.0.2.1', 'fd00::/8', '::1']);
});

test('a name that is no setting is told apart', () => {
  expect(readConfig({ GUICHET_DRAINMS: '1', GUICHET_DRAIN_MS: '2', OTHER: '3' }).unknownNames).toEqual([
    'GUICHET_DRAINMS',
  ]);
});

test('docs/settings.md is what the table of settings makes of it', () => {
  expect(readFileSync(settingsPageUrl, 'utf8')).toBe(settingsPage());
  for (const { name } of Object.values(settings)) expect(settingsPage()).toContain(`| \`${name}\``);
});
