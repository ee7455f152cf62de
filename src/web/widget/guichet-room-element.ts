/**
 * `<guichet-room room="…" server="…">`: a waiting room inside somebody else's page. The class has no effect by itself;
 * define.ts makes it an element. It brings its own look in a shadow root, touches nothing of the page but what it
 * guards, keeps nothing but the ticket, and asks nobody but its server.
 *
 * It is told from outside by attributes and tells by events; inside, data goes one way, from the visit to what is shown.
 */
import { isOver } from '../client/live-messages.ts';
import { ShownParts } from '../client/part-replacement.ts';
import { languageFile } from '../phrases/phrases.ts';
import type { TicketView } from '../room-page-model.ts';
import { roomName, wordingOf } from '../room-page-situation.ts';
import type { SpokenStatus } from '../spoken-status.ts';
import { Guard, type GuardState, type Way } from './guard.ts';
import type { GuichetEventMap, GuichetRoomElement as Declared } from './guichet-room.d.ts';
import { roomParts } from './room-parts.ts';
import { type Action, RoomVisit } from './room-visit.ts';
import { widgetBuild } from './widget-build.ts';
import { chosenLanguage, hasLanguage } from './widget-languages.ts';
import { partIds, type WidgetPartId } from './widget-state.ts';

/** Time left is looked at this often. */
const passEveryMs = 1_000;
/** Attributes that are properties, too. */
const properties = ['room', 'server', 'guards', 'target'] as const;
const guardStates: { readonly [kind in TicketView['kind']]?: GuardState } = {
  admitted: 'turn',
  entered: 'inside',
};

/** Where a server renders pages there are no elements. */
export class GuichetRoomElement extends (globalThis.HTMLElement ?? Object) implements Declared {
  static readonly observedAttributes = [...properties, 'lang', 'when-unreachable'];
  /** Where the script came from: the server of elements that name none. */
  static defaultServer = '';

  declare room: string;
  declare server: string;
  declare guards: string;
  declare target: string;

  #visit: RoomVisit | null = null;
  #guard: Guard | null = null;
  #spoken: SpokenStatus | null = null;
  #parts: ShownParts<WidgetPartId> | null = null;
  #stopped = new AbortController();
  #isStale = false;
  #server = '';
  #heard = '';
  #toldView = '';
  #toldProblem: unknown = null;

  static {
    for (const name of properties) {
      Object.defineProperty(this.prototype, name, {
        get(this: HTMLElement) {
          return this.getAttribute(name) ?? '';
        },
        set(this: HTMLElement, value: string | null | undefined) {
          if (value == null) this.removeAttribute(name);
          else this.setAttribute(name, value);
        },
      });
    }
  }

  connectedCallback(): void {
    this.#settle();
  }

  disconnectedCallback(): void {
    this.#settle();
  }

  attributeChangedCallback(_name: string, before: string | null, now: string | null): void {
    this.#settle(before !== now);
  }

  /** Begins, ends or begins anew, once for all that is done together: frameworks move elements about. */
  #settle(isStale = false): void {
    this.#isStale ||= isStale;
    queueMicrotask(() => {
      if (this.#visit && (this.#isStale || !this.isConnected)) this.#stop();
      if (!this.#visit && this.isConnected) this.#start();
    });
  }

  #start(): void {
    const { room, guards } = this;
    this.#isStale = false;
    this.#server = new URL(this.server || GuichetRoomElement.defaultServer).origin;
    this.#stopped = new AbortController();
    const { signal } = this.#stopped;
    const visit = new RoomVisit(this.#server, room, () => this.#changed());
    this.#visit = visit;
    this.#draw();
    visit.start(signal);
    const pass = (): void => {
      // The page may be in another language by now.
      void this.#speak();
      this.#render();
    };
    pass();
    const timer = setInterval(pass, passEveryMs);
    const onStorage = ({ key }: StorageEvent): void => {
      // Another tab of the site took a ticket or gave it up.
      if (key === visit.kept.name) this.#settle(true);
    };
    addEventListener('storage', onStorage, { signal });
    signal.addEventListener('abort', () => clearInterval(timer));
    const take = (way: Way | null): void => void this.#take(way);
    if (guards) this.#guard = new Guard(this, guards, { roomUrl: this.#roomUrl, signal, take });
  }

  #stop(): void {
    this.#stopped.abort();
    this.#spoken = null;
    this.#visit = null;
    this.#guard = null;
  }

  /** An empty document, which #render fills. */
  #draw(): void {
    const root = this.shadowRoot ?? this.attachShadow({ mode: 'open' });
    root.adoptedStyleSheets = [sheetOf(widgetBuild.style)];
    const parts = partIds.map((id) => `<div id="${id}" part="${id}"></div>`).join('');
    root.innerHTML = `<section part="panel" tabindex="-1"><div id="alert" role="alert" aria-atomic="true"></div>${parts}
<p id="status" class="unseen" role="status" aria-atomic="true"></p></section>`;
    this.#parts = new ShownParts(root);
    root.addEventListener('submit', (event) => void this.#submitted(event as SubmitEvent), {
      signal: this.#stopped.signal,
    });
  }

  /** The waiting page. */
  get #roomUrl(): string {
    return `${this.#server}/rooms/${this.room}`;
  }

  get #section(): HTMLElement {
    return this.shadowRoot?.firstElementChild as HTMLElement;
  }

  /** In the language of the element, or of the page around it, if the room offers that; else in the room's first one. */
  async #speak(): Promise<void> {
    const visit = this.#visit as RoomVisit;
    const around = this.closest<HTMLElement>('[lang]')?.lang ?? '';
    const { languages } = visit.page.room;
    const isOffered = languages.length === 0 || languages.includes(around.split('-')[0] ?? '');
    const language = chosenLanguage([isOffered ? around : '', ...languages]);
    visit.speak(
      (await hasLanguage(language, this.#server)) ? language : visit.page.language || chosenLanguage([]),
    );
  }

  #changed(): void {
    this.#render();
    this.#tell();
  }

  /** Whether all could be shown: a part that somebody is busy with waits. */
  #render(): boolean {
    const { shadowRoot: root } = this;
    const visit = this.#visit;
    if (!root || !visit?.page.language) return true;
    const page = { ...visit.now(), target: this.target || (this.#guard?.target ?? null) };
    const { language, ticket, room } = page;
    const { isKnown, isUnreachable, kept, code } = visit;
    const isForced = isUnreachable && navigator.onLine && this.getAttribute('when-unreachable') === 'open';
    const isOpen = isForced || room.state === 'bypass';
    this.#guard?.show(
      isOpen ? 'open' : (guardStates[ticket?.view.kind ?? 'gone'] ?? 'closed'),
      wordingOf(page).text('guarded-link'),
    );
    const hasClosed = this.#guard?.hasClosed ?? false;
    const state = { isKnown, isUnreachable, isOpen, isKept: kept.isKept, hasClosed };
    const section = this.#section;
    const status = section.lastElementChild as HTMLElement;
    let isShown: boolean | undefined;
    if (ticket && code) {
      code.offerLanguage(languageFile(language));
      if (!root.adoptedStyleSheets[1]) root.adoptedStyleSheets.push(sheetOf(code.style));
      section.toggleAttribute('data-turn', ticket.view.kind === 'admitted');
      isShown = this.#parts?.show(code.ticketParts(page, state));
      const spoken = this.#spoken ? this.#spoken.next(page) : code.statusSentence(page);
      this.#spoken ??= new code.SpokenStatus(page);
      if (spoken !== null) status.textContent = spoken;
    } else {
      isShown = this.#parts?.show(roomParts(page, state, `${this.#roomUrl}/resume?lang=${language}`));
      const heard = [...section.querySelectorAll('#situation h2, #notice p')]
        .map((said) => said.textContent)
        .join('. ');
      // What the page begins with is read with it.
      if (isKnown && (this.#heard ||= heard) !== heard) this.#heard = status.textContent = heard;
    }
    for (const piece of section.querySelectorAll('h2, button, [class]'))
      piece.part.add(piece.localName, ...piece.classList);
    section.lang = language;
    section.dir = languageFile(language).direction;
    section.ariaLabel = wordingOf(page).text('title-plain', { room: roomName(page) });
    return isShown ?? true;
  }

  /** Tells the page what has changed. */
  #tell(): void {
    const { ticket, problem } = (this.#visit as RoomVisit).page;
    if (problem && problem !== this.#toldProblem) this.#emit('guichet-error', problem);
    this.#toldProblem = problem;
    const view = ticket?.view;
    const told = JSON.stringify(view);
    if (!view || told === this.#toldView) return;
    this.#toldView = told;
    if (view.kind === 'waiting') this.#emit('guichet-standing', { number: ticket.number, ...view.standing });
    if (view.kind === 'admitted') this.#emit('guichet-admitted', view);
    if (isOver(view)) this.#emit('guichet-ended', view as GuichetEventMap['guichet-ended']['detail']);
  }

  /** Whether the page lets the widget go on by itself. */
  #emit<Name extends keyof GuichetEventMap>(type: Name, detail: GuichetEventMap[Name]['detail']): boolean {
    const cancelable = type === 'guichet-entered';
    return this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true, cancelable }));
  }

  /** A form of the widget's own: all of them are answered here, none is sent. */
  async #submitted(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const action = form.getAttribute('action') as Action;
    if (action === 'enter') this.#enter();
    else await this.#visit?.act(action, form.querySelector('input')?.value);
    // Whoever did not have to wait is taken through at once.
    if (action === 'join' && this.#visit?.page.ticket?.view.kind === 'admitted') this.#enter();
    // What was pressed may not be there any more.
    if (!this.#render()) this.#section.focus();
    this.#render();
  }

  #enter(): void {
    if (this.#guard) this.#guard.press();
    else void this.#take({ target: null });
  }

  /** Takes the visitor through; those whose turn it is not are shown where they stand. */
  async #take(way: Way | null): Promise<void> {
    if (!way) return this.#section.focus();
    const entered = await this.#visit?.act('enter', this.target || way.target || '');
    if (!entered || !this.#emit('guichet-entered', entered)) return;
    const { redirectUrl } = entered;
    if (!redirectUrl) return;
    if (way.form) this.#guard?.submit(way.form, way.submitter ?? null, redirectUrl);
    else location.assign(redirectUrl);
  }
}

function sheetOf(style: string): CSSStyleSheet {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(style);
  return sheet;
}
