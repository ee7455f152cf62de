/**
 * Waiting for one's turn as the page does it: a live socket, and looks where sockets do not work.
 */
import { clearTimeout, setTimeout } from 'k6/timers';
import { WebSocket } from 'k6/websockets';
import { pageOrigin, publicUrl, roomId } from './settings.ts';
import { comeBack, from, look, pause, ticketOf } from './visitor.ts';
import type { LiveMessage, Standing } from './wire.ts';

export type WaitEnd = 'admitted' | 'entered' | 'over' | 'out-of-patience';

/** What the one who waits wants to know on the way. */
export type WaitListener = { onStanding: (standing: Standing) => void; onLiveFailure: () => void };

/** How one live connection ended: with news, or to be opened again. */
type LiveEnd =
  | { kind: 'admitted' | 'entered' | 'over' | 'lapsed' | 'out-of-patience' }
  | { kind: 'reconnect'; afterMs: number; heardSomething: boolean };

const liveUrl = `${publicUrl.replace(/^http/, 'ws')}/v1/rooms/${roomId}/live`;
/** Live connections in a row on which nothing was heard before looks take over. */
const liveFailuresMax = 3;
const reconnectAfterMs = 500;
const lookAgainDefaultMs = 5_000;

/** Resolves when the ticket's turn has come, it is over, or `deadlineMs` (Date.now) has passed. */
export async function waitForTurn(
  queueToken: string,
  deadlineMs: number,
  listener: WaitListener,
): Promise<WaitEnd> {
  let failures = 0;
  while (Date.now() < deadlineMs) {
    const end: LiveEnd =
      failures < liveFailuresMax
        ? await waitLive(queueToken, deadlineMs, listener)
        : await lookOnce(queueToken, listener);
    if (end.kind === 'lapsed') {
      await comeBack(queueToken);
    } else if (end.kind === 'reconnect') {
      failures = end.heardSomething ? 0 : failures + 1;
      if (!end.heardSomething && failures === liveFailuresMax) listener.onLiveFailure();
      await pause(Math.min(end.afterMs, Math.max(0, deadlineMs - Date.now())));
    } else {
      return end.kind;
    }
  }
  return 'out-of-patience';
}

/** Whether a page of that origin gets a live connection at all. */
export function isLiveOpenTo(origin: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = openSocket(origin);
    const end = (isOpen: boolean): void => {
      resolve(isOpen);
      socket.close();
    };
    socket.onopen = () => end(true);
    socket.onerror = () => end(false);
    socket.onclose = () => end(false);
  });
}

function openSocket(origin: string): WebSocket {
  return new WebSocket(liveUrl, null, {
    headers: { ...from(origin), 'Sec-WebSocket-Protocol': 'guichet.v1' },
    tags: { name: 'live' },
  });
}

async function lookOnce(queueToken: string, listener: WaitListener): Promise<LiveEnd> {
  const answer = ticketOf(await look(queueToken));
  if (answer?.kind === 'waiting') listener.onStanding(answer.standing);
  if (answer === null || answer.kind === 'waiting') {
    return { kind: 'reconnect', afterMs: answer?.pollAfterMs ?? lookAgainDefaultMs, heardSomething: false };
  }
  return { kind: answer.kind === 'ended' || answer.kind === 'gone' ? 'over' : answer.kind };
}

function waitLive(queueToken: string, deadlineMs: number, listener: WaitListener): Promise<LiveEnd> {
  return new Promise((resolve) => {
    const socket = openSocket(pageOrigin);
    let heardSomething = false;
    let comeBackAfterMs = reconnectAfterMs * (1 + Math.random());
    const end = (result: LiveEnd): void => {
      clearTimeout(patience);
      resolve(result);
      socket.close();
    };
    const patience = setTimeout(() => end({ kind: 'out-of-patience' }), Math.max(0, deadlineMs - Date.now()));
    socket.onopen = () => socket.send(JSON.stringify({ type: 'hello', queueToken }));
    socket.onerror = () => end({ kind: 'reconnect', afterMs: comeBackAfterMs, heardSomething });
    socket.onclose = () => end({ kind: 'reconnect', afterMs: comeBackAfterMs, heardSomething });
    socket.onmessage = (event) => {
      heardSomething = true;
      if (typeof event?.data !== 'string') return;
      const message = JSON.parse(event.data) as LiveMessage;
      if (message.type === 'standing') listener.onStanding(message);
      else if (message.type === 'bye') comeBackAfterMs = message.afterMs + Math.random() * message.withinMs;
      else if (message.type === 'ended' || message.type === 'gone') end({ kind: 'over' });
      else if (message.type === 'admitted' || message.type === 'entered' || message.type === 'lapsed') {
        end({ kind: message.type });
      }
    };
  });
}
