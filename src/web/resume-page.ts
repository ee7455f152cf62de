/** The page on which one takes one's place back by a resume code, on the device that it goes to. */
import { roomName, wordingOf } from './room-page-situation.ts';
import { html } from './html.ts';
import { type AssetUrls, documentOf, pageFooter, pageHeader, stylesOf } from './page-document.ts';
import { problemHeadline } from './problem-headlines.ts';
import type { RoomPage } from './room-page-model.ts';
import { formOf, roomUrl } from './room-page-urls.ts';

export type ResumeForm = {
  /** As typed, or as it came in the address. */
  code: string;
  /** The idempotency key of the form: a repeat gives the same answer. */
  key: string;
  /** The number that this device would give up. */
  replaces: number | null;
};

/** Long enough for a code with blanks and hyphens anywhere. */
const codeCharactersMax = 40;

/** The whole document. It needs no script. */
export function renderResumePage(
  page: RoomPage,
  { code, key, replaces }: ResumeForm,
  assets: AssetUrls,
): string {
  const { language, problem } = page;
  const say = wordingOf(page);
  const fields = html`<input type="hidden" name="key" value="${key}">
<p><label for="code">${say.html('resume-label')}</label>
<input id="code" class="code-text" name="code" value="${code}" required maxlength="${codeCharactersMax}" dir="ltr"
 autocomplete="off" autocapitalize="characters" spellcheck="false"${problem !== null && html` aria-describedby="problem"`}></p>
<button class="main">${say.html('resume-button')}</button>`;
  const body = html`${pageHeader(page, 'resume', code === '' ? {} : { code })}
<main id="content" data-kind="join" tabindex="-1">
<div role="alert">${
    problem &&
    html`<div id="problem" class="problem"><h2>${say.html(problemHeadline(problem.code))}</h2><p>${problem.text}</p></div>`
  }</div>
<div class="ticket"><div class="ticket-body">
<h2>${say.html('resume-headline')}</h2>
<p>${say.html('resume-text')}</p>
${replaces !== null && html`<p class="done">${say.html('resume-replaces', { number: replaces })}</p>`}
${formOf(page, 'resume', fields)}
</div></div>
<div class="updates"><a href="${roomUrl(page)}">${say.html('room-link')}</a></div>
</main>
${pageFooter(page)}`;
  const state = say.text(problem ? problemHeadline(problem.code) : 'resume-headline');
  const title = say.text('title-state', { state, room: roomName(page) });
  return documentOf({ language, title, styles: stylesOf(page, assets), script: null, body });
}
