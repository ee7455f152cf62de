/**
 * What a visitor may switch on while the page is open: a sound, a notification, entering by itself, and how often a
 * screen reader is spoken to. All of it is off until ticked (WCAG 3.2.5, 1.4.2), and kept for this tab only.
 */
import { durationText } from '../durations.ts';
import { html } from '../html.ts';
import type { RoomPage } from '../room-page-model.ts';
import { wordingOf } from '../room-page-situation.ts';
import { spokenEveryMinutes } from '../spoken-status.ts';
import { folded } from '../standing-parts.ts';

export type Options = {
  sound: boolean;
  notification: boolean;
  enter: boolean;
  /** Minutes; 0: never but for one's turn. */
  spokenEvery: number;
};
type Switch = 'sound' | 'notification' | 'enter';
const switches: readonly Switch[] = ['sound', 'notification', 'enter'];
const off: Options = { sound: false, notification: false, enter: false, spokenEvery: 1 };
const storageKey = 'guichet-options';

/** Puts the choices on the page, as they were left in this tab; `changed` is told of each change by hand. */
export function showOptions(page: RoomPage, changed: (options: Options, which: string) => void): Options {
  const options = { ...off, ...kept() };
  const element = document.getElementById('options');
  if (!element) return options;
  const say = wordingOf(page);
  const boxes = switches.map(
    (
      name,
    ) => html`<p><label class="choice"><input type="checkbox" name="${name}"${options[name] && ' checked'}>
<span>${say.html(`option-${name}`)}</span></label></p>`,
  );
  const paces = spokenEveryMinutes.map((minutes) => {
    const words =
      minutes === 0
        ? say.html('spoken-never')
        : say.html('spoken-at-most', { duration: durationText(minutes * 60_000, say) });
    return html`<option value="${minutes}"${options.spokenEvery === minutes && ' selected'}>${words}</option>`;
  });
  const content = html`<div>${boxes}
<p id="notification-blocked" hidden>${say.html('notification-blocked')}</p>
<p><label for="spoken-every">${say.html('option-spoken')}</label>
<select id="spoken-every" name="spokenEvery">${paces}</select></p></div>`;
  element.innerHTML = folded('settings', say.html('options-summary'), content).markup;
  element.addEventListener('change', ({ target }) => {
    if (target instanceof HTMLInputElement) options[target.name as Switch] = target.checked;
    else if (target instanceof HTMLSelectElement) options.spokenEvery = Number(target.value);
    else return;
    keep(options);
    changed(options, target.name);
  });
  return options;
}

/** The browser has not allowed notifications: the box is unticked again, with the reason beside it. */
export function showBlockedNotification(options: Options): void {
  options.notification = false;
  keep(options);
  const box = document.querySelector<HTMLInputElement>('#options [name=notification]');
  if (box) box.checked = false;
  const reason = document.getElementById('notification-blocked');
  if (reason) reason.hidden = false;
}

function kept(): Partial<Options> {
  try {
    return JSON.parse(sessionStorage.getItem(storageKey) ?? '{}') as Partial<Options>;
  } catch {
    // No storage here, or somebody else's: everything is off.
    return {};
  }
}

function keep(options: Options): void {
  try {
    sessionStorage.setItem(storageKey, JSON.stringify(options));
  } catch {
    // Then it holds until the page is left.
  }
}
