/** Going through the page by Tab alone: the order, and whether one sees where one is. */
import { elementName } from './element-name.ts';
import { elementAt, elementsIn, focusedElement, isWithin, parentOf } from './flat-tree.ts';

const outlineMinPx = 2;
/** WCAG 1.4.11, for what shows a state. */
const outlineContrastMin = 3;

/** Where Tab must lead, in the order of the document. */
function controls(): HTMLElement[] {
  const all = elementsIn<HTMLElement>('a[href], button, input, select, textarea, summary, [tabindex]');
  const inert = elementsIn('[inert]');
  return all.filter(
    (control) =>
      control.tabIndex >= 0 &&
      control.checkVisibility({ visibilityProperty: true }) &&
      !control.matches(':disabled, [type=hidden]') &&
      !isOtherRadio(control) &&
      !inert.some((part) => isWithin(control, part)),
  );
}

/** Of a group of radio buttons Tab reaches one: the chosen, else the first. */
function isOtherRadio(control: HTMLElement): boolean {
  if (!(control instanceof HTMLInputElement) || control.type !== 'radio') return false;
  const group = elementsIn<HTMLInputElement>('input[type=radio]').filter(
    ({ name, form }) => name === control.name && form === control.form,
  );
  return control !== (group.find(({ checked }) => checked) ?? group[0]);
}

export function controlsCount(): number {
  return controls().length;
}

/** What is wrong with the focus after so many presses of Tab, from 1. */
export function focusFindings(presses: number): string[] {
  const expected = controls()[presses - 1];
  const focused = focusedElement();
  if (expected === undefined || focused === null) return ['there is no focus'];
  if (focused !== expected)
    return [`Tab leads to ${elementName(focused)} where ${elementName(expected)} comes next`];
  return [isInSight(focused) ? null : 'is not in sight', outlineFault(focused)].flatMap((fault) =>
    fault === null ? [] : [`with the focus, ${elementName(focused)} ${fault}`],
  );
}

/** Puts the focus back to the beginning of the document. */
export function forgetFocus(): void {
  scrollTo(0, 0);
  getSelection()?.setPosition(document.body, 0);
  const focused = focusedElement();
  if (!(focused instanceof HTMLElement) || focused === document.body) return;
  focused.blur();
  // Tab would go on from there all the same, but for something that had the focus since and is gone.
  const start = document.createElement('span');
  start.tabIndex = -1;
  document.body.prepend(start);
  start.focus();
  start.remove();
}

/** Whether something of it is in the window with nothing over it. */
function isInSight(element: Element): boolean {
  const { clientWidth, clientHeight } = document.documentElement;
  return [...element.getClientRects()].some(({ left, right, top, bottom }) => {
    const x = (Math.max(0, left) + Math.min(clientWidth, right)) / 2;
    const y = (Math.max(0, top) + Math.min(clientHeight, bottom)) / 2;
    const onTop = elementAt(x, y);
    return onTop !== null && (isWithin(onTop, element) || isWithin(element, onTop));
  });
}

function outlineFault(element: Element): string | null {
  const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(element);
  // The browser's own ring has two colours, one of which is seen on any ground.
  if (outlineStyle === 'auto') return null;
  if (outlineStyle === 'none' || Number.parseFloat(outlineWidth) < outlineMinPx) return 'has no outline';
  const ratio = contrast(channels(outlineColor), groundOf(parentOf(element)));
  return ratio < outlineContrastMin ? `has an outline of contrast ${ratio.toFixed(2)}` : null;
}

type Colour = readonly [red: number, green: number, blue: number, alpha: number];

/** What an outline is seen against: the nearest background that lets nothing through. */
function groundOf(element: Element | null): Colour {
  for (let one = element; one !== null; one = parentOf(one)) {
    const colour = channels(getComputedStyle(one).backgroundColor);
    if (colour[3] === 1) return colour;
  }
  return matchMedia('(prefers-color-scheme: dark)').matches ? [0, 0, 0, 1] : [255, 255, 255, 1];
}

/** Of a computed colour, which browsers write as `rgb()` or `rgba()`. */
function channels(colour: string): Colour {
  const [red = 0, green = 0, blue = 0, alpha = 1] = (colour.match(/[\d.]+/g) ?? []).map(Number);
  return [red, green, blue, alpha];
}

/** WCAG's contrast ratio. */
function contrast(one: Colour, other: Colour): number {
  const [lighter = 0, darker = 0] = [luminance(one), luminance(other)].toSorted((a, b) => b - a);
  return (lighter + 0.05) / (darker + 0.05);
}

function luminance([red, green, blue]: Colour): number {
  const linear = [red, green, blue].map((channel) => {
    const part = channel / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  const [r = 0, g = 0, b = 0] = linear;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
