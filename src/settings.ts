/**
 * The table of all settings: name, unit, default, bounds and meaning of each.
 *
 * The parse (config.ts) and docs/settings.md are both made from it, so they cannot disagree. Names follow
 * `GUICHET_<AREA>_<NAME>_<UNIT>`. A check that needs two settings stands in config.ts.
 */
import { z } from 'zod';
import { isEmailAddress } from './domain/email.ts';

/** One setting, as parsed and as told in the docs. */
export type Setting<Value> = {
  /** The variable's name. */
  name: string;
  /** What it means, one sentence. */
  meaning: string;
  /** The default, in words. */
  default: string;
  /** What is accepted, in words, with the unit. */
  accepted: string;
  /** Never shown in a message; may come from `<name>_FILE`. */
  secret: boolean;
  schema: z.ZodType<Value, string | undefined>;
};

type Words = { default: string; accepted: string; meaning: string; secret?: true };

function setting<Value>(
  name: string,
  schema: z.ZodType<Value, string | undefined>,
  words: Words,
): Setting<Value> {
  return { name, schema, secret: false, ...words };
}

type NumberBounds = { default: number; min: number; max: number; unit: string; meaning: string };

function wholeNumber(
  name: string,
  { default: fallback, min, max, unit, meaning }: NumberBounds,
): Setting<number> {
  const accepted = `${grouped(min)} to ${grouped(max)} ${unit}`;
  const schema = z
    .string()
    .optional()
    .transform((text) =>
      text === undefined ? fallback : /^\d{1,12}$/.test(text) ? Number(text) : Number.NaN,
    )
    .refine((number) => number >= min && number <= max, `must be a whole number, ${accepted}`);
  return setting(name, schema, { default: grouped(fallback), accepted, meaning });
}

function text(name: string, words: Words): Setting<string | null> {
  return setting(name, optionalText(), words);
}

/** A list of networks; an address is one of its own. */
function networks(name: string, words: Words): Setting<string[]> {
  const entry = z.union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()], {
    error: ({ input }) => `"${String(input)}" is neither an address nor a CIDR`,
  });
  const entries = (list: string): string[] => list.split(',').map((text) => text.trim());
  const schema = z
    .string()
    .default('')
    .transform((list) => entries(list).filter((text) => text !== ''))
    .pipe(z.array(entry));
  return setting(name, schema, words);
}

const apiKeyLengthMin = 16;

function apiKey(name: string, meaning: string): Setting<string | null> {
  return setting(
    name,
    optionalText().refine(
      (key) => key === null || (key.length >= apiKeyLengthMin && /^[\x21-\x7e]+$/.test(key)),
      `must have at least ${apiKeyLengthMin} characters, printable and without blanks`,
    ),
    {
      default: 'none: nobody has this scope',
      accepted: `at least ${apiKeyLengthMin} characters`,
      meaning,
      secret: true,
    },
  );
}

function optionalText(): z.ZodType<string | null, string | undefined> {
  return z
    .string()
    .optional()
    .transform((value) => value ?? null);
}

/** 18000 as `18,000`, 8080 as it is. */
function grouped(number: number): string {
  return number.toLocaleString('en-US', { useGrouping: 'min2' });
}

function isSiteUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, pathname, search, hash, username } = new URL(text);
  return /^https?:$/.test(protocol) && pathname === '/' && `${search}${hash}${username}` === '';
}

/** A server, with a login where it wants one; all else is asked of the server. */
function isSmtpUrl(text: string): boolean {
  try {
    const { protocol, hostname, pathname, search, hash, username, password } = new URL(text);
    decodeURIComponent(username + password);
    const isServer = /^smtps?:$/.test(protocol) && hostname !== '';
    return isServer && /^\/?$/.test(`${pathname}${search}${hash}`) && (username !== '' || password === '');
  } catch {
    return false;
  }
}

/** `name@example.org` or `The queue <name@example.org>`; null for anything else. */
function mailbox(text: string): { name: string; address: string } | null {
  const [, name = '', bracketed] = /^([^<>"\p{Cc}]*)<([^<>]+)>$/u.exec(text) ?? [];
  const address = bracketed ?? text;
  return isEmailAddress(address) ? { name: name.trim(), address } : null;
}

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

/** Of the command line (docs/command-line.md): no settings of the service, and no slips of the pen either. */
export const commandLineNames = ['GUICHET_API_URL', 'GUICHET_API_KEY', 'GUICHET_API_KEY_FILE'] as const;

/** Every setting, in the order of the docs. */
export const settings = {
  redisUrl: setting(
    'REDIS_URL',
    optionalText().refine(
      (url) => url === null || (URL.canParse(url) && /^rediss?:$/.test(new URL(url).protocol)),
      'must be a redis:// or rediss:// URL',
    ),
    {
      default: 'none: the store is in the memory of this one process',
      accepted: 'redis:// or rediss:// URL',
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
    'API key of the scope admin: rooms and keys, and all that the others may.',
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
    meaning: 'Where this replica keeps what it remembers of its rooms, to give back to a store that lost it.',
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
        'The mail server that visitors are written to when their turn is near. Setting it requires `GUICHET_MAIL_FROM`.',
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
