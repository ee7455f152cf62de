/** Types of the Guichet widget, version 1: what `<guichet-room>` takes and tells. */

/** How long a wait is expected to last, from the server's last word on. */
export interface GuichetWait {
  low: number;
  high: number;
}

/** Where a waiting visitor stands. */
export interface GuichetStanding {
  /** The number on the ticket; it never changes. Null where it is not known on this device. */
  number: number | null;
  /** 1 is next. Null where it is not known at the moment. */
  position: number | null;
  /** How many wait in the room. */
  waiting: number;
  /** In milliseconds; null where it cannot be told. */
  expectedWaitMs: GuichetWait | null;
  /** Why the visitor waits: `queued`, `paused`, `not-open-yet`, `no-places-left` and so on. */
  reason: string;
  /** Null where the room does not count places. */
  placesLeft: number | null;
  /** ISO 8601. */
  asOf: string;
}

/** The events of the element, by their names. All of them bubble, and leave a shadow root. */
export interface GuichetEventMap {
  /** Where the visitor stands has changed. */
  'guichet-standing': CustomEvent<GuichetStanding>;
  /** The visitor's turn has come, until `expiresAt` (ISO 8601), or was extended: by `enterWithinMs`, so many times more. */
  'guichet-admitted': CustomEvent<{ expiresAt: string; enterWithinMs: number; extensionsLeft: number }>;
  /**
   * The visitor has entered and is about to be taken to `redirectUrl`, which carries the hand-over (60 s, once); null
   * where neither the page nor the room names a target. Whoever prevents the default takes the visitor there.
   */
  'guichet-entered': CustomEvent<{ redirectUrl: string | null; expiresAt: string }>;
  /**
   * The ticket is over. `ended`: `outcome` is `completed`, `gave-up`, `left`, `expired` or null; `gone`: `reason` is
   * `over`, `moved` or `earlier-run`.
   */
  'guichet-ended': CustomEvent<{ kind: 'ended'; outcome: string | null } | { kind: 'gone'; reason: string }>;
  /** A call was refused or got lost: one of the service's error codes, and a sentence in the visitor's language. */
  'guichet-error': CustomEvent<{ code: string; text: string }>;
}

/** The element. Its properties are its attributes; `when-unreachable` and `lang` are attributes alone. */
export class GuichetRoomElement extends HTMLElement {
  /** The room's id. */
  room: string;
  /** The service's public address; without it, where the script came from. */
  server: string;
  /** A CSS selector of what is out of reach before one's turn: links, buttons, forms, or parts of the page. */
  guards: string;
  /** Where the visitor is taken; empty: to what is guarded, or else to the room's own target. */
  target: string;
}

/**
 * Makes `<guichet-room>` an element, unless it is one already. `server` is whose widgets these are where they name none;
 * without it, that is where the module came from.
 */
export function define(server?: string): void;

declare global {
  interface HTMLElementTagNameMap {
    'guichet-room': GuichetRoomElement;
  }
  interface GlobalEventHandlersEventMap extends GuichetEventMap {}
}
