/**
 * The slip that a desk prints for somebody: number, code and picture once, and below them how they are used, in each
 * language that it is asked for. One page without a script, and with nothing to load: its style is in it.
 */
import { durationText, waitText } from './durations.ts';
import type { Room } from '../domain/room.ts';
import type { WaitRange } from '../domain/wait-estimate.ts';
import { Html, html } from './html.ts';
import { type Language, languageFile, type PlainKey } from './phrases/phrases.ts';
import { localized, localizedHtml } from './room-page-situation.ts';
import { Moment, Wording } from './wording.ts';

export type Slip = {
  room: Room;
  /** At least one; the first is the page's. */
  languages: readonly Language[];
  number: number;
  /** As people read it: K7QXM-2PD93. */
  code: string;
  /** Until when the code works, ISO 8601. */
  expiresAt: string;
  /** Where the code is typed. */
  address: string;
  /** The picture that leads there with the code, as markup of our own making. */
  picture: string;
  /** The turn has come: the time limit to enter, ISO 8601. */
  deadline: string | null;
  expectedWaitMs: WaitRange | null;
  nowMs: number;
};

export type SlipStyle = {
  /** Goes into the page as it is. */
  style: string;
  /** The policy that lets only this style in: also for a page that was saved. */
  contentPolicy: string;
};

/** The whole document. */
export function renderSlip(slip: Slip, { style, contentPolicy }: SlipStyle): string {
  const { room, languages, number, code } = slip;
  const { policy } = room;
  const [language = ''] = languages;
  const says = languages.map((tag) => wordingOf(slip, tag));
  const [say = new Wording(language)] = says;
  const title = say.text('slip-title', { number, room: roomNameOf(room, language) });
  const label = (key: PlainKey): Html =>
    html`<p class="label">${says.map((one, index) => html`${index > 0 && ' · '}<span${langOf(one.language, language)}>${one.text(key)}</span>`)}</p>`;
  return html`<!doctype html>
<html lang="${language}" dir="${languageFile(language).direction}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${contentPolicy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${new Html(style)}</style>
</head>
<body>
<header>
${policy.logo !== null && html`<img class="logo" src="${policy.logo}" alt="">`}
<p>${localizedHtml(policy.owner, language) ?? say.html('site-kind')}</p>
<h1>${localizedHtml(policy.name, language) ?? room.roomId}</h1>
</header>
<main>
<div class="ticket">
${label('number-label')}
<p class="number">${say.value(number)}</p>
${label('code-label')}
<p class="code"><bdi dir="ltr">${groupsOf(code)}</bdi></p>
<div class="picture" role="img" aria-label="${say.text('slip-picture')}">${new Html(slip.picture)}</div>
</div>
<div class="languages">
${says.map((one) => wordsPart(slip, one, language))}
</div>
</main>
<footer><p>${say.html('slip-given', { time: new Moment(new Date(slip.nowMs).toISOString()) })}</p></footer>
</body>
</html>
`.markup;
}

/** How the slip is used, in one language. */
function wordsPart(slip: Slip, say: Wording, pageLanguage: Language): Html {
  const { room, address, deadline, expectedWaitMs, expiresAt } = slip;
  const { language } = say;
  const { policy, state } = room;
  const rule = localizedHtml(policy.rule, language);
  const contact = localizedHtml(policy.contact, language);
  const opensAt = state === 'scheduled' ? policy.opensAt : null;
  const hurry =
    deadline === null
      ? html`<p>${say.html('slip-when')} ${say.html('slip-late')}</p>`
      : html`<p><strong>${say.html('turn-headline')}.</strong> ${say.html('slip-turn', { time: new Moment(deadline) })}</p>`;
  return html`<section class="words"${langOf(language, pageLanguage)}>
<h2>${say.html('slip-use-headline')}</h2>
<ol>
<li>${say.html('slip-scan', { button: say.text('resume-button') })}</li>
<li>${say.html('slip-type')} <bdi class="address" dir="ltr">${address}</bdi></li>
<li>${say.html('slip-no-device')}</li>
</ol>
${hurry}
${opensAt !== null && html`<p>${say.html('opens-at', { time: new Moment(new Date(opensAt).toISOString()) })}</p>`}
${expectedWaitMs !== null && html`<p>${say.html('slip-wait', { wait: waitText(expectedWaitMs, say) })}</p>`}
<p>${say.html('my-turn-text', { duration: durationText(policy.enterWithinMs, say) })}</p>
<p>${say.html('code-once', { time: new Moment(expiresAt) })}</p>
<p>${say.html('slip-secret')}</p>
${rule && html`<p>${rule}</p>`}
${contact && html`<p>${say.html('contact', { text: contact })}</p>`}
</section>`;
}

/** Paper has no visitor's clock: the zone of its times is named. */
function wordingOf({ room, nowMs }: Slip, language: Language): Wording {
  return new Wording(language, { nowMs, roomTimeZone: room.policy.timeZone, visitorTimeZone: null });
}

function roomNameOf({ roomId, policy }: Room, language: Language): string {
  return localized(policy.name, language)?.text ?? roomId;
}

function langOf(language: Language, pageLanguage: Language): Html | null {
  if (language === pageLanguage) return null;
  return html` lang="${language}" dir="${languageFile(language).direction}"`;
}

/** Broken only between its groups. */
function groupsOf(code: string): Html {
  const [first = '', ...others] = code.split('-');
  return html`<span>${first}</span>${others.map((group) => html`<wbr><span>-${group}</span>`)}`;
}
