/** Tells which transition a command sent to Redis calls: EVALSHA shows only a digest. */
import { createHash } from 'node:crypto';
import { type ScriptName, allScriptParts, scriptText } from '../../src/store/redis-scripts.ts';
import type { CommandWords } from './tcp-proxy.ts';

const names = Object.keys(allScriptParts) as ScriptName[];
const nameOfDigest = new Map(
  names.map((name) => [createHash('sha1').update(scriptText(name)).digest('hex'), name] as const),
);
const nameOfText = new Map(names.map((name) => [scriptText(name), name] as const));

/** The transition's name for a call of one, as `join`; the command's own name for any other. */
export function nameOfCommand([command = '', first = '']: CommandWords): string {
  if (command === 'evalsha') return nameOfDigest.get(first) ?? command;
  if (command === 'eval') return nameOfText.get(first) ?? command;
  return command;
}

/** Matches the calls of one transition, for `TcpProxy.dropReply`. */
export function callsScript(name: ScriptName): (command: CommandWords) => boolean {
  return (command) => nameOfCommand(command) === name;
}
