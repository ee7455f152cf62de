import { parentOf } from './flat-tree.ts';

const textMax = 40;

/** An element in a few words, for a reader who looks for it. */
export function elementName(element: Element): string {
  const id = element.id === '' ? '' : `#${element.id}`;
  const text = element.textContent.trim().replace(/\s+/g, ' ').slice(0, textMax);
  return `${element.localName}${id}${[...element.classList].map((name) => `.${name}`).join('')} “${text}”`;
}

/** Whether a reader can see it: not what closed details hold, nor what is there for screen readers only. */
export function isSeen(element: Element): boolean {
  if (!element.checkVisibility({ visibilityProperty: true })) return false;
  for (let one: Element | null = element; one !== null; one = parentOf(one)) {
    const { width, height } = one.getBoundingClientRect();
    if (width <= 1 && height <= 1 && getComputedStyle(one).overflow !== 'visible') return false;
  }
  return true;
}
