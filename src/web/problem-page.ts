/** A page for a request that no room can answer. */
import { html } from './html.ts';
import { type AssetUrls, documentOf } from './page-document.ts';
import type { Language } from './phrases/phrases.ts';
import { problemHeadline } from './problem-headlines.ts';
import type { RoomPage } from './room-page-model.ts';
import { Wording } from './wording.ts';

export type ProblemPage = {
  language: Language;
  problem: NonNullable<RoomPage['problem']>;
  /** Where the same can be asked again; null: that would not help. */
  retryUrl: string | null;
};

/** The whole document. */
export function renderProblemPage({ language, problem, retryUrl }: ProblemPage, assets: AssetUrls): string {
  const say = new Wording(language);
  const body = html`<header>
<p class="owner">${say.html('site-kind')}</p>
<h1>${say.html(problemHeadline(problem.code))}</h1>
</header>
<main id="content" data-kind="problem" tabindex="-1">
<div role="alert"><p class="problem">${problem.text}</p></div>
${retryUrl !== null && html`<div class="updates"><a href="${retryUrl}">${say.html('refresh-link')}</a></div>`}
</main>`;
  return documentOf({
    language,
    title: say.text('problem-title'),
    styles: [assets.style],
    script: null,
    body,
  });
}
