/**
 * Whether this Redis can keep the promises, and would go on keeping them when its primary is lost: from what INFO shows
 * under the service's own user, and what each Sentinel knows.
 *
 * A trio can be up, serve everybody, and be unable to fail over: the Sentinels were started before the replicas, or
 * lost sight of each other. So nobody is served before a failover was possible once; that it no longer is stops nobody,
 * because a dead replica must not take the waiting room down with it, but it is told (`failover`).
 */
import { Cluster, type Redis } from 'ioredis';
import type { RedisAccess } from '../domain/redis-address.ts';
import type { StoreState } from '../domain/store-state.ts';
import type { RedisClient } from './redis-connection.ts';
import { infoFields, listFields, onlineReplicas } from './redis-info.ts';
import { indexKey } from './redis-keys.ts';
import { connectSentinels } from './sentinel-watch.ts';

type Info = ReadonlyMap<string, string>;

/** With two, the loss of one leaves no majority. */
const otherSentinelsMin = 2;

export type RedisReadinessOptions = {
  redis: RedisClient;
  /** What else must answer: a connection can be dead while another is well. */
  others?: readonly RedisClient[];
  waitReplicas: number;
  /** Absent: whatever `redis` is connected to is all there is. */
  access?: RedisAccess;
};

/** Asks again at each `check`. The caller closes it; `redis` stays the caller's. */
export class RedisReadiness {
  readonly #redis: RedisClient;
  readonly #others: readonly RedisClient[];
  readonly #waitReplicas: number;
  readonly #primary: string;
  readonly #sentinels: readonly Redis[];
  /** Something is meant to take over from a primary that is lost. */
  readonly #hasStandIn: boolean;
  #couldFailOver = false;

  constructor({ redis, others = [], waitReplicas, access }: RedisReadinessOptions) {
    this.#redis = redis;
    this.#others = others;
    this.#waitReplicas = waitReplicas;
    const address = access?.address;
    this.#primary = address?.topology === 'sentinel' ? address.primary : '';
    this.#sentinels = access ? connectSentinels(access, 'readiness') : [];
    this.#hasStandIn = waitReplicas > 0 || this.#sentinels.length > 0 || redis instanceof Cluster;
  }

  async check(): Promise<StoreState> {
    try {
      const [infos] = await Promise.all([
        this.#infos(),
        ...this.#others.map((other) => other.exists(indexKey)),
      ]);
      const fault = faultOfAll(infos.map((info) => faultOf(info, this.#waitReplicas)));
      const asked = await Promise.all(this.#sentinels.map((sentinel) => this.#sentinelFault(sentinel)));
      const sentinelFault = asked.find((found) => found !== null) ?? null;
      const failover = this.#failover(infos, sentinelFault);
      const more = failover === undefined ? {} : { failover };
      if (fault) return { ready: false, ...fault, ...more };
      this.#couldFailOver ||= sentinelFault === null;
      if (!this.#couldFailOver) {
        return { ready: false, why: `No failover was possible yet: ${sentinelFault}`, ...more };
      }
      return { ready: true, ...more };
    } catch (error) {
      const why = `Redis does not answer: ${(error as Error).message}`;
      return { ready: false, why, ...(this.#hasStandIn ? { failover: { ready: false, why } } : {}) };
    }
  }

  close(): void {
    for (const sentinel of this.#sentinels) sentinel.disconnect();
  }

  /** Of each primary. */
  async #infos(): Promise<Info[]> {
    const redis = this.#redis;
    if (!(redis instanceof Cluster)) return [infoFields(await redis.info())];
    const state = infoFields(await redis.cluster('INFO')).get('cluster_state');
    if (state !== 'ok') throw new Error('not every slot of the Cluster is served');
    return Promise.all(redis.nodes('master').map(async (node) => infoFields(await node.info())));
  }

  #failover(infos: readonly Info[], sentinelFault: string | null): StoreState['failover'] {
    if (!this.#hasStandIn) return undefined;
    const present = infos.map((info) => faultOf(info, this.#waitReplicas)?.why ?? null);
    const later = infos.map((info) => failoverFaultOf(info, this.#waitReplicas));
    // What stops something now comes first.
    const why = [...present, sentinelFault, ...later].find((found) => found !== null);
    return why ? { ready: false, why } : { ready: true };
  }

  async #sentinelFault(sentinel: Redis): Promise<string | null> {
    const name = `the Sentinel at ${sentinel.options.host}:${sentinel.options.port}`;
    try {
      const master = listFields((await sentinel.call('SENTINEL', 'MASTER', this.#primary)) as string[]);
      const replicas = (await sentinel.call('SENTINEL', 'REPLICAS', this.#primary)) as string[][];
      const up = replicas.map(listFields).filter(isUp).length;
      const others = Number(master.get('num-other-sentinels'));
      const needed = replicasToFailOver(this.#waitReplicas);
      if (up < needed) return `${name} sees ${up} replicas that could take over, and ${needed} are needed`;
      if (others < otherSentinelsMin) {
        return `${name} knows ${others} other Sentinels, and ${otherSentinelsMin} are needed for a majority`;
      }
      await sentinel.call('SENTINEL', 'CKQUORUM', this.#primary);
      return null;
    } catch (error) {
      return `${name} says: ${(error as Error).message}`;
    }
  }
}

/** The one that takes over needs others that confirm. */
function replicasToFailOver(waitReplicas: number): number {
  return Math.max(1, waitReplicas) + 1;
}

function isUp(replica: Info): boolean {
  return (
    replica.get('master-link-status') === 'ok' &&
    !/s_down|o_down|disconnected/.test(replica.get('flags') ?? '')
  );
}

type Fault = { why: string; isUnfit?: true };

/** Of a Cluster: the rooms of the other primaries go on while one can confirm nothing. */
function faultOfAll(faults: readonly (Fault | null)[]): Fault | null {
  const unfit = faults.find((fault) => fault?.isUnfit === true);
  return unfit ?? (faults.includes(null) ? null : (faults[0] ?? null));
}

/** What keeps a primary from confirming anything, or would have it lose what it confirmed. */
function faultOf(info: Info, waitReplicas: number): Fault | null {
  if (info.get('loading') === '1') return { why: 'Redis is loading its data' };
  if (info.get('role') !== 'master') return { why: 'this Redis is a replica' };
  const policy = info.get('maxmemory_policy');
  if (policy !== undefined && policy !== 'noeviction') {
    const why = `maxmemory-policy is ${policy} and must be noeviction, or Redis throws tickets away when its memory is full`;
    return { why, isUnfit: true };
  }
  const online = onlineReplicas(info);
  if (online < waitReplicas) {
    return {
      why: `${online} replicas are online, and GUICHET_REDIS_WAIT_REPLICAS asks for ${waitReplicas}: nothing can be confirmed`,
    };
  }
  return null;
}

/** What would be lost with a primary, or would stop until an operator comes. */
function failoverFaultOf(info: Info, waitReplicas: number): string | null {
  if (waitReplicas === 0) {
    return 'GUICHET_REDIS_WAIT_REPLICAS is 0: a failover forgets what replicas did not have yet';
  }
  if (info.get('aof_enabled') !== '1') {
    return 'appendonly is no: a primary that restarts empty empties its replicas';
  }
  // INFO has this field only when both settings are above 0.
  if (!info.has('min_slaves_good_slaves')) {
    return 'min-replicas-to-write or min-replicas-max-lag is 0: a primary that is cut off goes on taking writes';
  }
  const [online, needed] = [onlineReplicas(info), replicasToFailOver(waitReplicas)];
  if (online < needed) {
    return `replicas online: ${online}, needed: ${needed}; the one that takes over would have too few to confirm anything`;
  }
  return null;
}
