/**
 * The table of docs/benchmarks.md, between two marks. A run of some rows replaces their lines and keeps the others, so
 * that the table is always that of the newest measurements; a run of all of them writes it anew. What was not measured
 * stays in it until the next run of anything.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import type { RowResult } from './row.ts';

const file = new URL('../../../docs/benchmarks.md', import.meta.url);
const begin = '<!-- npm run bench writes from here -->';
const end = '<!-- to here -->';
const notMeasured = 'not measured';
/** A message that was thrown may be a page long. */
const besideCharactersMax = 300;
const heading = ['| row | measured | bar | holds | beside it |', '|---|---|---|---|---|'];

/** Cores, memory, system and Node in one line. */
export function machineDescription(): string {
  const [cpu] = cpus();
  const memoryGiB = Math.round(totalmem() / 2 ** 30);
  return `${cpus().length} cores (${cpu?.model.trim()}), ${memoryGiB} GiB, ${process.platform} ${process.arch}, Node ${process.versions.node}`;
}

/** One line for people. */
export function printed(result: RowResult): string {
  const { name, bar, beside } = result;
  return `${verdictOf(result)}  ${name}: ${valueOf(result)} (${bar}) — ${oneLine(beside)}`;
}

/** All rows under each other for people, each with its verdict, and how many hold. */
export function resultTable(results: readonly RowResult[]): string {
  const rows = results.map((result) => [verdictOf(result), result.name, valueOf(result), result.bar]);
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)));
  const lines = rows.map((cells) => cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
  const failed = results.filter(({ holds }) => !holds).length;
  return [...lines, `${results.length - failed} hold, ${failed} fail`].join('\n');
}

function verdictOf({ holds }: RowResult): string {
  return holds ? 'holds' : 'FAILS';
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
    .filter((line) => line.startsWith('| ') && line !== heading[0] && !line.includes(`| ${notMeasured} |`));
  const lines = new Map([...kept, ...results.map(lineOf)].map((line) => [line.split(' | ')[0], line]));
  return [text.slice(0, from) + begin, '', about, '', ...heading, ...lines.values(), '', text.slice(to)].join(
    '\n',
  );
}

function lineOf(result: RowResult): string {
  const { name, bar, holds, beside } = result;
  const cell = oneLine(beside).replaceAll('|', '/');
  return `| ${name} | ${valueOf(result)} | ${bar} | ${holds ? 'yes' : '**no**'} | ${cell} |`;
}

/** Three digits are as much as such a machine can promise. */
function valueOf({ value, unit }: RowResult): string {
  if (value === null) return notMeasured;
  if (Number.isInteger(value)) return `${value} ${unit}`.trim();
  return `${Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3)} ${unit}`.trim();
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').slice(0, besideCharactersMax);
}
