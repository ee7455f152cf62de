/**
 * Reads the settings of the service: the only place that looks at the environment.
 *
 * The table is in settings.ts. All problems are reported at once, those between settings included, and no message
 * repeats the value of a secret. An empty variable counts as absent. A secret may come from a file named by the
 * same variable with `_FILE` behind it. Nothing here touches the network.
 */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { type RedisAccess, redisAddress } from './domain/redis-address.ts';
import type { Setting } from './setting-kinds.ts';
import { commandLineNames, settings } from './settings.ts';

type Settings = typeof settings;
type Parsed = { [Key in keyof Settings]: Settings[Key] extends Setting<infer Value> ? Value : never };

/** What the service runs with; see `settings` for units and bounds. */
export type Config = Omit<Parsed, 'publicUrl'> & {
  /** Without a trailing slash. */
  publicUrl: string;
  /** How to reach Redis; null without it. */
  redis: RedisAccess | null;
  /** Variables that begin with GUICHET_ and are no setting: a slip of the pen, or links of an orchestrator. */
  unknownNames: string[];
};

/** What is wrong with the environment: every problem, one a line. */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`The settings cannot be used:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/**
 * Reads all settings; `defaults` stand where the environment says nothing.
 *
 * @throws ConfigError with every problem found, the ones between settings included.
 */
export function readConfig(
  ownEnvironment: NodeJS.ProcessEnv = process.env,
  defaults: NodeJS.ProcessEnv = {},
): Config {
  const environment = { ...defaults, ...ownEnvironment };
  const problems: string[] = [];
  const given = withSecretsFromFiles(environment, problems);
  const shape = Object.fromEntries(
    Object.values<Setting<unknown>>(settings).map(({ name, schema }) => [name, schema]),
  );
  const result = z.object(shape).safeParse(given);
  for (const { path, message } of result.error?.issues ?? []) problems.push(`${String(path[0])} ${message}`);
  problems.push(...problemsBetween(given));
  if (!result.success) throw new ConfigError(problems);

  const values = result.data;
  const parsed = Object.fromEntries(
    Object.entries(settings).map(([key, { name }]) => [key, values[name]]),
  ) as Parsed;
  const redis = redisAccess(parsed, problems);
  if (problems.length > 0) throw new ConfigError(problems);
  return {
    ...parsed,
    redis,
    publicUrl: parsed.publicUrl === null ? defaultPublicUrl(parsed) : new URL(parsed.publicUrl).origin,
    unknownNames: unknownNames(environment),
  };
}

function redisAccess(parsed: Parsed, problems: string[]): RedisAccess | null {
  const { redisUrl, redisTlsServerName: servername } = parsed;
  const files = {
    ca: [settings.redisTlsCaFile.name, parsed.redisTlsCaFile],
    cert: [settings.redisTlsCertFile.name, parsed.redisTlsCertFile],
    key: [settings.redisTlsKeyFile.name, parsed.redisTlsKeyFile],
  } as const;
  const tls: RedisAccess['tls'] = servername === null ? {} : { servername };
  for (const [part, [name, path]] of Object.entries(files)) {
    if (path === null) continue;
    try {
      tls[part as keyof typeof files] = readFileSync(path, 'utf8');
    } catch (error) {
      problems.push(`${name} cannot be read: ${error instanceof Error ? error.message : 'unknown reason'}`);
    }
  }
  const address = redisUrl === null ? null : redisAddress(redisUrl);
  const { redisSentinelUsername: sentinelUsername, redisSentinelPassword: sentinelPassword } = parsed;
  return address && { address, tls, sentinelUsername, sentinelPassword };
}

/** The variables that are set, with those read from files under their own names. */
function withSecretsFromFiles(environment: NodeJS.ProcessEnv, problems: string[]): Record<string, string> {
  const given: Record<string, string> = {};
  for (const { name, secret } of Object.values<Setting<unknown>>(settings)) {
    const value = environment[name];
    const path = secret ? environment[`${name}_FILE`] : undefined;
    if (value) given[name] = value;
    if (!path) continue;
    if (value) problems.push(`${name} and ${name}_FILE are both set: set one`);
    try {
      given[name] = readFileSync(path, 'utf8').trim();
    } catch (error) {
      problems.push(
        `${name}_FILE cannot be read: ${error instanceof Error ? error.message : 'unknown reason'}`,
      );
    }
    if (given[name] === '') problems.push(`${name}_FILE names an empty file`);
  }
  return given;
}

function problemsBetween(given: Readonly<Record<string, string>>): string[] {
  const problems: string[] = [];
  const isGiven = ({ name }: Setting<unknown>): boolean => given[name] !== undefined;
  if (isGiven(settings.redisUrl) && !isGiven(settings.signingKeysFile)) {
    problems.push(
      `${settings.signingKeysFile.name} is required with REDIS_URL, because replicas must share their keys: ` +
        'make one with "npm run guichet -- keys new FILE" and give each replica the same file',
    );
  }
  if (!isGiven(settings.redisUrl) && Number(given[settings.redisWaitReplicas.name] ?? 0) > 0) {
    problems.push(`${settings.redisWaitReplicas.name} needs REDIS_URL: the memory store has no replicas`);
  }
  const ofTls = [settings.redisTlsCaFile, settings.redisTlsCertFile, settings.redisTlsServerName];
  if (!given[settings.redisUrl.name]?.startsWith('rediss')) {
    for (const { name } of ofTls.filter(isGiven)) {
      problems.push(`${name} is of no use without a REDIS_URL that begins with rediss: it encrypts nothing`);
    }
  }
  if (isGiven(settings.redisTlsCertFile) !== isGiven(settings.redisTlsKeyFile)) {
    problems.push(`${settings.redisTlsCertFile.name} and ${settings.redisTlsKeyFile.name} go together`);
  }
  if (isGiven(settings.smtpUrl) && !isGiven(settings.mailFrom)) {
    problems.push(
      `${settings.mailFrom.name} is required with ${settings.smtpUrl.name}: it is whom the e-mails are from`,
    );
  }
  if (isGiven(settings.alarmEmails) && !isGiven(settings.smtpUrl)) {
    problems.push(
      `${settings.smtpUrl.name} is required with ${settings.alarmEmails.name}: it sends the e-mails`,
    );
  }
  const ownerOf = new Map<string, string>();
  for (const { name } of [settings.adminKey, settings.operatorKey, settings.viewerKey, settings.originKey]) {
    const key = given[name];
    const owner = key === undefined ? undefined : ownerOf.get(key);
    if (owner !== undefined) problems.push(`${owner} and ${name} are the same key: each scope needs its own`);
    else if (key !== undefined) ownerOf.set(key, name);
  }
  return problems;
}

function unknownNames(environment: NodeJS.ProcessEnv): string[] {
  const known = new Set([
    ...commandLineNames,
    ...Object.values<Setting<unknown>>(settings).flatMap(({ name, secret }) =>
      secret ? [name, `${name}_FILE`] : [name],
    ),
  ]);
  return Object.keys(environment)
    .filter((name) => name.startsWith('GUICHET_') && !known.has(name))
    .toSorted();
}

/** A listener on every address is reached by this name from the machine itself. */
function defaultPublicUrl({ publicHost, publicPort }: { publicHost: string; publicPort: number }): string {
  const isAnyAddress = publicHost === '0.0.0.0' || publicHost === '::';
  const host = isAnyAddress ? 'localhost' : publicHost.includes(':') ? `[${publicHost}]` : publicHost;
  return `http://${host}:${publicPort}`;
}
