/** The Redis of a chaos stage, of any topology, as faults and checks see it: who is master, is it whole, ask a server. */
import type { ChaosTopology } from './chaos-options.ts';
import type { NetworkPlace } from './network-namespaces.ts';
import { startRedisCluster } from './redis-cluster.ts';
import { startSentinelTrio } from './redis-sentinel.ts';
import { type RedisServer, startRedisServer } from './redis-server.ts';
import { askRedis } from './redis-topology.ts';

/** On which port each listens, at its place. */
export const redisPort = 6_379;

export type ChaosRedis = {
  /** For REDIS_URL. */
  url: string;
  waitReplicas: number;
  servers: readonly RedisServer[];
  /** Who has the room, while nothing is broken. */
  master: () => Promise<RedisServer>;
  /** Those that copy the room's master. */
  replicas: () => Promise<RedisServer[]>;
  /** Whether the room has a master with all its replicas in sync. */
  isWhole: () => Promise<boolean>;
  ask: (server: RedisServer, ...words: string[]) => Promise<string>;
  /** The room's slot goes to another primary; null where there are no slots. */
  moveSlot: (() => Promise<void>) | null;
  stop: () => Promise<void>;
};

/** Starts it, one server at each place. `settings` are laid over the profile that keeps the promises. */
export async function startChaosRedis(
  topology: ChaosTopology,
  places: readonly NetworkPlace[],
  {
    roomId,
    settings,
    waitReplicas,
  }: { roomId: string; settings: Record<string, string>; waitReplicas: number },
): Promise<ChaosRedis> {
  const at = places.map((place) => ({ ...place, port: redisPort }));
  const ask = (server: RedisServer, ...words: string[]): Promise<string> => {
    const place = at.find(({ host }) => host === server.host);
    return askRedis({ ...place, host: server.host, port: server.port }, ...words);
  };
  const others = (servers: readonly RedisServer[], info: string): RedisServer[] =>
    servers.filter(({ host }) => info.includes(`ip=${host},`));
  const shared = { waitReplicas, ask };
  switch (topology) {
    case 'single': {
      const [place] = at;
      const server = await startRedisServer({
        appendonly: 'always',
        settings: { 'auto-aof-rewrite-percentage': '0', 'maxmemory-policy': 'noeviction', ...settings },
        ...(place === undefined ? {} : { at: place }),
      });
      return {
        ...shared,
        waitReplicas: 0,
        url: server.url,
        servers: [server],
        master: () => Promise.resolve(server),
        replicas: () => Promise.resolve([]),
        isWhole: async () => (await ask(server, 'ping')) === 'PONG',
        moveSlot: null,
        stop: () => server.stop(),
      };
    }
    case 'sentinel': {
      const trio = await startSentinelTrio({ places: at, settings });
      const { url, servers, primary: master } = trio;
      const replication = async (): Promise<string> => ask(await master(), 'info', 'replication');
      return {
        ...shared,
        url,
        servers,
        master,
        replicas: async () => others(servers, await replication()),
        isWhole: async () => (await replication()).match(/state=online,offset=\d+,lag=[01]\b/g)?.length === 2,
        moveSlot: null,
        stop: () => trio.stop(),
      };
    }
    case 'cluster': {
      const cluster = await startRedisCluster({ places: at, settings });
      const { url, servers } = cluster;
      const master = (): Promise<RedisServer> => cluster.primaryOf(roomId);
      return {
        ...shared,
        url,
        servers,
        master,
        replicas: async () => others(servers, await ask(await master(), 'info', 'replication')),
        isWhole: () => cluster.isWhole(),
        moveSlot: () => cluster.moveSlotOf(roomId),
        stop: () => cluster.stop(),
      };
    }
  }
}
