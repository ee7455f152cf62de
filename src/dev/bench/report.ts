/**
 * The table of docs/benchmarks.md, between two marks. A run of some rows replaces their lines and keeps the others, so
 * that the table is always that of the newest measurements; a run of all of them writes it anew.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import type { RowResult } from './row.ts';

const file = new URL('../../../docs/benchmarks.md', import.meta.url);
const begin = '<!-- npm run bench writes from here -->';
const end = '<!-- to here -->';
const heading = ['| row | measured | bar | holds | beside it |', '|---|---|---|---|---|'];

/** Cores, memory, system and Node in one line. */
export function machineDescription(): string {
  const [cpu] = cpus();
  const memoryGiB = Math.round(totalmem() / 2 ** 30);
  return `${cpus().length} cores (${cpu?.model.trim()}), ${memoryGiB} GiB, ${process.platform} ${process.arch}, Node ${process.versions.node}`;
}

/** One line for people. */
export function printed({ name, value, unit, bar, holds, beside }: RowResult): string {
  return `${holds ? 'holds' : 'FAILS'}  ${name}: ${rounded(value)} ${unit} (${bar}) — ${beside}`;
}

/** Writes these rows into docs/benchmarks.md; `isWhole`: there are no others. */
export async function writeTable(
  results: readonly RowResult[],
  { isWhole }: { isWhole: boolean },
): Promise<void> {
  const before = await readFile(file, 'utf8');
  const text = isWhole ? withoutTable(before) : before;
  await writeFile(
    file,
    withTable(
      text,
      results,
      `${machineDescription()}; newest row of ${new Date().toISOString().slice(0, 10)}.`,
    ),
  );
}

function withoutTable(text: string): string {
  return text.slice(0, text.indexOf(begin) + begin.length) + text.slice(text.indexOf(end));
}

/** The document with these rows in its table. Throws when it has no marks. */
export function withTable(text: string, results: readonly RowResult[], about: string): string {
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error('docs/benchmarks.md has lost the marks of its table');
  const kept = text
    .slice(from, to)
    .split('\n')
    .filter((line) => line.startsWith('| ') && line !== heading[0]);
  const lines = new Map([...kept, ...results.map(lineOf)].map((line) => [line.split(' | ')[0], line]));
  return [text.slice(0, from) + begin, '', about, '', ...heading, ...lines.values(), '', text.slice(to)].join(
    '\n',
  );
}

function lineOf({ name, value, unit, bar, holds, beside }: RowResult): string {
  return `| ${name} | ${`${rounded(value)} ${unit}`.trim()} | ${bar} | ${holds ? 'yes' : '**no**'} | ${beside} |`;
}

/** Three digits are as much as such a machine can promise. */
function rounded(value: number): string {
  if (Number.isInteger(value)) return String(value);
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
