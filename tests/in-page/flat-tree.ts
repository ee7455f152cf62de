/**
 * The document as it is seen: an open shadow root stands in the place of its host's own content, which is there only
 * where a slot takes it up. Closed roots cannot be looked into.
 */

/** What matches below the document's root, in the order in which it is seen and reached. */
export function elementsIn<Found extends Element>(selector: string): Found[] {
  return [...nodesIn(document.documentElement)].filter(
    (node): node is Found => node instanceof Element && node.matches(selector),
  );
}

/** Every node below another one. */
export function* nodesIn(parent: Node): Generator<Node> {
  for (const child of childrenOf(parent)) {
    yield child;
    yield* nodesIn(child);
  }
}

function childrenOf(node: Node): Iterable<Node> {
  if (node instanceof Element && node.shadowRoot) return node.shadowRoot.childNodes;
  const assigned = node instanceof HTMLSlotElement ? node.assignedNodes() : [];
  return assigned.length > 0 ? assigned : node.childNodes;
}

export function parentOf(node: Element | Text): Element | null {
  if (node.assignedSlot) return node.assignedSlot;
  const { parentNode } = node;
  return parentNode instanceof ShadowRoot ? parentNode.host : node.parentElement;
}

/** Whether it is the other one, or stands in it. */
export function isWithin(inner: Element | null, outer: Element): boolean {
  for (let one = inner; one !== null; one = parentOf(one)) if (one === outer) return true;
  return false;
}

/** The document and every open shadow root in it. */
export function everyRoot(): (Document | ShadowRoot)[] {
  const roots = elementsIn('*').flatMap(({ shadowRoot }) => shadowRoot ?? []);
  return [document, ...roots];
}

/** What has the focus: not its host. */
export function focusedElement(): Element | null {
  return inmost(document, (root) => root.activeElement);
}

/** What lies on top at a point of the window. */
export function elementAt(x: number, y: number): Element | null {
  return inmost(document, (root) => root.elementFromPoint(x, y));
}

function inmost(
  root: Document | ShadowRoot,
  find: (root: Document | ShadowRoot) => Element | null,
): Element | null {
  const found = find(root);
  const inner = found?.shadowRoot;
  return inner && inner !== root ? (inmost(inner, find) ?? found) : found;
}
