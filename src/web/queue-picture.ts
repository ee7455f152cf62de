/** The picture of the queue. It shows the standing and nothing else, so it moves only when the queue does. */
import { type HtmlPart, html } from './html.ts';
import type { RoomPage } from './room-page-model.ts';
import { peopleAhead } from './room-page-place.ts';
import { standingOf } from './room-page-situation.ts';
import type { Wording } from './wording.ts';

/** The whole queue as a line, those ahead filled in, and oneself in it. A screen reader hears it in words. */
export function queuePicture(page: RoomPage, say: Wording): HtmlPart {
  const standing = standingOf(page);
  if (!standing || standing.position === null) return null;
  const { position, waiting } = standing;
  const ahead = position - 1;
  const behind = Math.max(0, waiting - position);
  if (ahead + behind === 0) return null;
  const share = `${Math.round((1_000 * ahead) / (ahead + behind)) / 10}%`;
  const behindKey = behind === 0 ? 'nobody-behind' : 'people-behind';
  const count = { count: behind };
  const words = say.text('progress-text', {
    ahead: say.text(...peopleAhead(position)),
    behind: say.text(behindKey, count),
  });
  return html`<div class="queue" role="progressbar" aria-label="${say.text('progress-label')}" aria-valuemin="0"
 aria-valuemax="${ahead + behind}" aria-valuenow="${behind}" aria-valuetext="${words}">
<svg aria-hidden="true" focusable="false" height="20"><line x1="0" x2="100%" y1="10" y2="10"/><line
 class="before" x1="0" x2="${share}" y1="10" y2="10"/><circle cx="${share}" cy="10" r="8"/></svg>
<p class="note">${say.html(behindKey, count)}</p></div>`;
}
