import { expect, test } from 'vitest';
import { languages } from '../../src/web/languages.ts';
import { turnNearMail } from '../../src/web/turn-near-mail.ts';

const turn = {
  roomId: 'natation',
  name: { fr: 'Cours de natation', en: 'Swimming lessons' },
  enterWithinMs: 300_000,
  language: 'en',
  number: 12_345,
  expectedWaitMs: { low: 9 * 60_000, high: 14 * 60_000 },
  publicUrl: 'https://wait.example.org',
};

test('the e-mail says how long, which number, where to go, what happens then, and that it is the only one', () => {
  const { subject, text } = turnNearMail(turn);
  expect(subject).toBe('Swimming lessons: your turn is near');
  expect(text).toBe(`Swimming lessons

Your expected wait is now: between 9 and 14 minutes.
Your number: 12,345

Go back to the queue page, on the device that has your number:
https://wait.example.org/rooms/natation?lang=en

When your turn comes, you will have 5 minutes to press “Enter”. If you miss your turn, you keep your place.

We will not send another message. Your address has just been deleted.
`);
});

test.each(languages)('in %s it is complete, and leads to the page in that language', (language) => {
  const { subject, text } = turnNearMail({ ...turn, language });
  expect(subject).toContain(language === 'fr' || language === 'en' ? turn.name[language] : turn.name.fr);
  expect(text).toContain(`https://wait.example.org/rooms/natation?lang=${language}\n`);
  expect(`${subject}${text}`).not.toMatch(/[{}<>]|undefined|mail-/);
});

test('a room without a name is called by its id, and a name of several lines is one line', () => {
  expect(turnNearMail({ ...turn, name: null }).subject).toBe('natation: your turn is near');
  const { subject } = turnNearMail({ ...turn, name: 'Pool\r\nBcc: other@example.org\u2028x' });
  expect(subject).toBe('Pool Bcc: other@example.org x: your turn is near');
});

test('a language that is gone since it was chosen gives way to the first', () => {
  expect(turnNearMail({ ...turn, language: 'xx' }).text).toContain('?lang=fr');
});
