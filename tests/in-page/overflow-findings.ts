/** Whether all words are there to be read at this width and size of text, without scrolling sideways. */
import { elementName, isSeen } from './element-name.ts';
import { everyRoot, nodesIn, parentOf } from './flat-tree.ts';

/** Edges of glyphs and halves of pixels. */
const tolerancePx = 1;

/** WCAG 1.4.12: a reader may set text this wide apart. */
const spacing =
  '* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important; } p { margin-block-end: 2em !important; }';
const twice = ':root { font-size: 200% !important; }';
const sheet = new CSSStyleSheet();

/** As the reader's own style sheet would: text at twice its size, set apart, or as the page has it. */
export function spaceText(how: 'as it is' | 'twice as large' | 'set apart'): void {
  sheet.replaceSync(how === 'as it is' ? '' : how === 'set apart' ? spacing : twice);
  for (const root of everyRoot()) {
    if (!root.adoptedStyleSheets.includes(sheet)) root.adoptedStyleSheets.push(sheet);
  }
}

export function overflowFindings(): string[] {
  const { scrollWidth, clientWidth } = document.documentElement;
  const findings = scrollWidth > clientWidth ? [`scrolls sideways: ${scrollWidth} in ${clientWidth} px`] : [];
  const elements = new Set<Element>();
  for (const node of nodesIn(document.body)) {
    const element = node instanceof Text ? parentOf(node) : null;
    if (element === null || node.textContent?.trim() === '' || elements.has(element)) continue;
    elements.add(element);
    if (isSeen(element) && isCut(node as Text)) findings.push(`is cut off: ${elementName(element)}`);
  }
  return findings;
}

/** Whether part of a text lies outside the window's width or of a box that hides what does not fit. */
function isCut(text: Text): boolean {
  const range = document.createRange();
  range.selectNodeContents(text);
  const words = range.getBoundingClientRect();
  const { clientWidth } = document.documentElement;
  if (words.left < -tolerancePx || words.right > clientWidth + tolerancePx) return true;
  for (let box = parentOf(text); box !== null; box = parentOf(box)) {
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
