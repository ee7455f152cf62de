/**
 * A Cluster of three primaries with a replica each as processes of our own, on free ports of this machine or each at a
 * place of its own. Times are short: a failover takes about three seconds.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { inNamespace } from './network-namespaces.ts';
import { ensureCommand } from './provision.ts';
import { freePort, type RedisPlace, RedisServer } from './redis-server.ts';
import { askRedis, loopback, profile, type TopologyOptions, until } from './redis-topology.ts';

const run = promisify(execFile);
const nodeTimeoutMs = 2_000;
const migrateWithinMs = 5_000;
const keysAtOnce = 100;

/** Another process may take a free port between asking for it and using it. */
const startTriesMax = 3;

/** Starts a Cluster; resolves when every node says that it is well. */
export async function startRedisCluster(options: TopologyOptions = {}): Promise<RedisCluster> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnce(options);
    } catch (error) {
      if (attempt === startTriesMax || !String(error).includes('in use')) throw error;
    }
  }
}

async function startOnce({
  places = Array.from({ length: 6 }, () => loopback),
  settings = {},
}: TopologyOptions): Promise<RedisCluster> {
  const servers: RedisServer[] = [];
  const cluster = new RedisCluster(servers, places);
  try {
    for (const place of places) {
      const server = await createNode(place, settings);
      servers.push(server);
      await server.start();
    }
    await join(servers, places);
    await until(() => cluster.isWhole(), 'the Cluster did not come together');
    return cluster;
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

async function createNode(
  place: RedisPlace,
  settings: Readonly<Record<string, string>>,
): Promise<RedisServer> {
  const { port, namespace } = place;
  return RedisServer.create({
    ...profile,
    settings: {
      ...profile.settings,
      'cluster-enabled': 'yes',
      'cluster-node-timeout': String(nodeTimeoutMs),
      'cluster-replica-validity-factor': '0',
      // By itself it would follow from the other, which may be above 55535.
      'cluster-port': String(
        port === undefined || namespace === undefined ? await freePort() : port + 10_000,
      ),
      ...settings,
    },
    at: place,
  });
}

async function join(
  servers: readonly RedisServer[],
  [first = loopback]: readonly RedisPlace[],
): Promise<void> {
  const cli = await ensureCommand('redis-cli', 'redis-tools');
  const addresses = servers.map(addressOf);
  const words = ['--cluster', 'create', ...addresses, '--cluster-replicas', '1', '--cluster-yes'];
  const program =
    first.namespace === undefined ? ([cli, words] as const) : inNamespace(first.namespace, cli, words);
  await run(...program);
}

/** Three primaries with a replica each. Made by `startRedisCluster`. */
export class RedisCluster {
  readonly servers: readonly RedisServer[];
  readonly #places: readonly RedisPlace[];

  constructor(servers: readonly RedisServer[], places: readonly RedisPlace[]) {
    this.servers = servers;
    this.#places = places;
  }

  /** For REDIS_URL. */
  get url(): string {
    return `redis+cluster://${this.servers.map(addressOf).join(',')}`;
  }

  /** What a node answers, as redis-cli prints it. */
  ask(server: RedisServer, ...words: string[]): Promise<string> {
    const place = this.#places[this.servers.indexOf(server)] ?? loopback;
    return askRedis({ ...place, port: server.port }, ...words);
  }

  /** Whether each slot has a primary, and each primary a replica that follows it. */
  async isWhole(): Promise<boolean> {
    const all = await Promise.all(
      this.servers.map((server) =>
        Promise.all([
          this.ask(server, 'cluster', 'info'),
          this.ask(server, 'cluster', 'nodes'),
          this.ask(server, 'info', 'replication'),
        ]),
      ),
    );
    return all.every(
      ([info, nodes, replication]) =>
        info.includes('cluster_state:ok') &&
        nodes.match(/\bslave\b/g)?.length === 3 &&
        /master_link_status:up|connected_slaves:1/.test(replication),
    );
  }

  /** The server that has a room now. */
  async primaryOf(roomId: string): Promise<RedisServer> {
    const slot = await this.#slotOf(roomId);
    const owner = (await this.#nodes()).find(({ has }) => has(slot));
    if (owner === undefined) throw new Error(`nobody has slot ${slot}`);
    return this.#serverOf(owner);
  }

  /** Takes the slot of a room to another primary, while it is in use. */
  async moveSlotOf(roomId: string): Promise<void> {
    const slot = await this.#slotOf(roomId);
    const nodes = await this.#nodes();
    const from = nodes.find(({ has }) => has(slot));
    const to = nodes.find(({ isPrimary, id }) => isPrimary && id !== from?.id);
    if (!from || !to) throw new Error(`slot ${slot} cannot be moved`);
    const [source, target] = [this.#serverOf(from), this.#serverOf(to)];
    const setSlot = (server: RedisServer, ...words: string[]): Promise<string> =>
      this.ask(server, 'cluster', 'setslot', String(slot), ...words);
    await setSlot(target, 'importing', from.id);
    await setSlot(source, 'migrating', to.id);
    while (await this.#moveSomeKeys(slot, source, target));
    for (const server of [target, source]) await setSlot(server, 'node', to.id);
  }

  async stop(): Promise<void> {
    for (const server of this.servers) await server.stop();
  }

  /** Whether there were any. */
  async #moveSomeKeys(slot: number, source: RedisServer, target: RedisServer): Promise<boolean> {
    const answer = await this.ask(source, 'cluster', 'getkeysinslot', String(slot), String(keysAtOnce));
    const keys = answer.split('\n').filter((key) => key !== '');
    if (keys.length === 0) return false;
    const where = [target.host, String(target.port), '', '0', String(migrateWithinMs)];
    const said = await this.ask(source, 'migrate', ...where, 'keys', ...keys);
    if (!/^(OK|NOKEY)/.test(said)) throw new Error(`MIGRATE: ${said}`);
    return true;
  }

  async #slotOf(roomId: string): Promise<number> {
    return Number(await this.#askAny('cluster', 'keyslot', `{${roomId}}`));
  }

  async #nodes(): Promise<ClusterNode[]> {
    return clusterNodes(await this.#askAny('cluster', 'nodes'));
  }

  async #askAny(...words: string[]): Promise<string> {
    for (const server of this.servers) {
      const answer = await this.ask(server, ...words).catch(() => '');
      if (answer !== '') return answer;
    }
    throw new Error('no node of the Cluster answers');
  }

  #serverOf({ address }: ClusterNode): RedisServer {
    const found = this.servers.find((server) => addressOf(server) === address);
    if (found === undefined) throw new Error(`no server of ours is at ${address}`);
    return found;
  }
}

function addressOf({ host, port }: RedisServer): string {
  return `${host}:${port}`;
}

type ClusterNode = { id: string; address: string; isPrimary: boolean; has: (slot: number) => boolean };

/** What a node knows of all, from `CLUSTER NODES`; nothing of those that it holds for dead. */
function clusterNodes(text: string): ClusterNode[] {
  return text.split('\n').flatMap((line) => {
    const [id = '', addresses = '', flags = '', , , , , , ...ranges] = line.split(' ');
    if (/fail\b|noaddr/.test(flags)) return [];
    const slots = ranges
      .filter((range) => !range.startsWith('['))
      .map((range) => range.split('-').map(Number))
      .map(([from = 0, to = from]) => [from, to] as const);
    return {
      id,
      address: addresses.split('@')[0] ?? '',
      isPrimary: flags.includes('master'),
      has: (slot: number) => slots.some(([from, to]) => slot >= from && slot <= to),
    };
  });
}
