/**
 * The waiting page's script: keeps what the server rendered up to date, by the server's own functions, in the words of
 * one language (src/dev/build-assets.ts). It never moves the focus, and leaves the page only where its visitor ticked
 * that: entering, extending, coming back and leaving are the forms that are there without it.
 */
import { pageParts, type PartId, pageTitle, partIds } from '../room-page-parts.ts';
import type { RoomPage } from '../room-page-model.ts';
import { situationOf } from '../room-page-situation.ts';
import { SpokenStatus } from '../spoken-status.ts';
import { LiveConnection, type Look, type Surroundings } from './live-connection.ts';
import { afterMessage, type LookAnswer, withTicket } from './live-messages.ts';
import { type Options, showBlockedNotification, showOptions } from './page-options.ts';
import { type PublicRoom, watchRoom, withRoom } from './room-watch.ts';
import { TurnSignals } from './turn-signals.ts';

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
  const shown: { [id in PartId]?: string } = { ...pageParts(page) };
  const spoken = new SpokenStatus(page);
  let { updates } = page;

  function render(): void {
    page = { ...page, nowMs: Date.now() - clockAheadMs, updates: navigator.onLine ? updates : 'offline' };
    const parts = pageParts(page);
    for (const id of partIds) {
      if (parts[id] !== shown[id] && replaceContent(id, parts[id])) shown[id] = parts[id];
    }
    const main = document.getElementById('content');
    if (main) main.dataset['kind'] = situationOf(page).kind;
    const title = pageTitle(page);
    if (document.title !== title) document.title = title;
    const sentence = spoken.next(page);
    const status = document.getElementById('status');
    if (sentence !== null && status) status.textContent = sentence;
  }

  function hear(next: RoomPage): void {
    const isTurn = page.ticket?.view.kind !== 'admitted' && next.ticket?.view.kind === 'admitted';
    page = next;
    render();
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

  const { queueToken } = page;
  const address = `/v1/rooms/${page.room.roomId}`;
  if (queueToken === null) {
    addEventListener('online', render);
    if (page.ticket !== null) return;
    say('live');
    watchRoom({ ask: () => askRoom(address), after, random: Math.random }, (room) => {
      if (room) hear(withRoom(page, room));
      say(room ? 'live' : 'by-hand');
    });
    return;
  }
  const connection = new LiveConnection(
    queueToken,
    {
      message: (message) => hear(afterMessage(page, message)),
      looked: (view) => hear(withTicket(page, view)),
      updates: say,
    },
    surroundings(address),
  );
  connection.start();
  addEventListener('online', () => connection.wake());
  addEventListener('pageshow', ({ persisted }) => {
    if (persisted) connection.wake();
  });
}

/**
 * Puts new markup into a part, unless the focus is on a control there that would be gone: nobody loses the focus to an
 * update, so that part waits until the focus has moved on. Returns whether it was done.
 */
function replaceContent(id: PartId, markup: string): boolean {
  const element = document.getElementById(id);
  if (!element) return true;
  const next = document.createElement('template');
  next.innerHTML = markup;
  const controlsIn = (part: ParentNode): Element[] => [
    ...part.querySelectorAll('a, button, summary, input, select'),
  ];
  const focused = element.contains(document.activeElement) ? document.activeElement : null;
  const place = focused ? controlsIn(element).indexOf(focused) : -1;
  const same = controlsIn(next.content)[place];
  if (focused && (!(same instanceof HTMLElement) || same.tagName !== focused.tagName)) return false;
  element.replaceChildren(next.content);
  if (same instanceof HTMLElement) same.focus({ preventScroll: true });
  return true;
}

function surroundings(address: string): Surroundings {
  return {
    openSocket: ({ opened, message, closed }) => {
      const socket = new WebSocket(`${location.origin.replace(/^http/, 'ws')}${address}/live`, 'guichet.v1');
      socket.addEventListener('open', opened);
      socket.addEventListener('message', ({ data }) => message(String(data)));
      socket.addEventListener('close', ({ code }) => closed(code));
      return { send: (text) => socket.send(text), close: () => socket.close() };
    },
    look: (queueToken) => look(`${address}/ticket`, queueToken),
    after,
    random: Math.random,
  };
}

function after(ms: number, callback: () => void): () => void {
  const timer = setTimeout(callback, ms);
  return () => clearTimeout(timer);
}

async function look(address: string, queueToken: string): Promise<Look> {
  try {
    const headers = { authorization: `Bearer ${queueToken}` };
    const response = await fetch(address, { headers, cache: 'no-store', credentials: 'omit' });
    if (response.ok) return { outcome: 'answer', answer: (await response.json()) as LookAnswer };
    if (response.status === 401 || response.status === 404) return { outcome: 'refused' };
    const retryAfterMs = Number(response.headers.get('retry-after') ?? 0) * 1_000;
    return { outcome: 'unavailable', retryAfterMs: Number.isFinite(retryAfterMs) ? retryAfterMs : 0 };
  } catch {
    return { outcome: 'unreachable' };
  }
}

async function askRoom(address: string): Promise<PublicRoom | null> {
  try {
    const response = await fetch(address, { cache: 'no-store', credentials: 'omit' });
    return response.ok ? ((await response.json()) as PublicRoom) : null;
  } catch {
    return null;
  }
}
