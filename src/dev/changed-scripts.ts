/**
 * A client under which scripts have another text, to see that a guard taken out is noticed, or what another clock does.
 * Nothing that is shipped knows of it.
 */
import { createHash } from 'node:crypto';
import { allScriptParts, type ScriptName, scriptNamed } from '../store/redis-scripts.ts';

type Call = (...given: unknown[]) => unknown;

/** The same client; a script that it is told to run, alone or in a pipeline, is looked up among `texts` first. */
export function withChangedScripts<Client extends object>(
  client: Client,
  texts: ReadonlyMap<ScriptName, string>,
): Client {
  const changed = new Map<unknown, string>();
  for (const [name, text] of texts) {
    const script = scriptNamed(name);
    changed.set(script.text, text);
    changed.set(script.sha, createHash('sha1').update(text).digest('hex'));
  }
  return changing(client, changed);
}

/** Every script, with what `change` makes of its text. */
export function everyScriptChanged(change: (text: string) => string): Map<ScriptName, string> {
  const names = Object.keys(allScriptParts) as ScriptName[];
  return new Map(names.map((name) => [name, change(scriptNamed(name).text)]));
}

/** A client or a pipeline. */
function changing<Calls extends object>(calls: Calls, changed: ReadonlyMap<unknown, string>): Calls {
  return new Proxy(calls, {
    get(target, name): unknown {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      const call = value.bind(target) as Call;
      switch (name) {
        case 'eval':
        case 'evalsha':
          return (script: unknown, ...given: unknown[]) => call(changed.get(script) ?? script, ...given);
        case 'pipeline':
          return (...given: unknown[]) => changing(call(...given) as object, changed);
        default:
          return call;
      }
    },
  });
}
