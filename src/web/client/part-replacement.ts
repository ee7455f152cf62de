/**
 * Puts new markup into a part of the page without taking anything away from whoever is using it: what is unfolded stays
 * unfolded, what was typed stays typed, and the focus stays where it is. Where that cannot be, the part waits.
 */

/** The parts of a page that a script keeps up to date: only what changed is replaced. */
export class ShownParts<Id extends string> {
  readonly #root: NonElementParentNode;
  readonly #shown: { [id in Id]?: string };

  /** `shown` is what stands there already. */
  constructor(root: NonElementParentNode, shown: { readonly [id in Id]?: string } = {}) {
    this.#root = root;
    this.#shown = { ...shown };
  }

  /** Puts the markup of each part into the element of its id. */
  show(parts: { readonly [id in Id]: string }): void {
    for (const id of Object.keys(parts) as Id[]) {
      const element = this.#root.getElementById(id);
      if (element && parts[id] !== this.#shown[id] && replaceContent(element, parts[id]))
        this.#shown[id] = parts[id];
    }
  }
}

/** Whether it was done; otherwise it is to be tried again later. */
function replaceContent(element: Element, markup: string): boolean {
  const next = document.createElement('template');
  next.innerHTML = markup;
  const { activeElement } = element.getRootNode() as Document | ShadowRoot;
  const focused = element.contains(activeElement) ? activeElement : null;
  // Someone is typing or choosing.
  if (focused instanceof HTMLInputElement || focused instanceof HTMLSelectElement) return false;
  const place = focused ? controlsIn(element).indexOf(focused) : -1;
  const same = controlsIn(next.content)[place];
  if (focused && (!(same instanceof HTMLElement) || same.tagName !== focused.tagName)) return false;
  carryOver(element, next.content);
  element.replaceChildren(next.content);
  if (same instanceof HTMLElement) same.focus({ preventScroll: true });
  return true;
}

function controlsIn(part: ParentNode): Element[] {
  return [...part.querySelectorAll('a, button, summary, input, select')];
}

function carryOver(before: Element, after: DocumentFragment): void {
  for (const details of before.querySelectorAll<HTMLDetailsElement>('details[id]')) {
    const same = after.getElementById(details.id);
    if (same instanceof HTMLDetailsElement) same.open = details.open;
  }
  for (const field of before.querySelectorAll<HTMLInputElement | HTMLSelectElement>(
    'input[id], select[id]',
  )) {
    const same = after.getElementById(field.id);
    if (same instanceof HTMLInputElement || same instanceof HTMLSelectElement) same.value = field.value;
  }
}
