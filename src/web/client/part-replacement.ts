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

  /** Puts the markup of each part into the element of its id. Whether all was done: what somebody uses may have to wait. */
  show(parts: { readonly [id in Id]: string }): boolean {
    let isDone = true;
    for (const id of Object.keys(parts) as Id[]) {
      const element = this.#root.getElementById(id);
      if (!element || parts[id] === this.#shown[id]) continue;
      if (replaceContent(element, parts[id])) this.#shown[id] = parts[id];
      else isDone = false;
    }
    return isDone;
  }
}

/** Whether it was done; otherwise it is to be tried again later. */
function replaceContent(element: Element, markup: string): boolean {
  const { content } = Object.assign(document.createElement('template'), { innerHTML: markup });
  const { activeElement } = element.getRootNode() as Document | ShadowRoot;
  const controls = controlsIn(element);
  const place = controls.findIndex((control) => control === activeElement);
  const focused = controls[place];
  const same = controlsIn(content)[place];
  // Someone is typing or choosing, or what they are on is not there any more.
  if (focused?.matches('input, select') || focused?.tagName !== same?.tagName) return false;
  for (const before of element.querySelectorAll<HTMLInputElement>('input[id], select[id], details[id]')) {
    const after = content.getElementById(before.id);
    if (after instanceof HTMLDetailsElement) after.open = before.hasAttribute('open');
    else if (after) (after as HTMLInputElement).value = before.value;
  }
  element.replaceChildren(content);
  same?.focus({ preventScroll: true });
  return true;
}

function controlsIn(part: ParentNode): HTMLElement[] {
  return [...part.querySelectorAll<HTMLElement>('a, button, summary, input, select')];
}
