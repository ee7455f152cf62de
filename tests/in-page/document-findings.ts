/** What is wrong with the document itself, however it is shown: its language, the way to its content, its headings. */
import { elementName } from './element-name.ts';
import { elementsIn } from './flat-tree.ts';

export function documentFindings({ language, direction }: { language: string; direction: string }): string[] {
  const root = document.documentElement;
  const findings: string[] = [];
  if (root.lang !== language) findings.push(`the language is “${root.lang}”, not ${language}`);
  if (root.dir !== direction || getComputedStyle(root).direction !== direction)
    findings.push(`the direction is “${root.dir}”, not ${direction}`);
  if (document.querySelector('meta[http-equiv="refresh" i]') !== null) findings.push('reloads by itself');
  const [first] = elementsIn<HTMLAnchorElement>('a[href], button, summary, input:not([type=hidden])');
  const leadsTo = first?.hash ? document.getElementById(first.hash.slice(1)) : null;
  if (!leadsTo?.closest('main')) findings.push('the first control does not lead to the content');
  return [...findings, ...headingFindings()];
}

/** Opens whatever can be unfolded. */
export function unfold(): void {
  for (const details of elementsIn<HTMLDetailsElement>('details')) details.open = true;
}

/** One first heading, and no level left out on the way down. */
function headingFindings(): string[] {
  const findings: string[] = [];
  let before = 0;
  for (const heading of elementsIn('h1, h2, h3, h4, h5, h6')) {
    if (!heading.checkVisibility()) continue;
    const level = Number(heading.localName.slice(1));
    if (level > before + 1 || (level === 1 && before > 0))
      findings.push(`heading order: ${elementName(heading)} comes after level ${before}`);
    before = level;
  }
  return before === 0 ? ['there is no heading'] : findings;
}
