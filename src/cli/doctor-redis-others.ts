/** Is the Redis one of several, as it should be: a shard, a primary with replicas, something that takes over? */
import type { StoreState } from '../domain/store-state.ts';
import type { RedisProfile } from '../store/redis-profile.ts';
import { type Finding, ok, skipped, wrong } from './finding.ts';

export function clusterFinding(profile: RedisProfile, isNamed: boolean): Finding {
  if (isNamed)
    return ok('redis-cluster', 'It is a Cluster, and named as one', 'C’est un Cluster, désigné comme tel');
  if (!profile.isCluster) return ok('redis-cluster', 'It is one shard', 'C’est un seul fragment');
  return wrong('warning', 'redis-cluster', {
    sentence: {
      en: 'It is a node of a Redis Cluster: rooms of its other shards are refused with MOVED',
      fr: 'C’est un nœud d’un Redis Cluster : les salles de ses autres fragments sont refusées par MOVED',
    },
    advice: {
      en: 'Name the Cluster in REDIS_URL: redis+cluster://host,host,host',
      fr: 'Désignez le Cluster dans REDIS_URL : redis+cluster://hôte,hôte,hôte',
    },
  });
}

export function failoverFinding(failover: StoreState['failover']): Finding {
  if (failover === undefined) {
    const en = 'Nothing stands in for Redis, and nothing is waited for';
    return skipped('redis-failover', en, 'Rien ne remplace Redis, et rien n’est attendu');
  }
  if (failover.ready)
    return ok(
      'redis-failover',
      'The loss of its primary would be survived',
      'La perte du primaire serait surmontée',
    );
  return wrong('warning', 'redis-failover', {
    sentence: {
      en: `The loss of its primary would not be survived: ${failover.why}`,
      fr: `La perte du primaire ne serait pas surmontée : ${failover.why}`,
    },
    advice: {
      en: 'Put that right, then try it: npm run guichet -- drill failover',
      fr: 'Corrigez cela, puis essayez : npm run guichet -- drill failover',
    },
  });
}

export function replicasFinding(
  { onlineReplicas, minReplicasToWrite }: RedisProfile,
  waitReplicas: number,
): Finding {
  if (onlineReplicas < waitReplicas) {
    return wrong('fault', 'redis-replicas', {
      sentence: {
        en: `GUICHET_REDIS_WAIT_REPLICAS is ${waitReplicas} and ${onlineReplicas} replicas are online: nothing can be confirmed`,
        fr: `GUICHET_REDIS_WAIT_REPLICAS est ${waitReplicas} et ${onlineReplicas} répliques sont en ligne : rien ne peut être confirmé`,
      },
      advice: {
        en: 'Bring the replicas back, or wait for fewer',
        fr: 'Ramenez les répliques, ou attendez-en moins',
      },
    });
  }
  if (onlineReplicas > 0 && waitReplicas === 0) {
    return wrong('warning', 'redis-replicas', {
      sentence: {
        en: 'Redis has replicas and nothing waits for them: a failover may lose what was confirmed',
        fr: 'Redis a des répliques et rien ne les attend : une bascule peut perdre ce qui était confirmé',
      },
      advice: { en: 'Set GUICHET_REDIS_WAIT_REPLICAS=1', fr: 'Mettez GUICHET_REDIS_WAIT_REPLICAS=1' },
    });
  }
  if (waitReplicas > 0 && minReplicasToWrite === 0) {
    return wrong('warning', 'redis-replicas', {
      sentence: {
        en: 'min-replicas-to-write is 0: a primary that is cut off goes on taking writes that are lost later',
        fr: 'min-replicas-to-write est 0 : un primaire isolé continue d’accepter des écritures perdues ensuite',
      },
      advice: {
        en: `Set min-replicas-to-write ${waitReplicas} on Redis`,
        fr: `Mettez min-replicas-to-write ${waitReplicas} sur Redis`,
      },
    });
  }
  return ok(
    'redis-replicas',
    `${onlineReplicas} replicas are online`,
    `${onlineReplicas} répliques sont en ligne`,
  );
}
