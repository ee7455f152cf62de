/** Which process of Redis takes the writes of a room now; asked with no more rights than the service has. */
import { Cluster, type Redis } from 'ioredis';
import type { RedisAccess } from '../domain/redis-address.ts';
import { redisForOnce } from './redis-connection.ts';
import { infoFields } from './redis-info.ts';
import { roomKeys } from './redis-keys.ts';

/** `runId` is another one for another server, and for the same one started again. */
export type RoomPrimary = { runId: string; address: string };

/** Asks once, on a connection of its own; rejects when no primary answers for the room. */
export async function primaryOfRoom(access: RedisAccess, roomId: string): Promise<RoomPrimary> {
  const redis = redisForOnce(access, 'drill');
  try {
    await redis.connect();
    const server = redis instanceof Cluster ? await nodeOfRoom(redis, roomId) : redis;
    const info = infoFields(await server.info());
    const runId = info.get('run_id');
    if (info.get('role') !== 'master' || runId === undefined) throw new Error('this Redis is no primary');
    const { remoteAddress, remotePort } = server.stream;
    return { runId, address: `${remoteAddress}:${remotePort}` };
  } finally {
    redis.disconnect();
  }
}

/** CLUSTER KEYSLOT is an administrator's: whoever has the room is the one that does not send its key elsewhere. */
async function nodeOfRoom(redis: Cluster, roomId: string): Promise<Redis> {
  const [key = ''] = roomKeys(roomId);
  for (const node of redis.nodes('master')) {
    const hasIt = await node.exists(key).then(
      () => true,
      () => false,
    );
    if (hasIt) return node;
  }
  throw new Error('no primary of the Cluster has the room');
}
