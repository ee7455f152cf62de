/**
 * The second half of the widget's code: what only someone with a number needs. Most who visit a town's page never take
 * one, so it comes when they do. It is a script of its own, with all that it needs inside; the words come from the first.
 */
import { browserSurroundings } from '../client/browser-surroundings.ts';
import { LiveConnection, type LiveListener } from '../client/live-connection.ts';
import { afterMessage, ticketViewOf, withTicket } from '../client/live-messages.ts';
import { offerLanguage } from '../phrases/phrases.ts';
import type { RoomPage, TicketView } from '../room-page-model.ts';
import { SpokenStatus, statusSentence } from '../spoken-status.ts';
import { ticketParts } from './ticket-parts.ts';

/** Whoever follows a ticket: what is known now, and what is heard of it. */
export type Follower = Required<Pick<LiveListener, 'renewed' | 'updates'>> & {
  now: () => RoomPage;
  hear: (page: RoomPage) => void;
};

export type Followed = {
  /** Takes in what an answer said of the ticket. */
  see: (view: TicketView) => void;
  wake: () => void;
  stop: () => void;
};

/** Hears of a ticket of the room at `address` until it is stopped. */
function followTicket(
  address: string,
  { queueToken, number }: { queueToken: string; number: number | null },
  { now, hear, renewed, updates }: Follower,
): Followed {
  // What was kept may be anything.
  const shown = Number.isInteger(number) ? number : null;
  const see = (view: TicketView): void => {
    const page = now();
    hear(withTicket({ ...page, ticket: page.ticket ?? { number: shown, view, keptUntil: null } }, view));
  };
  const message: LiveListener['message'] = (message) => {
    const view = ticketViewOf(message);
    if (view) see(view);
    else hear(afterMessage(now(), message));
  };
  const listener = { message, looked: see, renewed, updates };
  const connection = new LiveConnection(queueToken, listener, browserSurroundings(address));
  connection.start();
  return { see, wake: () => connection.wake(), stop: () => connection.stop() };
}

/** widget-ticket.css, put in by the build. */
declare const guichetTicketStyle: string;

export const ticketCode = {
  statusSentence,
  SpokenStatus,
  followTicket,
  offerLanguage,
  ticketParts,
  style: guichetTicketStyle,
};
export type TicketCode = typeof ticketCode;
