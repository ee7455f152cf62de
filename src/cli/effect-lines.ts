/** What a change would do, as `?dryRun=true` predicts it, in words for people. */
import type { PolicyWarning } from '../domain/room.ts';
import type { StandingReason } from '../service/ticket-view.ts';
import { warningLines } from './room-words.ts';
import type { Bilingual, Voice } from './voice.ts';

/** What commands read of a prediction; a field that is not there is not known. */
export type EffectBody = {
  waiting?: number;
  heldBy?: string | null;
  drainMs?: { low: number; high: number } | null;
  lastInLineAt?: { earliest: string; latest: string } | null;
  placesPerVisitor?: number | null;
  isOverCapacity?: boolean;
  needsSecondPerson?: readonly string[];
  warnings?: readonly PolicyWarning[];
};

/** Why nobody is let in, for those who steer; a reason that is not here is said by its code. */
const reasons: { readonly [reason in StandingReason]?: Bilingual } = {
  'not-open-yet': { en: 'the room is not open yet', fr: 'la salle n’est pas encore ouverte' },
  paused: { en: 'the room is paused', fr: 'la salle est en pause' },
  closed: { en: 'the room is closed', fr: 'la salle est fermée' },
  bypass: { en: 'everyone passes without waiting', fr: 'tous passent sans attendre' },
  holding: {
    en: 'admissions are held for a moment, or the capacity is 0',
    fr: 'les entrées sont retenues un moment, ou la capacité est 0',
  },
  'no-places-left': { en: 'no places are left', fr: 'il ne reste plus de place' },
  recovered: { en: 'the queue is being recovered', fr: 'la file est en cours de rétablissement' },
};

function reasonText(reason: string, voice: Voice): string {
  const words = reasons[reason as StandingReason];
  return words ? voice.say(words) : reason;
}

export function effectLines(effect: EffectBody, voice: Voice): string[] {
  const { waiting, heldBy, drainMs, lastInLineAt, placesPerVisitor, needsSecondPerson = [] } = effect;
  const lines: string[] = [];
  const add = (label: Bilingual, value: string): void => {
    lines.push(`  ${voice.say(label)}${voice.colon} ${value}`);
  };
  if (waiting !== undefined) add({ en: 'waiting', fr: 'en file' }, voice.number(waiting));
  if (heldBy) add({ en: 'nobody would be let in', fr: 'personne n’entrerait' }, reasonText(heldBy, voice));
  if (drainMs)
    add(
      { en: 'nobody of them waits any more after', fr: 'aucun d’eux n’attend plus après' },
      voice.range(drainMs),
    );
  if (lastInLineAt) {
    const between = [lastInLineAt.earliest, lastInLineAt.latest].map((at) => voice.time(at)).join('–');
    add({ en: 'the last in line gets in at', fr: 'le dernier de la file entre à' }, between);
  }
  if (placesPerVisitor !== undefined && placesPerVisitor !== null)
    add(
      { en: 'places for each who waits', fr: 'places par personne en file' },
      voice.number(placesPerVisitor),
    );
  if (effect.isOverCapacity) {
    lines.push(
      voice.say({
        en: '  more are inside than the capacity would be; nobody is sent away',
        fr: '  plus de gens sont à l’intérieur que la capacité ne le serait ; personne n’est renvoyé',
      }),
    );
  }
  if (needsSecondPerson.length > 0)
    add(
      { en: 'it needs a second person, for', fr: 'il faut une deuxième personne, pour' },
      needsSecondPerson.join(', '),
    );
  return [...lines, ...warningLines(effect.warnings ?? [], voice).map((line) => `  ${line}`)];
}
