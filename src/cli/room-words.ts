/** A room as the internal API tells it, in words for people. */
import type { LocalizedText, PolicyWarning, RoomPolicy, RoomState } from '../domain/room.ts';
import type { Bilingual, Voice } from './voice.ts';

/** What commands read of a room; the rest is passed on as it came. */
export type RoomBody = {
  roomId: string;
  state: RoomState;
  version: number;
  policy: RoomPolicy;
  notice: LocalizedText | null;
  reason: LocalizedText | null;
  warnings: readonly PolicyWarning[];
};

const states: { readonly [state in RoomState]: Bilingual } = {
  scheduled: { en: 'scheduled', fr: 'prévue' },
  open: { en: 'open', fr: 'ouverte' },
  paused: { en: 'paused', fr: 'en pause' },
  draining: { en: 'draining', fr: 'en vidage' },
  closed: { en: 'closed', fr: 'fermée' },
  bypass: { en: 'BYPASS', fr: 'CONTOURNÉE' },
};

export function stateWord(state: string, voice: Voice): string {
  const words = states[state as RoomState] as Bilingual | undefined;
  return words ? voice.say(words) : state;
}

/** A text in the reader's language where it has one, else in its first. */
export function textFor(text: LocalizedText, voice: Voice): string {
  if (typeof text === 'string') return text;
  return text[voice.language] ?? Object.values(text)[0] ?? '';
}

export function paceText(perMinute: number, voice: Voice): string {
  return `${voice.number(perMinute)}/min`;
}

/** One row a room, the heads first. */
export function roomRows(rooms: readonly RoomBody[], voice: Voice): string[][] {
  const heads = [
    { en: 'room', fr: 'salle' },
    { en: 'state', fr: 'état' },
    { en: 'capacity', fr: 'capacité' },
    { en: 'pace', fr: 'cadence' },
    { en: 'notice', fr: 'avis' },
  ].map((head) => voice.say(head));
  return [
    heads,
    ...rooms.map(({ roomId, state, policy, notice }) => [
      roomId,
      stateWord(state, voice),
      voice.number(policy.capacity),
      paceText(policy.outflowPerMinute, voice),
      notice === null ? '–' : textFor(notice, voice),
    ]),
  ];
}

/** What an operator wants to know of one room. */
export function roomLines(room: RoomBody, voice: Voice): string[] {
  const { policy, warnings } = room;
  const say = voice.say.bind(voice);
  const lines = [`${room.roomId} — ${textFor(policy.name ?? room.roomId, voice)}`];
  const add = (label: Bilingual, value: string | null): void => {
    if (value !== null) lines.push(`${say(label)}${voice.colon} ${value}`);
  };
  add({ en: 'state', fr: 'état' }, stateWord(room.state, voice));
  add({ en: 'reason', fr: 'motif' }, room.reason && textFor(room.reason, voice));
  add({ en: 'notice', fr: 'avis' }, room.notice && textFor(room.notice, voice));
  add({ en: 'capacity', fr: 'capacité' }, voice.number(policy.capacity));
  add({ en: 'pace', fr: 'cadence' }, paceText(policy.outflowPerMinute, voice));
  add({ en: 'largest batch', fr: 'plus grand lot' }, voice.number(policy.batchSizeMax));
  add({ en: 'places', fr: 'places' }, policy.places === null ? null : voice.number(policy.places));
  const at = (iso: string | null): string | null => iso && voice.instant(iso, policy.timeZone);
  add({ en: 'joining from', fr: 'file dès' }, at(policy.joinFrom));
  add({ en: 'opens', fr: 'ouvre' }, at(policy.opensAt));
  add({ en: 'closes', fr: 'ferme' }, at(policy.closesAt));
  add({ en: 'leads to', fr: 'mène à' }, policy.targetUrl);
  add({ en: 'version', fr: 'version' }, voice.number(room.version));
  return [...lines, ...warningLines(warnings, voice)];
}

/** What the service says is unwise; in its own words. */
export function warningLines(
  warnings: readonly Pick<PolicyWarning, 'field' | 'message'>[],
  voice: Voice,
): string[] {
  const head = voice.say({ en: 'Careful:', fr: 'Attention :' });
  return warnings.map(({ field, message }) => `${head} ${field}${voice.colon} ${message}`);
}
