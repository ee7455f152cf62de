/** Code in documents that tests run: the document is its only source. */
import { readFileSync } from 'node:fs';

/** The page at this path below docs/. */
export function documentAt(path: string): string {
  return readFileSync(new URL(`../../docs/${path}`, import.meta.url), 'utf8');
}

/** The one block of the page that is opened by these words: its language, and a file name where there are several. */
export function fencedBlock(page: string, words: string): string {
  const blocks = [
    ...page.matchAll(new RegExp(`^\`\`\`${RegExp.escape(words)}\\n([\\s\\S]*?)^\`\`\`$`, 'gm')),
  ];
  if (blocks.length !== 1) throw new Error(`the page has ${blocks.length} blocks of ${words}, not one`);
  return blocks[0]?.[1] ?? '';
}

/** The text with other values for its examples, each of which must be in it. */
export function withValues(text: string, values: Readonly<Record<string, string>>): string {
  return Object.entries(values).reduce((written, [example, value]) => {
    if (!written.includes(example)) throw new Error(`there is no ${example} to be replaced`);
    return written.replaceAll(example, () => value);
  }, text);
}

/** The rows of the page's table whose head begins with this cell; marks of code taken off. */
export function tableRows(page: string, head: string): string[][] {
  const lines = page.split('\n');
  const start = lines.findIndex((line) => line.startsWith(`| ${head} |`)) + 2;
  const length = lines.slice(start).findIndex((line) => !line.startsWith('|'));
  return lines.slice(start, start + length).map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim().replaceAll('`', '')),
  );
}
