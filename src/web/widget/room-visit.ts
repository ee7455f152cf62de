/**
 * One visitor's way through one room, from a page of another site: what is known of it is a value like the waiting
 * page's own, rendered by the same functions; what is done is a call of the public API with the queue token.
 *
 * Every call may be repeated after a lost reply: a join by the key that was kept before it, an extension by its number;
 * the others are the same again by themselves.
 */
import { after, onWake } from '../client/browser-surroundings.ts';
import { isOver, type LookAnswer } from '../client/live-messages.ts';
import { ask } from '../client/requests.ts';
import { type PublicRoom, watchRoom, withRoom } from '../client/room-watch.ts';
import type { Language } from '../phrases/phrases.ts';
import type { PageProblem, PageRoom, RoomPage } from '../room-page-model.ts';
import { wordingOf } from '../room-page-situation.ts';
import { type Kept, KeptTicket } from './kept-ticket.ts';
import type { Followed, TicketCode } from './ticket-code.ts';
import { loadTicketCode } from './ticket-code-loader.ts';

export type Action = 'join' | 'enter' | 'extend' | 'return' | 'leave' | 'code';
type Code = { code: string; resumeUrl: string };
/** What a turn becomes: `redirectUrl` is null where neither the page nor the room names a target. */
export type Entered = { redirectUrl: string | null; expiresAt: string };

/** Until something is known. What a widget shows of a room only once it is known is not there. */
const unknownRoom: Partial<PageRoom> = {
  timeZone: 'UTC',
  languages: [],
  state: 'open',
  waiting: null,
  placesLeft: null,
};

export class RoomVisit {
  /** All that is known. */
  page: RoomPage;
  /** Something was heard of the room, and of the ticket where there is one. */
  isKnown = false;
  /** The service does not answer at all. */
  isUnreachable = false;
  /** What a ticket is shown with; null until there is one. */
  code: TicketCode | null = null;
  readonly #server: string;
  readonly #address: string;
  readonly kept: KeptTicket;
  readonly #changed: () => void;
  #signal: AbortSignal | null = null;
  #followed: Followed | null = null;
  #stopWatching = (): void => {};
  #clockAheadMs = 0;
  #isBusy = false;

  /** `changed` is told whenever `page` is another one. */
  constructor(server: string, roomId: string, changed: () => void) {
    this.#server = server;
    this.#address = `${server}/v1/rooms/${roomId}`;
    this.kept = new KeptTicket(`guichet ${this.#address}`);
    this.#changed = changed;
    this.page = {
      language: '',
      room: { ...unknownRoom, roomId, name: roomId },
      ticket: null,
      queueToken: null,
      problem: null,
      resume: null,
      updates: 'live',
      visitorTimeZone: new Intl.DateTimeFormat().resolvedOptions().timeZone,
    } as Partial<RoomPage> as RoomPage;
  }

  /** Asks and hears of everything until the signal aborts. To be called once. */
  start(signal: AbortSignal): void {
    this.#signal = signal;
    signal.addEventListener('abort', () => this.#unfollow());
    const kept = this.kept.read();
    if (kept.queueToken) void this.#follow(kept);
    else this.#watch();
    void this.#askRoom();
    onWake(() => (this.#followed ? this.#followed.wake() : void this.#askRoom()), signal);
  }

  /** The page as of now; the server's time goes on by this device's clock. */
  now(): RoomPage {
    const { page } = this;
    const updates = navigator.onLine ? page.updates : 'offline';
    return { ...page, nowMs: Date.now() - this.#clockAheadMs, updates };
  }

  speak(language: Language): void {
    if (language !== this.page.language) this.#hear({ ...this.page, language, problem: null });
  }

  /** Does what a form of the widget says; a turn that is used answers with where it leads. Null: the page says why not. */
  async act(action: Action, field = ''): Promise<Entered | null> {
    if (this.#isBusy) return null;
    this.#isBusy = true;
    const { queueToken, language } = this.page;
    const isJoin = action === 'join';
    // It will be wanted soon.
    if (isJoin) void loadTicketCode(this.#server);
    const joinKey = this.kept.read().joinKey ?? crypto.randomUUID();
    if (isJoin) this.kept.write({ joinKey });
    const answer = await ask(
      `${this.#address}/${isJoin ? 'tickets' : action === 'leave' ? 'ticket' : `ticket/${action}`}`,
      {
        method: action === 'leave' ? 'DELETE' : 'POST',
        language,
        ...(isJoin && { idempotencyKey: joinKey }),
        ...(queueToken && { queueToken }),
        ...(field && { body: action === 'enter' ? { target: field } : { extension: Number(field) } }),
      },
    );
    this.#isBusy = false;
    const body = (answer?.body ?? {}) as Partial<
      LookAnswer & Code & Entered & { number: number; detail: string }
    >;
    if (!answer?.response.ok) {
      const code = (body.code ?? 'store-unavailable') as PageProblem;
      const text = body.detail ?? `${wordingOf(this.page).text('no-answer-headline')}.`;
      this.#hear({ ...this.page, problem: { code, text } });
      // The ticket of that key has ended since.
      if (isJoin && code === 'ticket-over') this.kept.write({});
      return null;
    }
    this.page.problem = null;
    if (isJoin) {
      const { queueToken = '', number = 0 } = body;
      this.kept.write({ queueToken, number });
      await this.#follow({ queueToken, number });
      if (!this.code) return null;
    }
    const { code, resumeUrl, expiresAt = '' } = body;
    if (body.kind) this.#followed?.see(body as LookAnswer);
    else if (code && resumeUrl)
      this.#hear({ ...this.page, resume: { code, address: resumeUrl, until: expiresAt } });
    else
      this.#followed?.see(
        action === 'leave' ? { kind: 'ended', outcome: 'left' } : { kind: 'entered', expiresAt },
      );
    return action === 'enter' ? (body as Entered) : null;
  }

  /** Hears of the ticket from now on, once the code for it is there. */
  async #follow({ queueToken = '', number = null }: Kept): Promise<void> {
    this.#unfollow();
    this.isKnown = false;
    this.#hear({ ...this.page, queueToken, resume: null, ticket: null });
    this.code = await loadTicketCode(this.#server);
    if (this.#signal?.aborted || queueToken !== this.page.queueToken || this.#followed) return;
    // Without it nothing can be told of the ticket: the next time the room answers, it is asked for again.
    this.isUnreachable = this.code === null;
    if (!this.code) return this.#watch();
    const renewed = (queueToken: string): void => {
      this.kept.write({ ...this.kept.read(), queueToken });
      this.page.queueToken = queueToken;
    };
    const updates = (updates: 'live' | 'interrupted'): void => {
      this.isUnreachable &&= updates === 'interrupted';
      this.#hear({ ...this.page, updates });
      // What is it that does not answer?
      if (updates === 'interrupted') void this.#askRoom();
    };
    const hear = (page: RoomPage): void => {
      this.isKnown = true;
      this.#hear(page);
    };
    const now = (): RoomPage => this.page;
    this.#followed = this.code.followTicket(
      this.#address,
      { queueToken, number },
      { now, hear, renewed, updates },
    );
  }

  #watch(): void {
    this.#unfollow();
    const surroundings = { ask: () => this.#askRoom(), after, random: Math.random };
    this.#stopWatching = watchRoom(surroundings, () => {});
  }

  #unfollow(): void {
    this.#stopWatching();
    this.#followed?.stop();
    this.#followed = null;
  }

  #hear(page: RoomPage): void {
    if (this.#signal?.aborted) return;
    this.page = page;
    if (page.ticket && page.queueToken !== null && isOver(page.ticket.view)) {
      // Another may be taken from now on.
      this.kept.write({});
      this.page = { ...page, queueToken: null };
      this.#watch();
    }
    this.#changed();
  }

  async #askRoom(): Promise<PublicRoom | null> {
    const answer = await ask(this.#address, {});
    const body = (answer?.body ?? {}) as Partial<PublicRoom> & { code?: string };
    const room = answer?.response.ok && body.state ? (body as PublicRoom) : null;
    // A service that says what is wrong with it is one that can be reached.
    this.isUnreachable = !room && (!body.code || body.code === 'room-unknown');
    const { page } = this;
    this.isKnown ||= room !== null && page.queueToken === null;
    if (!room) {
      this.#hear({ ...page, updates: 'interrupted' });
      return null;
    }
    this.#clockAheadMs = Date.now() - Date.parse(room.now);
    // What was refused before the room changed is no longer worth an alert.
    const problem = page.room.state === room.state ? page.problem : null;
    this.#hear({ ...withRoom(page, room), problem, updates: this.#followed ? page.updates : 'live' });
    if (page.queueToken !== null && !this.#followed) void this.#follow(this.kept.read());
    return room;
  }
}
