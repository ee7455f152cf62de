/** What the client code takes from the browser: sockets, requests, timers, and when it is worth trying again at once. */
import type { Surroundings } from './live-connection.ts';
import { look } from './requests.ts';

/** For the room whose API is at `address`, absolute or from the page's own server. */
export function browserSurroundings(address: string): Surroundings {
  return {
    openSocket: ({ opened, message, closed }) => {
      const url = new URL(`${address}/live`, location.href).href.replace(/^http/, 'ws');
      const socket = new WebSocket(url, 'guichet.v1');
      socket.addEventListener('open', opened);
      socket.addEventListener('message', ({ data }) => message(String(data)));
      socket.addEventListener('close', ({ code }) => closed(code));
      return socket;
    },
    look: (queueToken) => look(`${address}/ticket`, queueToken),
    after,
    random: Math.random,
  };
}

/** Calls back once after `ms`, unless the answer is called first. */
export function after(ms: number, callback: () => void): () => void {
  const timer = setTimeout(callback, ms);
  return () => clearTimeout(timer);
}

/** Calls back when the network is back or the page is taken up again, until the signal aborts. */
export function onWake(wake: () => void, signal?: AbortSignal): void {
  const options = signal ? { signal } : {};
  addEventListener('online', wake, options);
  addEventListener('pageshow', ({ persisted }) => persisted && wake(), options);
  // A phone that slept may have lost its socket without knowing.
  addEventListener('visibilitychange', () => document.hidden || wake(), options);
}
