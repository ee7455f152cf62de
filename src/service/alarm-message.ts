/** What is told of an alarm: to a webhook as a CloudEvents 1.0 event, to people as an e-mail in French and English. */
import {
  type Alarm,
  alarmCatalogue,
  alarmGuide,
  type AlarmUrgency,
  type AlarmWords,
  factWords,
} from '../domain/alarm.ts';
import { iso } from '../domain/instant.ts';
import type { AlarmChange } from '../store/alarm-store.ts';

export const alarmEventMediaType = 'application/cloudevents+json; charset=utf-8';

/** One message: the same text at each try, on each replica. */
export type AlarmMessage = { change: AlarmChange; alarm: Alarm };

/** Names the message, to recognise a repeat. */
export function alarmMessageId({ change, alarm }: AlarmMessage): string {
  return `alarm_${alarm.alarmId}_${change}`;
}

/** `publicUrl` tells several services of one team apart. */
export function alarmEvent(message: AlarmMessage, publicUrl: string): string {
  const { change, alarm } = message;
  const { kind, roomId, raisedAtMs, clearedAtMs, facts } = alarm;
  const { urgency, title, visitors, first }: AlarmWords = alarmCatalogue[kind];
  return JSON.stringify({
    specversion: '1.0',
    id: alarmMessageId(message),
    source: roomId === null ? '/alarms' : `/rooms/${roomId}/alarms`,
    type: `guichet.alarm.${change}.v1`,
    subject: kind,
    time: iso(change === 'raised' ? raisedAtMs : (clearedAtMs ?? raisedAtMs)),
    datacontenttype: 'application/json',
    data: {
      alarmId: alarm.alarmId,
      kind,
      roomId,
      service: publicUrl,
      urgency,
      raisedAt: iso(raisedAtMs),
      clearedAt: change === 'raised' || clearedAtMs === null ? null : iso(clearedAtMs),
      title,
      visitors,
      first,
      guide: alarmGuide(kind),
      facts,
    },
  });
}

type Language = 'fr' | 'en';

const urgencies: { readonly [urgency in AlarmUrgency]: { [language in Language]: string } } = {
  urgent: { fr: 'Alerte', en: 'Alarm' },
  soon: { fr: 'À faire bientôt', en: 'To be done soon' },
};
const over = { fr: 'Terminé', en: 'Over' } as const;

const labels = {
  fr: {
    room: 'Salle',
    service: 'Service',
    since: 'Depuis',
    until: 'Jusqu’à',
    visitors: 'Ce que voient les visiteurs',
    first: 'À faire d’abord',
    guide: 'Plus de détails',
    id: 'Numéro de l’alerte',
    colon: '\u00a0: ',
  },
  en: {
    room: 'Room',
    service: 'Service',
    since: 'Since',
    until: 'Until',
    visitors: 'What visitors notice',
    first: 'To be done first',
    guide: 'More about it',
    id: 'Number of the alarm',
    colon: ': ',
  },
} as const;

/** Subject and text in both languages, the same in each. */
export function alarmMail(message: AlarmMessage, publicUrl: string): { subject: string; text: string } {
  const { change, alarm } = message;
  const { kind, roomId } = alarm;
  const { urgency, title } = alarmCatalogue[kind];
  const headline = (language: Language): string => {
    const word = change === 'cleared' ? over[language] : urgencies[urgency][language];
    return `${word}${labels[language].colon}${title[language]}`;
  };
  const where = roomId ?? new URL(publicUrl).host;
  const subject = `[${where}] ${headline('fr')} / ${headline('en')}`;
  const parts = (['fr', 'en'] as const).map((language) =>
    [headline(language), '', ...linesOf(message, { language, publicUrl })].join('\n'),
  );
  return { subject, text: `${parts.join('\n\n-----\n\n')}\n` };
}

function linesOf(
  { change, alarm }: AlarmMessage,
  { language, publicUrl }: { language: Language; publicUrl: string },
): string[] {
  const { kind, roomId, raisedAtMs, clearedAtMs, facts, alarmId } = alarm;
  const { visitors, first } = alarmCatalogue[kind];
  const told = labels[language];
  const line = (label: string, value: string | number): string => `${label}${told.colon}${value}`;
  return [
    ...(roomId === null ? [] : [line(told.room, roomId)]),
    line(told.service, publicUrl),
    line(told.since, iso(raisedAtMs)),
    ...(change === 'cleared' && clearedAtMs !== null ? [line(told.until, iso(clearedAtMs))] : []),
    ...Object.entries(facts).map(([name, value]) => line(factWords[name]?.[language] ?? name, value)),
    ...(change === 'cleared'
      ? []
      : ['', line(told.visitors, visitors[language]), line(told.first, first[language])]),
    '',
    line(told.guide, alarmGuide(kind)),
    line(told.id, alarmId),
  ];
}
