/**
 * The waiting page's script: keeps what the server rendered up to date, by the server's own functions, in the words of one language (src/dev/build-assets.ts). It never moves
 * the focus and never leaves the page: entering, extending, coming back and leaving are the forms that are there
 * without it.
 */
import { pageParts, type PartId, pageTitle, partIds } from '../room-page-parts.ts';
import type { RoomPage } from '../room-page-model.ts';
import { situationOf } from '../room-page-situation.ts';
import { SpokenStatus } from '../spoken-status.ts';
import { LiveConnection, type Look, type Surroundings } from './live-connection.ts';
import { afterMessage, type LookAnswer, withTicket } from './live-messages.ts';

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
      if (parts[id] !== shown[id]) replaceContent(id, parts[id]);
      shown[id] = parts[id];
    }
    const main = document.getElementById('content');
    if (main) main.dataset['kind'] = situationOf(page).kind;
    const title = pageTitle(page);
    if (document.title !== title) document.title = title;
    const sentence = spoken.next(page);
    const status = document.getElementById('status');
    if (sentence !== null && status) status.textContent = sentence;
  }

  page.visitorTimeZone = new Intl.DateTimeFormat().resolvedOptions().timeZone ?? null;
  render();
  setInterval(render, renderEveryMs);

  const { queueToken } = page;
  if (queueToken === null) return;
  const connection = new LiveConnection(
    queueToken,
    {
      message: (message) => {
        page = afterMessage(page, message);
        render();
      },
      looked: (view) => {
        page = withTicket(page, view);
        render();
      },
      updates: (state) => {
        updates = state;
        render();
      },
    },
    surroundings(page.room.roomId),
  );
  connection.start();
  addEventListener('online', () => connection.wake());
  addEventListener('offline', render);
  addEventListener('pageshow', ({ persisted }) => {
    if (persisted) connection.wake();
  });
}

/** Puts new markup into a part. If the focus was on a control that is still there, it stays on it. */
function replaceContent(id: PartId, markup: string): void {
  const element = document.getElementById(id);
  if (!element) return;
  const focused = element.contains(document.activeElement) ? document.activeElement : null;
  const controls = (): Element[] => [...element.querySelectorAll('a, button, summary')];
  const place = focused ? controls().indexOf(focused) : -1;
  element.innerHTML = markup;
  const same = controls()[place];
  if (same instanceof HTMLElement && same.tagName === focused?.tagName) same.focus({ preventScroll: true });
}

function surroundings(roomId: string): Surroundings {
  const address = `/v1/rooms/${roomId}`;
  return {
    openSocket: ({ opened, message, closed }) => {
      const socket = new WebSocket(`${location.origin.replace(/^http/, 'ws')}${address}/live`, 'guichet.v1');
      socket.addEventListener('open', opened);
      socket.addEventListener('message', ({ data }) => message(String(data)));
      socket.addEventListener('close', ({ code }) => closed(code));
      return { send: (text) => socket.send(text), close: () => socket.close() };
    },
    look: (queueToken) => look(`${address}/ticket`, queueToken),
    after: (ms, callback) => {
      const timer = setTimeout(callback, ms);
      return () => clearTimeout(timer);
    },
    random: Math.random,
  };
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
