/**
 * The access that the service needs at Redis, as rules of a Redis ACL user: read from the scripts and the stores, so that
 * no command can come into use without being named, or stay named when it is used no more.
 */
import { readdirSync, readFileSync } from 'node:fs';

const stores = new URL('../store/', import.meta.url);
const scripts = new URL('lua/', stores);

/** All names of keys begin so (store/redis-keys.ts). */
const keyPattern = 'guichet:*';

/** Sent by the connections themselves. AUTH and HELLO are everybody's. */
const ofConnections = [
  // redis-calls.ts
  'eval',
  'evalsha',
  'wait',
  // A connection says whose it is, asks whether the data are loaded, and goes to the database of its URL.
  'client|setname',
  'info',
  'select',
];
/** In a Cluster: where the slots are, and what is asked of a node that does not have one for good. */
const ofClusters = ['asking', 'cluster|info', 'cluster|slots', 'readonly', 'readwrite'];
/** Methods of a client that send nothing. */
const silentMethods = ['disconnect'];

/** What a user of the service may do, in the words of `ACL SETUSER`, without its password. */
export function aclRules(): string[] {
  return [
    'resetkeys',
    'resetchannels',
    '-@all',
    `~${keyPattern}`,
    ...redisCommands().map((name) => `+${name}`),
  ];
}

/** What a user at the Sentinels may do: ask who the primary is and whether it could be lost, and hear of another. */
export const sentinelAclRules: readonly string[] = [
  'resetchannels',
  '-@all',
  '&+switch-master',
  '+sentinel|ckquorum',
  '+sentinel|get-master-addr-by-name',
  '+sentinel|master',
  '+sentinel|replicas',
  '+sentinel|sentinels',
  '+subscribe',
];

/** Every command that the service sends or a script calls, as an ACL names it; sorted. */
export function redisCommands(): string[] {
  const all = [...commandsOfScripts(), ...commandsOfStores(), ...ofConnections, ...ofClusters];
  return [...new Set(all)].toSorted();
}

function commandsOfScripts(): string[] {
  return readdirSync(scripts).flatMap((file) => {
    const text = readFileSync(new URL(file, scripts), 'utf8');
    const calls = text.match(/redis\.p?call\b/g)?.length ?? 0;
    const named = [...text.matchAll(/redis\.p?call\('([A-Z]+)'/g)].map(([, name = '']) => name.toLowerCase());
    if (named.length !== calls) throw new Error(`${file} calls what it does not name`);
    return named;
  });
}

function commandsOfStores(): string[] {
  const files = readdirSync(stores).filter((file) => file.endsWith('-redis.ts'));
  return files
    .flatMap((file) => [
      ...readFileSync(new URL(file, stores), 'utf8').matchAll(/\b(?:redis|commands|ticks)\.(\w+)\(/g),
    ])
    .map(([, name = '']) => name)
    .filter((name) => !silentMethods.includes(name));
}
