/**
 * The Lua transitions as Redis gets them. A script is its own file with the shared parts it needs joined
 * in front, its `#!lua` line first (otherwise it does not compile).
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  alarmKeys,
  apiKeysKeys,
  auditKeys,
  emailKeyNames,
  purgedKeys,
  roomKeyNames,
  timelineKeyNames,
} from './redis-keys.ts';

const room = '_room';
const tickets = '_tickets';
const codes = '_codes';
const outbox = '_outbox';
const release = '_release';
const sightings = '_sightings';
const settings = '_settings';
const retention = '_retention';
const email = '_email';
const delivery = '_delivery';
const audit = '_audit';
const alarms = '_alarms';

/** Each transition of the queue, and the shared parts in front of it. */
export const scriptParts = {
  create: [room, settings, audit],
  remove: [room, settings, audit],
  set_room: [room, settings, audit],
  recover: [room, tickets, settings],
  join: [room, tickets, outbox, release],
  tick: [room, tickets, outbox, release, retention],
  sight: [room, tickets, sightings],
  enter: [room, tickets],
  extend: [room, tickets],
  return: [room, tickets],
  leave: [room, tickets],
  offer_move: [room, tickets, codes],
  move: [room, tickets, sightings, codes],
  keep_alive: [room, tickets],
  finish: [room, tickets],
  redeem: [room, tickets],
} as const;

/** The same for e-mails asked for: they read a room and leave it as it is. */
const emailScriptParts = {
  email_ask: [room, tickets, email],
  email_withdraw: [room, tickets, email],
  email_claim: [room, tickets, email],
  email_begin: [room, tickets, email],
  email_settle: [room, tickets, email],
  email_forget: [room, tickets, email],
} as const;

/** The same for batches on their way to the origin. */
const deliveryScriptParts = {
  delivery_claim: [room, outbox, delivery],
  delivery_renew: [room, outbox, delivery],
  delivery_settle: [room, outbox, delivery],
  delivery_read: [room, outbox, delivery],
  delivery_resend: [room, outbox, delivery],
} as const;

/** The same for audits: they read no room. */
const auditScriptParts = { audit_append: [audit] } as const;

/** The same for proposals: they read no room. */
const proposalScriptParts = { proposal_keep: [] } as const;
/** The same for API keys: they know nothing of rooms. */
const apiKeyScriptParts = {
  api_keys_add: ['_api_keys'],
  api_keys_merge: ['_api_keys'],
  api_keys_use: ['_api_keys'],
} as const;
/** The same for figures that are kept for people. */
const timelineScriptParts = { timeline_note: [room, outbox] } as const;
/** What a person asks of a ticket. */
const finderScriptParts = { ticket_find: [room, tickets, codes], ticket_history: [room] } as const;
/** What a tick asks for once a room's retention is over. */
const retentionScriptParts = { purge: [room, settings, retention] } as const;
/** Of the alarms, which belong to no room. */
const alarmScriptParts = {
  alarm_report: [alarms],
  alarm_leave: [alarms],
  alarm_claim: [alarms],
  alarm_renew: [alarms],
  alarm_settle: [alarms],
} as const;
/** Scripts that touch no room. */
const otherScriptParts = { replica_beat: [] } as const;

/** Every script. */
export const allScriptParts = {
  ...scriptParts,
  ...emailScriptParts,
  ...deliveryScriptParts,
  ...auditScriptParts,
  ...proposalScriptParts,
  ...apiKeyScriptParts,
  ...timelineScriptParts,
  ...finderScriptParts,
  ...retentionScriptParts,
  ...alarmScriptParts,
  ...otherScriptParts,
};

export type ScriptName = keyof typeof allScriptParts;

/** How many keys the scripts of each kind take. */
const kinds: readonly { scripts: object; keys: number }[] = [
  { scripts: scriptParts, keys: roomKeyNames.length },
  { scripts: emailScriptParts, keys: roomKeyNames.length + emailKeyNames.length },
  { scripts: deliveryScriptParts, keys: roomKeyNames.length },
  { scripts: timelineScriptParts, keys: roomKeyNames.length + timelineKeyNames.length },
  { scripts: auditScriptParts, keys: auditKeys(null).length },
  { scripts: proposalScriptParts, keys: 1 },
  { scripts: apiKeyScriptParts, keys: apiKeysKeys.length },
  { scripts: finderScriptParts, keys: roomKeyNames.length },
  { scripts: retentionScriptParts, keys: purgedKeys('').length },
  { scripts: alarmScriptParts, keys: alarmKeys.length },
  { scripts: otherScriptParts, keys: 1 },
];
/** Scripts that take a key of their own after those that all of their kind take. */
const withOneKeyMore: readonly ScriptName[] = ['redeem', 'offer_move', 'move', 'email_ask', 'ticket_find'];
/** Scripts that append to the room's audit in one step with what they do. */
const audited: readonly ScriptName[] = ['create', 'remove', 'set_room'];

function numberOfKeys(name: ScriptName): number {
  const { keys } = kinds.find(({ scripts }) => name in scripts) as { keys: number };
  return keys + (withOneKeyMore.includes(name) ? 1 : 0) + (audited.includes(name) ? auditKeys('').length : 0);
}

const folder = new URL('./lua/', import.meta.url);

/** A script as Redis gets it. */
export function scriptText(name: ScriptName): string {
  const [shebang = '', ...body] = readFileSync(new URL(`${name}.lua`, folder), 'utf8').split('\n');
  const parts = allScriptParts[name].map((part) => readFileSync(new URL(`${part}.lua`, folder), 'utf8'));
  return [shebang, ...parts, body.join('\n')].join('\n');
}

/** A script as it is called. `sha`: the name that Redis knows its text by. */
export type Script = { text: string; sha: string; keys: number };

const scripts = new Map<ScriptName, Script>();

export function scriptNamed(name: ScriptName): Script {
  let script = scripts.get(name);
  if (!script) {
    script = scriptOf(scriptText(name), numberOfKeys(name));
    scripts.set(name, script);
  }
  return script;
}

function scriptOf(text: string, keys: number): Script {
  return { text, sha: createHash('sha1').update(text).digest('hex'), keys };
}
