/**
 * The port by which a person at a desk finds a ticket: it reads a room and never changes it. No clock moves, nobody is
 * sighted, nothing is confirmed; what it says was true a moment ago. A port of its own, because none of it is a
 * transition of the queue.
 *
 * For every method: null where there is no such room; StoreUnknownError when the store does not answer, and then it may
 * be asked again.
 */
import type { EndOutcome, LiveState } from '../domain/ticket.ts';

/** Events that one call looks at. */
export const historyPageMax = 200;

export type TicketSearch =
  /** The name that stands for a resume code in the store. */
  | { by: 'code'; codeName: string }
  | { by: 'id'; ticketId: string }
  /** Live tickets alone; of those inside, and those whose turn it is, the store may look at the first 1,000 only. */
  | { by: 'number'; number: number };

/** What is noted under a resume code: the ticket as its holder's token told it then. */
export type NotedCode = {
  ticketId: string;
  number: number;
  order: number;
  gen: number;
  /** Wall time, ms. */
  expiresAtMs: number;
  isUsed: boolean;
};

export type FoundState =
  | {
      kind: LiveState;
      ticketId: string;
      number: number;
      /** 0 where it is not known. */
      order: number;
      /** As in TicketRecord; room-clock ms. */
      atMs: number;
      extensions: number;
      gen: number;
      /** Its visitor left, or it was finished: the session only holds the seat. */
      isLeft: boolean;
      /** 1 + those who wait with a lower order. */
      rank: number;
    }
  /** Until when its end is remembered, wall ms; places that it used, null where none are remembered. */
  | { kind: 'ended'; ticketId: string; rememberedUntilMs: number; placesUsed: number | null }
  /** Not here; null: no live ticket has the number. */
  | { kind: 'unknown'; ticketId: string | null };

export type FoundTicket = {
  /** The room clock, the store's wall clock, and the marks before which tickets are forgotten, as last written. */
  clockMs: number;
  wallMs: number;
  startedUs: number;
  purgedUs: number;
  code: NotedCode | null;
  ticket: FoundState;
};

/** What an event said of one ticket. */
export type TicketEvent = { atMs: number } & (
  | { type: 'admitted'; releaseNumber: number }
  | { type: 'entered' }
  | { type: 'lapsed' }
  | { type: 'ended'; outcome: EndOutcome; placesUsed: number }
  | { type: 'moved'; gen: number }
);

/** Newest first. */
export type HistoryPage = {
  events: TicketEvent[];
  /** The number below which to go on; null: there are no more events. */
  below: number | null;
};

export interface TicketFinder {
  find(roomId: string, search: TicketSearch): Promise<FoundTicket | { kind: 'unknown-code' } | null>;
  /** What the room's last events say of a ticket: of the `historyPageMax` below an event number, null: the newest. */
  history(roomId: string, ticketId: string, below: number | null): Promise<HistoryPage | null>;
  close(): Promise<void>;
}
