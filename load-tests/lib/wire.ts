/** What the public API says, as far as a visitor reads it. */

export type Standing = { position: number | null; waiting: number; reason: string };

export type TicketAnswer = { ticketId: string; number: number; queueToken?: string; pollAfterMs?: number } & (
  | { kind: 'waiting'; standing: Standing }
  | { kind: 'admitted' | 'entered' | 'lapsed' | 'ended' | 'gone' }
);

export type LiveMessage =
  | ({ type: 'standing' } & Standing)
  | { type: 'admitted' | 'entered' | 'lapsed' | 'ended' | 'gone' | 'notice' | 'room' }
  | { type: 'bye'; afterMs: number; withinMs: number };
