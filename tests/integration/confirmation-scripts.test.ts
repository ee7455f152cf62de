/** Of every script, whatever it is for: a reply that is lost, and a confirmation that does not come. */
import { expect, it, onTestFinished, vi } from 'vitest';
import { connectToServer } from '../../src/dev/redis-client.ts';
import { redisStores } from '../../src/store/open-stores.ts';
import { StoreUnknownError } from '../../src/store/queue-store.ts';
import { apiKeysKeys } from '../../src/store/redis-keys.ts';
import { allScriptParts, type ScriptName } from '../../src/store/redis-scripts.ts';
import { everyScript } from '../support/every-script.ts';
import type { Transition } from '../support/every-transition.ts';
import { connectTo, replicaLag, startRedis, startReplicaOf } from '../support/redis.ts';
import { callsScript } from '../support/script-calls.ts';
import { TestTime } from '../support/stores.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';

/** A life at a database of that server, on one connection with the service's time limits. */
async function lifeAt(url: string, waitReplicas: number): Promise<Transition[]> {
  const time = new TestTime();
  const redis = connectToServer(url, { name: 'test', onError: () => undefined });
  onTestFinished(() => redis.disconnect());
  await vi.waitFor(() => expect(redis.status).toBe('ready'), 10_000);
  const stores = redisStores(() => redis, { waitReplicas, withEmails: true, nowUs: () => time.us });
  const life = everyScript(stores, time);
  expect(new Set(life.map(({ name }) => name)), 'no script is left out').toEqual(
    new Set(Object.keys(allScriptParts)),
  );
  return life;
}

/** What a repeat answers otherwise: it finds done what the first call did. */
const repeatOf: { [name in ScriptName]?: (first: unknown) => unknown } = {
  create: () => 'exists',
  remove: () => ({ kind: 'deleted' }),
  timeline_note: () => 'there',
  api_keys_add: () => expect.objectContaining({ kind: 'there' }) as unknown,
  // The one that was leased is leased again, and that was another try.
  alarm_claim: (first) => ({ ...(first as object), tries: 2 }),
  alarm_settle: () => 'gone',
  delivery_settle: () => 'gone',
  delivery_resend: (first) => ({ ...(first as object), resent: 0 }),
  // Those that were leased are free again when the lease ends.
  email_claim: (first) => ({ ...(first as object), emails: [], more: false }),
  email_settle: () => 'gone',
};
/** What a repeat writes anew: a caller merged in is told by an event, a lease counts its tries, a version is new. */
const rewrites: { [name in ScriptName]?: (key: string) => boolean } = {
  recover: (key) => /:(room|events)$/.test(key),
  alarm_claim: (key) => key.endsWith(':channels'),
  delivery_claim: (key) => key.endsWith(':room'),
  // A tick asks for it, and ticks again.
  purge: (key) => /:(room|frame)$/.test(key),
  api_keys_add: (key) => key === apiKeysKeys[3],
  api_keys_merge: (key) => key === apiKeysKeys[3],
};

it('of every script the reply is lost once: the repeat has the answer, and nothing happens twice', async () => {
  const redis = await startRedis();
  const proxy = await startTcpProxy(redis);
  onTestFinished(() => proxy.close());
  const admin = connectTo(redis.url);
  const [life, whole] = [await lifeAt(proxy.url, 0), await lifeAt(`${redis.url}/1`, 0)];
  for (const [index, { name, ask }] of life.entries()) {
    const undisturbed = kindsOf(await whole[index]?.ask());
    const lost = proxy.dropReply(callsScript(name));
    await expect(ask(), name).rejects.toThrow(StoreUnknownError);
    await lost;
    const isWatched = (key: string): boolean => rewrites[name]?.(key) !== true;
    const once = await contents(admin, isWatched);
    const answer = await vi.waitFor(ask, { timeout: 5_000, interval: 10 });
    expect(await contents(admin, isWatched), `what is kept after ${name}`).toEqual(once);
    expect(kindsOf(answer), name).toEqual(repeatOf[name]?.(undisturbed) ?? undisturbed);
  }
}, 60_000);

/** Of no worth after a failover: they tell of what is there, or of figures that may have gaps. */
const unconfirmed: ScriptName[] = ['ticket_find', 'ticket_history', 'replica_beat', 'timeline_note'];
/** When a key was last used is a figure too: what is not later than what is kept is not written. */
const mayWriteNothing: ScriptName[] = [...unconfirmed, 'api_keys_use'];

it('every script writes, also when it finds done what it is asked for: a WAIT behind a pure read confirms nothing', async () => {
  const redis = await startRedis();
  const admin = connectTo(redis.url);
  const changes = async (): Promise<number> =>
    Number(/rdb_changes_since_last_save:(\d+)/.exec(await admin.info('persistence'))?.[1]);
  for (const { name, ask } of await lifeAt(redis.url, 0)) {
    for (const time of ['first', 'second']) {
      const before = await changes();
      await ask();
      if (mayWriteNothing.includes(name)) continue;
      expect(await changes(), `${name}, the ${time} time`).toBeGreaterThan(before);
    }
  }
});

it('with the replica frozen no script has an answer, neither the first time nor as a repeat', async () => {
  const primary = await startRedis({ settings: { databases: '128' } });
  const replica = await startReplicaOf(primary);
  const admin = connectTo(primary.url);
  const names = (await lifeAt(`${primary.url}/127`, 0)).map(({ name }) => name);
  const confirmed = names.flatMap((name, index) => (mayWriteNothing.includes(name) ? [] : [{ name, index }]));
  /** One life for each call, which has come as far as before it; or beyond it. */
  const stages = async (doneThen: number, firstDatabase: number) =>
    Promise.all(
      confirmed.map(async ({ name, index }, place) => {
        const life = await lifeAt(`${primary.url}/${firstDatabase + place}`, 1);
        for (const { ask } of life.slice(0, index + doneThen)) await ask();
        return { name, ask: (life[index] as Transition).ask };
      }),
    );
  const asked = [...(await stages(0, 0)), ...(await stages(1, confirmed.length))];
  // Once the replica has all there is, a WAIT behind a call that writes nothing would succeed.
  await vi.waitFor(async () => expect(await replicaLag(admin)).toBe(0), 10_000);
  replica.freeze();
  const results = await Promise.all(
    asked.map(async ({ name, ask }) =>
      ask().then(
        () => `${name} was answered`,
        (error: Error) => error.message,
      ),
    ),
  );
  replica.thaw();
  expect(results.filter((result) => !result.endsWith('confirmed by 0 of 1 replicas'))).toEqual([]);
}, 60_000);

type Client = ReturnType<typeof connectTo>;

/** Every key's value, by its name. */
async function contents(redis: Client, isWatched: (key: string) => boolean): Promise<Map<string, unknown>> {
  const keys = (await redis.keys('*')).filter(isWatched).toSorted();
  return new Map(
    await Promise.all(
      keys.map(async (key) => [key, await valueOf(redis, key, await redis.type(key))] as const),
    ),
  );
}

async function valueOf(redis: Client, key: string, type: string): Promise<unknown> {
  switch (type) {
    case 'hash':
      return redis.hgetall(key);
    case 'zset':
      return redis.zrange(key, 0, '-1', 'WITHSCORES');
    case 'list':
      return redis.lrange(key, 0, -1);
    case 'stream':
      return redis.xrange(key, '-', '+');
    default:
      return redis.get(key);
  }
}

/** An answer without what differs from life to life. */
function kindsOf(answer: unknown): unknown {
  const anyId =
    /"(ticketIds?|epochId|roomId|keyId)":("[^"]*"|\[[^\]]*\])|"(releaseNumber|order|eventNumber|position)":[^,}]*/g;
  return JSON.parse((JSON.stringify(answer) ?? 'null').replaceAll(anyId, '"x":0'));
}
