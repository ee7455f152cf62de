/** What the server says while the page is open, and what it changes on the page. */
import {
  type PageRoom,
  type RoomPage,
  roomSeenFrom,
  type Standing,
  type TicketView,
} from '../room-page-model.ts';

type Told<Kind extends TicketView['kind']> = Omit<Extract<TicketView, { kind: Kind }>, 'kind'>;

/** A message of the live connection. */
export type LiveMessage =
  | ({ type: 'standing' } & Standing)
  | ({ type: 'admitted' } & Told<'admitted'>)
  | ({ type: 'entered' } & Told<'entered'>)
  | ({ type: 'lapsed' } & Told<'lapsed'>)
  | ({ type: 'ended' } & Told<'ended'>)
  | ({ type: 'gone' } & Told<'gone'>)
  | ({ type: 'notice' } & Pick<PageRoom, 'notice'>)
  | ({ type: 'room' } & Pick<PageRoom, 'state' | 'reason' | 'opensAt' | 'joinFrom' | 'closesAt'>)
  | { type: 'bye'; afterMs: number; withinMs: number };

/** The answer of a look: the same states of a ticket, under `kind`. */
export type LookAnswer = TicketView & { pollAfterMs?: number; queueToken?: string };

/** What a message says of the ticket; null when it is about something else, or a word of a later version. */
export function ticketViewOf({ type, ...told }: LiveMessage): TicketView | null {
  if (type === 'standing') return { kind: 'waiting', standing: told as Standing };
  return /^(admitted|entered|lapsed|ended|gone)$/.test(type) ? ({ kind: type, ...told } as TicketView) : null;
}

/** The page with the ticket as it is now. What went wrong before it changed is no longer worth an alert. */
export function withTicket(page: RoomPage, view: TicketView): RoomPage {
  if (page.ticket === null) return page;
  const problem = page.ticket.view.kind === view.kind ? page.problem : null;
  const room = roomSeenFrom(view, page.room);
  return { ...page, room, problem, ticket: { ...page.ticket, view } };
}

/** The page after a message. */
export function afterMessage(page: RoomPage, message: LiveMessage): RoomPage {
  if (message.type === 'notice' || message.type === 'room') {
    const { type: _type, ...changed } = message;
    return { ...page, room: { ...page.room, ...changed } };
  }
  const view = ticketViewOf(message);
  return view === null ? page : withTicket(page, view);
}

/** Whether nothing more will be said of the ticket. */
export function isOver({ kind }: TicketView): boolean {
  return kind === 'ended' || kind === 'gone';
}
