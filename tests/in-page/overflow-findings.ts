/** Whether all words are there to be read at this width and size of text, without scrolling sideways. */
import { elementName, isSeen } from './element-name.ts';

/** Edges of glyphs and halves of pixels. */
const tolerancePx = 1;

/** WCAG 1.4.12: a reader may set text this wide apart. */
const spacing =
  '* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important; } p { margin-block-end: 2em !important; }';
const twice = ':root { font-size: 200% !important; }';

/** As the reader's own style sheet would: text at twice its size, set apart, or as the page has it. */
export function spaceText(how: 'as it is' | 'twice as large' | 'set apart'): void {
  const sheet = new CSSStyleSheet();
  if (how !== 'as it is') sheet.replaceSync(how === 'set apart' ? spacing : twice);
  document.adoptedStyleSheets = [sheet];
}

export function overflowFindings(): string[] {
  const { scrollWidth, clientWidth } = document.documentElement;
  const findings = scrollWidth > clientWidth ? [`scrolls sideways: ${scrollWidth} in ${clientWidth} px`] : [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const elements = new Set<Element>();
  for (let node = texts.nextNode(); node !== null; node = texts.nextNode()) {
    const element = node.parentElement;
    if (element === null || node.textContent?.trim() === '' || elements.has(element)) continue;
    elements.add(element);
    if (isSeen(element) && isCut(node)) findings.push(`is cut off: ${elementName(element)}`);
  }
  return findings;
}

/** Whether part of a text lies outside the window's width or of a box that hides what does not fit. */
function isCut(text: Node): boolean {
  const range = document.createRange();
  range.selectNodeContents(text);
  const words = range.getBoundingClientRect();
  const { clientWidth } = document.documentElement;
  if (words.left < -tolerancePx || words.right > clientWidth + tolerancePx) return true;
  for (let box = text.parentElement; box !== null; box = box.parentElement) {
    const { overflowX, overflowY } = getComputedStyle(box);
    const edges = box.getBoundingClientRect();
    const hidesX = overflowX === 'hidden' || overflowX === 'clip';
    const hidesY = overflowY === 'hidden' || overflowY === 'clip';
    if (hidesX && (words.left < edges.left - tolerancePx || words.right > edges.right + tolerancePx))
      return true;
    if (hidesY && (words.top < edges.top - tolerancePx || words.bottom > edges.bottom + tolerancePx))
      return true;
  }
  return false;
}
