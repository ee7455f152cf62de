/** Is the Redis one that a queue can be trusted to? */
import type { Config } from '../config.ts';
import { readRedisProfile, type RedisProfile } from '../store/redis-profile.ts';
import { clusterFinding, failoverFinding, replicasFinding } from './doctor-redis-others.ts';
import { type Finding, ok, skipped, whyOf, wrong } from './finding.ts';
import type { Voice } from './voice.ts';

/** ZMSCORE is of 6.2; what was measured and tested is 7.0. */
const versionMin = [6, 2] as const;
const versionTested = [7, 0] as const;
const memoryWarning = 0.75;
const memoryFault = 0.9;
/** Schedules, hand-overs and passes bear this much; beyond it people notice, and soon are refused. */
export const clockWarningMs = 2_000;
export const clockFaultMs = 10_000;

/** What is wrong with these is wrong with a failover, too: that is one fault, not two. */
const decidesFailover: ReadonlySet<Finding['id']> = new Set([
  'redis-role',
  'redis-eviction',
  'redis-persistence',
  'redis-replicas',
]);

type Settings = Pick<Config, 'redis' | 'redisWaitReplicas'>;

export async function redisFindings(
  { redis, redisWaitReplicas }: Settings,
  voice: Voice,
): Promise<Finding[]> {
  if (redis === null) return [memoryStore];
  const found = ok('store', 'The queue is kept in Redis', 'La file est gardée dans Redis');
  try {
    const { primaries, failover } = await readRedisProfile(redis, redisWaitReplicas);
    const isCluster = redis.address.topology === 'cluster';
    // Of several primaries the report shows the worst.
    const findings = primaries.flatMap((profile) =>
      profileFindings({ profile, isCluster, redisWaitReplicas, voice }),
    );
    const isAmiss = findings.some(({ id, verdict }) => decidesFailover.has(id) && verdict !== 'ok');
    return [found, ...findings, isAmiss ? redisFirst('redis-failover') : failoverFinding(failover)];
  } catch (error) {
    return [found, unreachable(whyOf(error))];
  }
}

const memoryStore = wrong('warning', 'store', {
  sentence: {
    en: 'The queue is in the memory of one process: it has no second replica, and a restart relies on the visitors’ tokens',
    fr: 'La file est dans la mémoire d’un seul processus : pas de deuxième réplique, et un redémarrage compte sur les jetons des visiteurs',
  },
  advice: { en: 'For a real opening set REDIS_URL', fr: 'Pour une vraie ouverture, définissez REDIS_URL' },
});

function unreachable(why: string): Finding {
  return wrong('fault', 'redis-reachable', {
    sentence: { en: `Redis does not answer: ${why}`, fr: `Redis ne répond pas : ${why}` },
    advice: {
      en: 'See that it runs, that REDIS_URL names it, and that its password and network let this machine in',
      fr: 'Voyez s’il tourne, si REDIS_URL le désigne, et si son mot de passe et le réseau laissent entrer cette machine',
    },
  });
}

type Seen = { profile: RedisProfile; isCluster: boolean; redisWaitReplicas: number; voice: Voice };

function profileFindings({ profile, isCluster, redisWaitReplicas: waitReplicas, voice }: Seen): Finding[] {
  const reachable = ok(
    'redis-reachable',
    `Redis ${profile.version} answers`,
    `Redis ${profile.version} répond`,
  );
  const role = roleFinding(profile);
  if (role.verdict === 'fault') return [reachable, role];
  return [
    reachable,
    role,
    versionFinding(profile),
    clusterFinding(profile, isCluster),
    evictionFinding(profile),
    memoryFinding(profile, voice),
    persistenceFinding(profile, waitReplicas),
    writesFinding(profile),
    replicasFinding(profile, waitReplicas),
    clockFinding(profile, voice),
  ];
}

function roleFinding({ role, mode, isLoading }: RedisProfile): Finding {
  if (mode === 'sentinel') {
    return wrong('fault', 'redis-role', {
      sentence: {
        en: 'REDIS_URL names a Sentinel, not a Redis',
        fr: 'REDIS_URL désigne une Sentinel, pas un Redis',
      },
      advice: {
        en: 'Write redis+sentinel://host,host,host/name in REDIS_URL',
        fr: 'Écrivez redis+sentinel://hôte,hôte,hôte/nom dans REDIS_URL',
      },
    });
  }
  if (role !== 'master') {
    return wrong('fault', 'redis-role', {
      sentence: {
        en: 'REDIS_URL names a replica: it takes no writes, so nobody can join',
        fr: 'REDIS_URL désigne une réplique : elle n’accepte aucune écriture, et personne ne peut entrer dans la file',
      },
      advice: { en: 'Name the primary in REDIS_URL', fr: 'Désignez le primaire dans REDIS_URL' },
    });
  }
  if (isLoading) {
    return wrong('warning', 'redis-role', {
      sentence: { en: 'Redis is still loading its data', fr: 'Redis charge encore ses données' },
      advice: { en: 'Wait, and ask again', fr: 'Attendez, puis redemandez' },
    });
  }
  return ok('redis-role', 'It is a primary', 'C’est un primaire');
}

function versionFinding({ version }: RedisProfile): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isAtLeast = ([needed, within]: readonly [number, number]): boolean =>
    major > needed || (major === needed && minor >= within);
  if (isAtLeast(versionTested)) return ok('redis-version', `Version ${version}`, `Version ${version}`);
  return wrong(isAtLeast(versionMin) ? 'warning' : 'fault', 'redis-version', {
    sentence: {
      en: `Redis ${version} is older than ${versionTested.join('.')}, on which Guichet is tested; it needs ${versionMin.join('.')}`,
      fr: `Redis ${version} est plus ancien que ${versionTested.join('.')}, sur lequel Guichet est essayé ; il lui faut ${versionMin.join('.')}`,
    },
    advice: { en: 'Use Redis 7 or later', fr: 'Prenez Redis 7 ou plus récent' },
  });
}

function evictionFinding({ evictionPolicy }: RedisProfile): Finding {
  if (evictionPolicy === 'noeviction')
    return ok('redis-eviction', 'maxmemory-policy is noeviction', 'maxmemory-policy est noeviction');
  return wrong('fault', 'redis-eviction', {
    sentence: {
      en: `maxmemory-policy is ${evictionPolicy}: when memory is short, Redis throws tickets away`,
      fr: `maxmemory-policy est ${evictionPolicy} : quand la mémoire manque, Redis jette des billets`,
    },
    advice: {
      en: 'Set maxmemory-policy noeviction, and share this Redis with no cache',
      fr: 'Mettez maxmemory-policy noeviction, et ne partagez ce Redis avec aucun cache',
    },
  });
}

function memoryFinding({ maxMemory, usedMemory }: RedisProfile, voice: Voice): Finding {
  const mebibytes = (bytes: number): string => `${voice.number(Math.round(bytes / 1_048_576))} MiB`;
  const used = mebibytes(usedMemory);
  const share = maxMemory === 0 ? 0 : usedMemory / maxMemory;
  if (share < memoryWarning)
    return ok('redis-memory', `${used} of memory are used`, `${used} de mémoire sont utilisés`);
  return wrong(share < memoryFault ? 'warning' : 'fault', 'redis-memory', {
    sentence: {
      en: `${used} of ${mebibytes(maxMemory)} are used: soon nobody can join`,
      fr: `${used} sur ${mebibytes(maxMemory)} sont utilisés : bientôt personne ne pourra entrer dans la file`,
    },
    advice: {
      en: 'Raise maxmemory; a waiting visitor takes about 300 bytes',
      fr: 'Augmentez maxmemory ; un visiteur qui attend prend environ 300 octets',
    },
  });
}

function persistenceFinding({ isAppendOnly, appendFsync }: RedisProfile, waitReplicas: number): Finding {
  const advice = {
    en: 'Set appendonly yes with appendfsync always; or have a replica, and GUICHET_REDIS_WAIT_REPLICAS=1',
    fr: 'Mettez appendonly yes avec appendfsync always ; ou ayez une réplique, et GUICHET_REDIS_WAIT_REPLICAS=1',
  };
  if (!isAppendOnly) {
    return wrong(waitReplicas > 0 ? 'warning' : 'fault', 'redis-persistence', {
      sentence:
        waitReplicas > 0
          ? {
              en: 'Redis writes nothing to disk: when it and its replicas lose power together, the queue is lost',
              fr: 'Redis n’écrit rien sur disque : si lui et ses répliques perdent le courant ensemble, la file est perdue',
            }
          : {
              en: 'Redis writes nothing to disk, and no replica is waited for: a restart of it empties the queue',
              fr: 'Redis n’écrit rien sur disque, et aucune réplique n’est attendue : son redémarrage vide la file',
            },
      advice,
    });
  }
  if (waitReplicas > 0 || appendFsync === 'always' || appendFsync === null)
    return ok('redis-persistence', 'What is confirmed is kept', 'Ce qui est confirmé est gardé');
  return wrong('warning', 'redis-persistence', {
    sentence: {
      en: `appendfsync is ${appendFsync}: a crash may lose the last second of what was confirmed`,
      fr: `appendfsync est ${appendFsync} : une panne peut perdre la dernière seconde de ce qui était confirmé`,
    },
    advice,
  });
}

function writesFinding({ writeErrors }: RedisProfile): Finding {
  if (writeErrors.length === 0)
    return ok(
      'redis-writes',
      'Its last writes to disk succeeded',
      'Ses dernières écritures sur disque ont réussi',
    );
  return wrong('fault', 'redis-writes', {
    sentence: {
      en: `Redis could not write to disk (${writeErrors.join(', ')}): it refuses writes or loses them at a restart`,
      fr: `Redis n’a pas pu écrire sur disque (${writeErrors.join(', ')}) : il refuse les écritures ou les perd à un redémarrage`,
    },
    advice: { en: 'Look at its disk and its log', fr: 'Regardez son disque et son journal' },
  });
}

function clockFinding({ clockAheadMs, clockWithinMs }: RedisProfile, voice: Voice): Finding {
  // What the way there may account for is no offset.
  const offMs = Math.max(0, Math.abs(clockAheadMs) - clockWithinMs);
  if (offMs < clockWarningMs) return ok('redis-clock', 'The clocks agree', 'Les horloges sont d’accord');
  const duration = voice.duration(offMs);
  const isAhead = clockAheadMs > 0;
  return wrong(offMs < clockFaultMs ? 'warning' : 'fault', 'redis-clock', {
    sentence: {
      en: `The clock of Redis is ${duration} ${isAhead ? 'ahead of' : 'behind'} this machine’s: passes and schedules are off by as much`,
      fr: `L’horloge de Redis a ${duration} ${isAhead ? 'd’avance sur' : 'de retard sur'} celle de cette machine : laissez-passer et horaires sont décalés d’autant`,
    },
    advice: {
      en: 'Have both machines follow the same time servers (chrony or systemd-timesyncd)',
      fr: 'Faites suivre aux deux machines les mêmes serveurs de temps (chrony ou systemd-timesyncd)',
    },
  });
}

/** For what follows from a Redis that is not as it should be. */
export const redisFirst = (id: Finding['id']): Finding =>
  skipped(id, 'Redis has to be put right first', 'Il faut d’abord remettre Redis en ordre');
