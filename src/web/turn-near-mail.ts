/** The words of the one e-mail, "your turn is near": plain text, in the visitor's language, and nothing that tracks. */
import { durationText, waitText } from './durations.ts';
import type { LocalizedText } from '../domain/room.ts';
import type { WaitRange } from '../domain/wait-estimate.ts';
import { languages } from './languages.ts';
import type { Language } from './phrases/phrases.ts';
import { localized } from './room-page-situation.ts';
import { Wording } from './wording.ts';

export type TurnNear = {
  roomId: string;
  name: LocalizedText | null;
  enterWithinMs: number;
  language: string;
  number: number;
  expectedWaitMs: WaitRange;
  /** Where visitors find us, without a trailing slash. */
  publicUrl: string;
};

/** The e-mail as it is read: a subject of one line, and paragraphs with lines as long as their sentences. */
export function turnNearMail(turn: TurnNear): { subject: string; text: string } {
  const { roomId, name, enterWithinMs, number, expectedWaitMs, publicUrl } = turn;
  // One that was offered when it was chosen may be gone.
  const language = languages.includes(turn.language) ? turn.language : (languages[0] as Language);
  const say = new Wording(language);
  const room = oneLine(localized(name, language)?.text ?? roomId);
  const paragraphs = [
    room,
    [
      say.text('mail-wait', { wait: waitText(expectedWaitMs, say) }),
      say.text('mail-number', { number: say.number(number) }),
    ].join('\n'),
    `${say.text('mail-come-back')}\n${publicUrl}/rooms/${roomId}?lang=${language}`,
    say.text('mail-turn', { duration: durationText(enterWithinMs, say) }),
    say.text('mail-only-one'),
  ];
  return { subject: say.text('mail-subject', { room }), text: `${paragraphs.join('\n\n')}\n` };
}

/** An operator's text may have been written on several lines. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim();
}
