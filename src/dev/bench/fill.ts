/** Fills a room that the service made with waiting tickets, past the service: a million in seconds. */
import { randomUUID } from 'node:crypto';
import { joinGatherMax } from '../../store/queue-store.ts';
import { redisQueueStore } from '../../store/queue-store-redis.ts';
import { connectToServer } from '../redis-client.ts';
import type { RedisServer } from '../redis-server.ts';

const callsUnderWay = 4;
const nothingKnown = { epochNumber: 0, epochId: '', eventNumber: 0, lastOrder: 0 };

/** Takes so many tickets whose holders never come. Rejects when one is refused. */
export async function fillRoom({ url }: RedisServer, roomId: string, count: number): Promise<void> {
  const redis = connectToServer(url, {
    name: 'bench-fill',
    onError: (error) => console.error(error),
  });
  await new Promise((resolve) => redis.once('ready', resolve));
  const store = redisQueueStore({ commands: redis, ticks: redis, waitReplicas: 0 });
  let left = count;
  const fillInTurn = async (): Promise<void> => {
    while (left > 0) {
      const ticketIds = Array.from({ length: Math.min(joinGatherMax, left) }, () => randomUUID());
      left -= ticketIds.length;
      const reply = await store.join(roomId, nothingKnown, ticketIds);
      if (reply.kind !== 'served' || reply.answer.some((answer) => !('order' in answer)))
        throw new Error(`${roomId} could not be filled`);
    }
  };
  await Promise.all(Array.from({ length: callsUnderWay }, fillInTurn));
  await store.close();
}
