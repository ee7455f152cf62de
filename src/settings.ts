/**
 * The table of all settings: name, unit, default, bounds and meaning of each.
 *
 * The parse (config.ts) and docs/settings.md are both made from it, so they cannot disagree. Names follow
 * `GUICHET_<AREA>_<NAME>_<UNIT>`. A check that needs two settings stands in config.ts.
 */
import { z } from 'zod';
import { redisAddress } from './domain/redis-address.ts';
import {
  alarmEmailsMax,
  apiKey,
  emailAddresses,
  networks,
  optionalText,
  setting,
  text,
  wholeNumber,
} from './setting-kinds.ts';
import { isSiteUrl, isSmtpUrl, isWebhookUrl, mailbox } from './setting-formats.ts';

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

/** Of the command line (docs/command-line.md): no settings of the service, and no slips of the pen either. */
export const commandLineNames = ['GUICHET_API_URL', 'GUICHET_API_KEY', 'GUICHET_API_KEY_FILE'] as const;

/** Every setting, in the order of the docs. */
export const settings = {
  redisUrl: setting(
    'REDIS_URL',
    optionalText().refine(
      (url) => url === null || redisAddress(url) !== null,
      'must be redis://host, redis+sentinel://host,host/primary or redis+cluster://host,host, or the same with rediss',
    ),
    {
      default: 'none: the store is in the memory of this one process',
      accepted:
        '`redis://[user:password@]host[:port][/database]`, `redis+sentinel://…host,host/primary`, `redis+cluster://…host,host`; `rediss` encrypts',
      meaning: 'The Redis that all replicas share. Setting it requires `GUICHET_SIGNING_KEYS_FILE`.',
      secret: true,
    },
  ),
  redisWaitReplicas: wholeNumber('GUICHET_REDIS_WAIT_REPLICAS', {
    default: 0,
    min: 0,
    max: 5,
    unit: 'replicas',
    meaning: 'How many Redis replicas must have a change before a visitor is told of it.',
  }),
  redisTlsCaFile: text('GUICHET_REDIS_TLS_CA_FILE', {
    default: 'none: the authorities that Node.js trusts',
    accepted: 'path of a PEM file',
    meaning: 'Who signed the certificates of Redis, with `rediss`.',
  }),
  redisTlsCertFile: text('GUICHET_REDIS_TLS_CERT_FILE', {
    default: 'none: no certificate is shown',
    accepted: 'path of a PEM file',
    meaning: 'The certificate that this service shows to Redis; needs `GUICHET_REDIS_TLS_KEY_FILE`.',
  }),
  redisTlsKeyFile: text('GUICHET_REDIS_TLS_KEY_FILE', {
    default: 'none',
    accepted: 'path of a PEM file',
    meaning: 'Its key.',
  }),
  redisTlsServerName: text('GUICHET_REDIS_TLS_SERVER_NAME', {
    default: 'the host in `REDIS_URL`',
    accepted: 'host name',
    meaning: 'The name in the certificates of Redis, where nodes are known by their addresses.',
  }),
  redisSentinelUsername: text('GUICHET_REDIS_SENTINEL_USERNAME', {
    default: 'none',
    accepted: 'text',
    meaning: 'The user at the Sentinels themselves, which is not that of Redis.',
  }),
  redisSentinelPassword: setting('GUICHET_REDIS_SENTINEL_PASSWORD', optionalText(), {
    default: 'none',
    accepted: 'text',
    meaning: 'Its password.',
    secret: true,
  }),
  publicHost: setting('GUICHET_PUBLIC_HOST', z.string().default('127.0.0.1'), {
    default: '127.0.0.1',
    accepted: 'address or host name',
    meaning: 'Where the public listener binds: visitors, widget, gate.',
  }),
  publicPort: wholeNumber('GUICHET_PUBLIC_PORT', {
    default: 8080,
    min: 0,
    max: 65_535,
    unit: '(0: any free port)',
    meaning: 'Its port.',
  }),
  internalHost: setting('GUICHET_INTERNAL_HOST', z.string().default('127.0.0.1'), {
    default: '127.0.0.1',
    accepted: 'address or host name',
    meaning: 'Where the internal listener binds: operators, origins, metrics, probes. Never on the internet.',
  }),
  internalPort: wholeNumber('GUICHET_INTERNAL_PORT', {
    default: 9090,
    min: 0,
    max: 65_535,
    unit: '(0: any free port)',
    meaning: 'Its port.',
  }),
  publicUrl: setting(
    'GUICHET_PUBLIC_URL',
    optionalText().refine(
      (url) => url === null || isSiteUrl(url),
      'must be an http:// or https:// URL with nothing behind the host and port',
    ),
    {
      default: 'http:// with the public host and port',
      accepted: 'http:// or https:// URL without a path',
      meaning:
        'The address that visitors see; the issuer of passes. Browsers keep the cookie on https and loopback only.',
    },
  ),
  adminKey: apiKey(
    'GUICHET_ADMIN_KEY',
    'API key of the scope admin: rooms and keys, and all that the others may ([api-keys.md](api-keys.md)).',
    'none: the first start makes one and writes it to `admin-key` in `GUICHET_STATE_DIR`',
  ),
  operatorKey: apiKey(
    'GUICHET_OPERATOR_KEY',
    'API key of the scope operator: steers state, admission and notice.',
  ),
  viewerKey: apiKey('GUICHET_VIEWER_KEY', 'API key of the scope viewer: reads.'),
  originKey: apiKey(
    'GUICHET_ORIGIN_KEY',
    'API key of the scope origin: redeems hand-overs, renews and ends sessions.',
  ),
  signingKeysFile: text('GUICHET_SIGNING_KEYS_FILE', {
    default: 'none: keys are made for this run only (memory store)',
    accepted: 'path of a readable file',
    meaning:
      'The keys that sign queue tokens and passes, shared by all replicas: `npm run guichet -- keys new FILE`. ' +
      'Read again when it changes ([keys.md](keys.md)).',
  }),
  roomsFile: text('GUICHET_ROOMS_FILE', {
    default: 'none',
    accepted: 'path of a readable file',
    meaning: 'Rooms to make sure of at start, as JSON: an object from roomId to policy.',
  }),
  stateDir: text('GUICHET_STATE_DIR', {
    default: 'none: what this replica remembers is lost when it stops',
    accepted: 'path of a writable directory, one for each replica',
    meaning:
      'Where this replica keeps what it remembers of its rooms and API keys, to give back to a store that lost it.',
  }),
  auditFile: text('GUICHET_AUDIT_FILE', {
    default: 'none: standard output, among the log',
    accepted: 'path of a file that can be written',
    meaning:
      'Where this replica puts down what operators did through it, one JSON object a line, before they are answered.',
  }),
  joinsPerMinutePerPrefix: wholeNumber('GUICHET_JOINS_PER_MINUTE_PER_PREFIX', {
    default: 6_000,
    min: 0,
    max: 1_000_000,
    unit: 'joins a minute (0: no limit)',
    meaning: 'Joins from one address prefix (/24 or /56) on one replica; a minute of them may come at once.',
  }),
  trustedProxies: networks('GUICHET_TRUSTED_PROXIES', {
    default: 'none: X-Forwarded-For is ignored',
    accepted: 'addresses and CIDRs, comma-separated',
    meaning: "The proxies in front of us whose X-Forwarded-For tells the visitor's address.",
  }),
  deliveryAllowedNetworks: networks('GUICHET_DELIVERY_ALLOWED_NETWORKS', {
    default: 'none: only addresses that are reachable from everywhere',
    accepted: 'addresses and CIDRs, comma-separated',
    meaning:
      "Private networks that a room's deliveries may go to; without it none goes to a loopback, private or link-local address.",
  }),
  smtpUrl: setting(
    'GUICHET_SMTP_URL',
    optionalText().refine(
      (url) => url === null || isSmtpUrl(url),
      'must be smtp:// or smtps://, user and password where needed, host and port, and nothing behind',
    ),
    {
      default: 'none: no e-mail can be asked for',
      accepted:
        'smtp:// URL (port 25; TLS where the server offers it, always where a password goes to another machine) or smtps:// URL (port 465)',
      meaning:
        'The mail server by which visitors are written to when their turn is near, and alarms sent. Setting it requires `GUICHET_MAIL_FROM`.',
      secret: true,
    },
  ),
  mailFrom: setting(
    'GUICHET_MAIL_FROM',
    z
      .string()
      .optional()
      .transform((text) => (text === undefined ? null : (mailbox(text) ?? undefined)))
      .refine((from) => from !== undefined, 'must be an e-mail address, or a name and <address>')
      .transform((from) => from ?? null),
    {
      default: 'none',
      accepted: 'name@example.org, or The queue &lt;name@example.org&gt;',
      meaning: 'The sender of these e-mails.',
    },
  ),
  alarmWebhookUrl: setting(
    'GUICHET_ALARM_WEBHOOK_URL',
    optionalText().refine(
      (url) => url === null || isWebhookUrl(url),
      'must be an https:// or http:// URL without user, password and fragment',
    ),
    {
      default: 'none',
      accepted: 'https:// or http:// URL; any network',
      meaning:
        'Where alarms are posted to, signed ([operations.md](operations.md)). Its secret: `npm run guichet -- keys webhook-secret FILE --alarms`.',
      secret: true,
    },
  ),
  alarmEmails: emailAddresses('GUICHET_ALARM_EMAILS', {
    default: 'none',
    accepted: `up to ${alarmEmailsMax} e-mail addresses, comma-separated`,
    meaning: 'Who is written to about alarms, in French and English. Setting it requires `GUICHET_SMTP_URL`.',
  }),
  logLevel: setting(
    'GUICHET_LOG_LEVEL',
    z.enum(logLevels, `must be one of ${logLevels.join(', ')}`).default('info'),
    {
      default: 'info',
      accepted: logLevels.join(', '),
      meaning: 'The least severe log line that is written.',
    },
  ),
  drainMs: wholeNumber('GUICHET_DRAIN_MS', {
    default: 5_000,
    min: 0,
    max: 600_000,
    unit: 'ms',
    meaning:
      'How long after SIGTERM the service is not ready but still serves, so that proxies look elsewhere first.',
  }),
  socketsMax: wholeNumber('GUICHET_SOCKETS_MAX', {
    default: 18_000,
    min: 1,
    max: 1_000_000,
    unit: 'sockets',
    meaning:
      'Live sockets of this replica; further visitors look instead. Keep it below the limit of descriptors.',
  }),
};
