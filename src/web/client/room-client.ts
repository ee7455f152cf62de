/**
 * The waiting page's script: keeps what the server rendered up to date, by the server's own functions, in the words of
 * one language (src/dev/build-assets.ts). It never moves the focus, and leaves the page only where its visitor ticked
 * that, or where there is no queue any more: entering, extending, coming back and leaving are the forms that are there without it.
 */
import { pageSituation } from '../problem-headlines.ts';
import { pageParts, pageTitle } from '../room-page-parts.ts';
import type { RoomPage, TicketView } from '../room-page-model.ts';
import { SpokenStatus } from '../spoken-status.ts';
import { unmasked } from '../masked-text.ts';
import { roomUrl } from '../room-page-urls.ts';
import { after, browserSurroundings, onWake } from './browser-surroundings.ts';
import { LiveConnection } from './live-connection.ts';
import { afterMessage, type LiveMessage, withTicket } from './live-messages.ts';
import { type Options, showBlockedNotification, showOptions } from './page-options.ts';
import { ShownParts } from './part-replacement.ts';
import { askRoom } from './requests.ts';
import { watchRoom, withRoom } from './room-watch.ts';
import { TurnSignals } from './turn-signals.ts';
import { wayOut } from './way-out.ts';

/** Time left, and the moment when joining opens, are looked at this often. */
const renderEveryMs = 1_000;

/** Begins, where the document is a waiting page. */
export function start(): void {
  const data = document.getElementById('page-data');
  if (data) keepUpToDate(data);
}

function keepUpToDate(data: HTMLElement): void {
  let page = JSON.parse(data.textContent ?? '') as RoomPage;
  // The server's time goes on from where the page was made; a device's own clock may be wrong.
  const clockAheadMs = Date.now() - page.nowMs;
  const shown = new ShownParts(document, pageParts(page));
  const spoken = new SpokenStatus(page, pageSituation);
  let { updates } = page;

  function render(): void {
    page = { ...page, nowMs: Date.now() - clockAheadMs, updates: navigator.onLine ? updates : 'offline' };
    shown.show(pageParts(page));
    const main = document.getElementById('content');
    if (main) main.dataset['kind'] = pageSituation(page).kind;
    const title = pageTitle(page);
    if (document.title !== title) document.title = title;
    const sentence = spoken.next(page);
    const status = document.getElementById('status');
    if (sentence !== null && status) status.textContent = sentence;
  }

  const leaveIfBypassed = wayOut({ after, random: Math.random, goTo: (url) => location.assign(url) });

  function hear(next: RoomPage): void {
    const isTurn = page.ticket?.view.kind !== 'admitted' && next.ticket?.view.kind === 'admitted';
    page = next;
    render();
    leaveIfBypassed(page);
    if (isTurn) signals.turn(page);
  }

  function say(state: RoomPage['updates']): void {
    updates = state;
    render();
  }

  const options: Options = showOptions(page, (_options, which) => {
    spoken.everyMinutes = options.spokenEvery;
    signals.chosen(which);
  });
  const signals = new TurnSignals(options, () => showBlockedNotification(options));
  spoken.everyMinutes = options.spokenEvery;
  page.visitorTimeZone = new Intl.DateTimeFormat().resolvedOptions().timeZone ?? null;
  render();
  setInterval(render, renderEveryMs);
  addEventListener('offline', render);

  forgetNews(page);
  leaveIfBypassed(page);

  const address = `/v1/rooms/${page.room.roomId}`;
  if (page.queueToken !== null) {
    const listener = {
      message: (message: LiveMessage) => hear(afterMessage(page, message)),
      looked: (view: TicketView) => hear(withTicket(page, view)),
      updates: say,
    };
    const queueToken = unmasked(page.queueToken);
    const connection = new LiveConnection(queueToken, listener, browserSurroundings(address));
    connection.start();
    onWake(() => connection.wake());
    return;
  }
  addEventListener('online', render);
  if (page.ticket !== null) return;
  say('live');
  watchRoom({ ask: () => askRoom(address), after, random: Math.random }, (room) => {
    // What was refused before the room changed is no longer worth an alert.
    const problem = room?.state === page.room.state ? page.problem : null;
    if (room) hear({ ...withRoom(page, room), problem });
    say(room ? 'live' : 'by-hand');
  });
}

/** What the address says was just done is news once: not after a reload. */
function forgetNews(page: RoomPage): void {
  const query = new URLSearchParams(location.search);
  if (!['joined', 'left', 'forgotten', 'email'].some((name) => query.has(name))) return;
  history.replaceState(null, '', `${roomUrl(page)}${location.hash}`);
}
