/**
 * What a widget guards of the page that it stands in. A link or a button stays where it is, said to be unavailable and
 * why; a form, or any other part, is inert; a part that holds the widget itself hides all else in it. Everything that
 * is changed is put back.
 *
 * This is a courtesy to people, not a lock: whoever takes the page apart meets the site's own check of the pass.
 */

/** `closed`: not one's turn. `turn`: it can be used, which enters. `inside`: a session is there. `open`: no turn is needed. */
export type GuardState = 'closed' | 'turn' | 'inside' | 'open';

/** Where a visitor wants to go: to an address, or with a form. */
export type Way = { target: string | null; form?: HTMLFormElement | null; submitter?: HTMLElement | null };

/** A press, or a form that is sent. */
type Met = Event & { target: HTMLElement; submitter?: HTMLElement | null };

type Attributes = { readonly [name: string]: string | null };

const controls = 'a, area, button, input, summary, [role=button], [role=link]';
const mark = 'data-guichet-guarded';
/** Of the weight of nothing, so that a page can do otherwise. */
const style = `:where([${mark}]){opacity:.6}[${mark}=hidden]{display:none!important}`;
let guards = 0;

export class Guard {
  readonly #host: HTMLElement;
  readonly #selector: string;
  readonly #root: Document | ShadowRoot;
  readonly #roomUrl: string;
  readonly #take: (way: Way | null) => void;
  readonly #reason = document.createElement('span');
  readonly #sheet = new CSSStyleSheet();
  /** What is closed, with its attributes before. */
  readonly #closed = new Map<Element, Attributes>();
  #passing: HTMLFormElement | null = null;
  #state: GuardState = 'closed';

  /**
   * Guards what the selector finds in the document of `host`, now and later, until the signal aborts. `take` is told
   * which way somebody wants to go now that they may, and null when they may not yet. Throws SyntaxError for a selector
   * that is none.
   */
  constructor(
    host: HTMLElement,
    selector: string,
    { roomUrl, signal, take }: { roomUrl: string; signal: AbortSignal; take: (way: Way | null) => void },
  ) {
    this.#host = host;
    this.#selector = selector;
    this.#roomUrl = roomUrl;
    this.#take = take;
    const root = host.getRootNode() as Document | ShadowRoot;
    this.#root = root;
    guards += 1;
    this.#reason.id = `guichet-reason-${guards}`;
    this.#reason.hidden = true;
    this.#apply();
    host.append(this.#reason);
    this.#sheet.replaceSync(style);
    root.adoptedStyleSheets.push(this.#sheet);
    const observer = new MutationObserver(() => this.#apply());
    observer.observe(root, { childList: true, subtree: true });
    for (const type of ['click', 'submit'])
      root.addEventListener(type, (event) => this.#meet(event), { capture: true, signal });
    signal.addEventListener('abort', () => {
      observer.disconnect();
      this.show('open', '');
      this.#reason.remove();
      root.adoptedStyleSheets = root.adoptedStyleSheets.filter((sheet) => sheet !== this.#sheet);
    });
  }

  /** Something is out of reach that no press of its own would open. */
  get hasClosed(): boolean {
    return [...this.#closed.keys()].some((element) => !isControl(element));
  }

  /** `reason` is what those hear who come upon a closed link. */
  show(state: GuardState, reason: string): void {
    if (this.#reason.textContent !== reason) this.#reason.textContent = reason;
    if (state === this.#state) return;
    this.#state = state;
    this.#apply();
  }

  get #first(): HTMLElement | null {
    return this.#root.querySelector<HTMLElement>(this.#selector);
  }

  /** Where the first that is guarded leads. */
  get target(): string | null {
    return this.#first && this.#targetOf(this.#first);
  }

  /** Goes the way of the first that is guarded, as if it had been pressed. */
  press(): void {
    const first = this.#first;
    const form = formOf(first);
    if (form) form.requestSubmit(form === first ? null : first);
    else this.#take({ target: this.target });
  }

  /** Submits the form for good, with the hand-over of `redirectUrl`. */
  submit(form: HTMLFormElement, submitter: HTMLElement | null, redirectUrl: string): void {
    const method = submitter?.getAttribute('formmethod') ?? form.getAttribute('method') ?? '';
    if (/^post$/i.test(method)) {
      if (submitter?.hasAttribute('formaction')) submitter.setAttribute('formaction', redirectUrl);
      else form.setAttribute('action', redirectUrl);
    } else {
      // The address of a form that is sent by GET loses its query.
      const field = form.querySelector<HTMLInputElement>('[name=guichet]') ?? document.createElement('input');
      field.type = 'hidden';
      field.name = 'guichet';
      field.value = new URL(redirectUrl).searchParams.get('guichet') ?? '';
      form.append(field);
    }
    this.#passing = form;
    form.requestSubmit(submitter);
    this.#passing = null;
  }

  /** Closes what should be closed, opens what should not. */
  #apply(): void {
    const state = this.#state;
    const closed = new Map<Element, Attributes>();
    for (const element of this.#root.querySelectorAll(this.#selector)) {
      // What is pressed opens at the turn; other parts when one is inside.
      if (state !== 'closed' && (state !== 'turn' || formOf(element) || isControl(element))) continue;
      if (element.contains(this.#host)) {
        for (const beside of besides(this.#host, element))
          closed.set(beside, { [mark]: 'hidden', inert: '' });
      } else if (isControl(element)) {
        const described = `${element.getAttribute('aria-describedby') ?? ''} ${this.#reason.id}`.trim();
        closed.set(element, { [mark]: '', 'aria-disabled': 'true', 'aria-describedby': described });
      } else closed.set(element, { [mark]: '', inert: '' });
    }
    for (const [element, before] of this.#closed) {
      if (closed.delete(element)) continue;
      change(element, before);
      this.#closed.delete(element);
    }
    for (const [element, attributes] of closed) this.#closed.set(element, change(element, attributes));
  }

  /** Somebody presses something, or sends a form. */
  #meet(event: Event): void {
    const { type, target: met, submitter = null } = event as Met;
    const state = this.#state;
    const selector = this.#selector;
    const form = type === 'submit' ? (met as HTMLFormElement) : null;
    const guarded = form ? [submitter, form].find((one) => one?.matches(selector)) : met.closest(selector);
    if (!guarded || (form && form === this.#passing)) return;
    // A form comes by itself once the browser has checked it.
    if (!form && (!isControl(guarded) || (state !== 'closed' && formOf(guarded)))) return;
    const target = this.#targetOf(submitter?.hasAttribute('formaction') ? submitter : (form ?? guarded));
    const isOpen = state === 'open';
    // A link to the waiting page, which may be what cannot be reached, leads past it.
    if (isOpen && (form || !target || target === (guarded as HTMLAnchorElement).href)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (isOpen) location.assign(target as string);
    else this.#take(state === 'closed' ? null : { target, form, submitter });
  }

  /** Where it leads. The waiting page's own address, which is there for those without scripts, names it as `t`. */
  #targetOf(element: Element): string | null {
    const address = ['href', 'formaction', 'action'].map((name) => element.getAttribute(name)).find(Boolean);
    const url = new URL(address ?? '', document.baseURI);
    if (url.origin + url.pathname === this.#roomUrl) return url.searchParams.get('t');
    return !address && isControl(element) ? null : url.href;
  }
}

function isControl(element: Element): boolean {
  return element.matches(controls);
}

/** The form that it is, or that it submits. */
function formOf(element: Element | null): HTMLFormElement | null {
  if (element instanceof HTMLFormElement) return element;
  const { form = null, type = '' } = element as Partial<HTMLButtonElement>;
  return /submit|image/.test(type) ? form : null;
}

/** All that stands beside an element in another one that holds it. */
function besides(element: Element, outer: Element): Element[] {
  const { parentElement: parent } = element;
  if (!parent || element === outer) return [];
  const here = [...parent.children].filter(
    (beside) => beside !== element && !beside.matches('head, script, style'),
  );
  return [...here, ...besides(parent, outer)];
}

/** Sets attributes, or takes them away; returns what they were. */
function change(element: Element, attributes: Attributes): Attributes {
  const before = Object.keys(attributes).map((name) => [name, element.getAttribute(name)]);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null) element.removeAttribute(name);
    else element.setAttribute(name, value);
  }
  return Object.fromEntries(before) as Attributes;
}
