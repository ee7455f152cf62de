/**
 * What one can do about going away: close the page, go on with another device, be written to, have this device forget
 * the number. All of it is there from the beginning, so that nobody finds out too late.
 */
import { durationText } from './durations.ts';
import { emailMinutes } from '../domain/email.ts';
import { type Html, type HtmlPart, html } from './html.ts';
import type { RoomPage } from './room-page-model.ts';
import { isPlaceKept, type Situation } from './room-page-situation.ts';
import { formOf, roomUrl } from './room-page-urls.ts';
import { folded } from './standing-parts.ts';
import { Moment, type Wording } from './wording.ts';

const emailMinutesFirst = 15;
const addressCharactersMax = 254;

export function awayPart(page: RoomPage, { kind, headline }: Situation, say: Wording): HtmlPart {
  const { ticket } = page;
  if (ticket === null || kind === 'over' || kind === 'join') return null;
  // No turn will come any more: what is left to do is to clear this device.
  if (kind === 'waiting' && !isPlaceKept(page)) return forgetPart(page, say);
  const isNear = headline === 'near-headline' || headline === 'next-headline';
  const isKept = kind === 'waiting';
  const mayClose = isKept && !isNear && html`<p>${say.html('may-close')}</p>`;
  const until = isKept ? keptUntil(page) : null;
  const kept = until !== null && html`<p>${say.html('kept-until', { time: new Moment(until) })}</p>`;
  return html`<h2>${say.html('away-headline')}</h2>${mayClose}${kept}
${devicePart(page, say)}
${kind === 'waiting' && emailPart(page, say)}
${forgetPart(page, say)}`;
}

/** The end of the number, or of the room if that comes first. */
function keptUntil({ ticket, room: { closesAt } }: RoomPage): string | null {
  if (!ticket || ticket.keptUntil === null || closesAt === null) return ticket?.keptUntil ?? null;
  return Date.parse(closesAt) < Date.parse(ticket.keptUntil) ? closesAt : ticket.keptUntil;
}

function devicePart(page: RoomPage, say: Wording): Html {
  const { resume } = page;
  if (resume === null) {
    const link = html`<p><a class="button" href="${roomUrl(page, null, { code: '1' })}#device">${say.html('code-link')}</a></p>`;
    return folded('device', say.html('device-summary'), html`<p>${say.html('device-text')}</p>${link}`);
  }
  const { code, address, until } = resume;
  const content = html`<p>${say.html('device-text')}</p>
<div class="code"><img src="${roomUrl(page, 'code.svg')}" width="148" height="148" alt="${say.text('code-picture')}">
<div><p class="label">${say.html('code-label')}</p><div class="code-text"><bdi>${code}</bdi></div></div></div>
<p>${say.html('code-text')} <bdi class="address">${address}</bdi></p>
<p>${say.html('code-once', { time: new Moment(until) })}</p>`;
  return folded('device', say.html('device-summary'), content, true);
}

function emailPart(page: RoomPage, say: Wording): HtmlPart {
  const { email } = page;
  if (email === 'not-offered') return null;
  const noted = emailNews(email, say);
  const refused = typeof email === 'object' && 'refusal' in email ? email : null;
  const chosen =
    typeof email === 'object' && 'underMinutes' in email ? email.underMinutes : emailMinutesFirst;
  const choices = emailMinutes.map((minutes) => {
    const words = durationText(minutes * 60_000, say);
    return html`<option value="${minutes}"${minutes === chosen && ' selected'}>${words}</option>`;
  });
  const described =
    refused && html` aria-invalid="true" aria-describedby="email-refusal" value="${refused.address}"`;
  const fields = html`<p><label for="email-address">${say.html('email-label')}</label>
<input id="email-address" name="address" type="email" autocomplete="email" required maxlength="${addressCharactersMax}" dir="ltr"${described}></p>
${refused && html`<p id="email-refusal" class="problem">${refused.refusal}</p>`}
<p><label for="email-minutes">${say.html('email-when')}</label>
<select id="email-minutes" name="underMinutes">${choices}</select></p>
<button>${say.html('email-button')}</button>`;
  const withdraw = formOf(
    page,
    'email-withdraw',
    html`<button>${say.html('email-withdraw-button')}</button>`,
  );
  const content = html`${noted && html`<p class="done">${noted}</p>`}<p>${say.html('email-text')}</p>
${formOf(page, 'email', fields)}${withdraw}`;
  return folded('email', say.html('email-summary'), content, noted !== null || refused !== null);
}

/** What was just done about it; null: nothing. */
function emailNews(email: RoomPage['email'], say: Wording): Html | null {
  if (email === 'sent') return say.html('email-sent-before');
  if (email === 'withdrawn') return say.html('email-withdrawn');
  if (typeof email !== 'object' || !('underMinutes' in email)) return null;
  return say.html('email-noted', { duration: durationText(email.underMinutes * 60_000, say) });
}

function forgetPart(page: RoomPage, say: Wording): Html {
  const button = html`<button>${say.html('forget-button')}</button>`;
  const content = html`<p>${say.html('forget-text')}</p>${formOf(page, 'forget', button)}`;
  return folded('forget', say.html('forget-summary'), content);
}
