/** A client under which some scripts have another text: a guard taken out must be noticed. */
import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import { type ScriptName, scriptNamed } from '../../src/store/redis-scripts.ts';

type Call = (script: string, keys: number, ...given: (string | number)[]) => Promise<unknown>;

/** The same client; what it is told to call is looked up among `texts` first. Without WAIT: pipelines are not changed. */
export function withChangedScripts(redis: Redis, texts: ReadonlyMap<ScriptName, string>): Redis {
  const textOf = new Map([...texts].map(([name, text]) => [scriptNamed(name).sha, text]));
  const shaOf = new Map<string, string>();
  const evalsha: Call = (script, keys, ...given) => {
    const text = textOf.get(script);
    if (text === undefined) return redis.evalsha(script, keys, ...given);
    const sha = shaOf.get(text);
    if (sha !== undefined) return redis.evalsha(sha, keys, ...given);
    shaOf.set(text, createHash('sha1').update(text).digest('hex'));
    return redis.eval(text, keys, ...given);
  };
  return new Proxy(redis, {
    get(target, name): unknown {
      if (name === 'evalsha') return evalsha;
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
