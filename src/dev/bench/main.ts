/**
 * The bench: `npm run bench [-- row …] [--json] [--short]`. Measures each row with real processes, says whether it
 * holds, and writes the table to docs/benchmarks.md. A row that throws fails, and the others go on. Exit status 1 when a
 * row fails, 2 for words it does not know.
 */
import { parseArgs } from 'node:util';
import { enters } from './enters.ts';
import { confirmed } from './confirmed.ts';
import { gate } from './gate.ts';
import { growth } from './growth.ts';
import { joins } from './joins.ts';
import { looks } from './looks.ts';
import { overload } from './overload.ts';
import { sends } from './sends.ts';
import { openSockets } from './sockets.ts';
import { storeJoins } from './store-joins.ts';
import { redisMemory } from './store-memory.ts';
import { presence } from './store-presence.ts';
import { ticks } from './store-ticks.ts';
import { machineDescription, printed, resultTable, writeTable } from './report.ts';
import { type BenchRow, type RowResult, runRow } from './row.ts';

const benchRows: readonly BenchRow[] = [
  joins,
  looks,
  enters,
  gate,
  sends,
  openSockets,
  redisMemory,
  ticks,
  growth,
  presence,
  storeJoins,
  confirmed,
  overload,
];

const usage = `npm run bench -- [${benchRows.map(({ command }) => command).join('|')} …] [--json] [--short]`;

async function main(words: readonly string[]): Promise<number> {
  const asked = readWords(words);
  if (asked === null) {
    console.error(usage);
    return 2;
  }
  const { rows, json, short } = asked;
  const results: RowResult[] = [];
  const say = (line: string): void => console.error(`  ${line}`);
  for (const row of rows) {
    console.error(row.command);
    for (const result of await runRow(row, { isShort: short, say })) {
      console.error(printed(result));
      results.push(result);
    }
  }
  // A short form's values say nothing of the machine.
  if (!short) await writeTable(results, { isWhole: rows.length === benchRows.length });
  if (json) {
    const lines = results.map(({ name, value, unit, bar, holds }) => ({ name, value, unit, bar, holds }));
    console.log(JSON.stringify({ machine: machineDescription(), rows: lines }));
  }
  console.error(`\n${resultTable(results)}`);
  return results.every(({ holds }) => holds) ? 0 : 1;
}

function readWords(words: readonly string[]): { rows: BenchRow[]; json: boolean; short: boolean } | null {
  try {
    const options = {
      json: { type: 'boolean', default: false },
      short: { type: 'boolean', default: false },
    } as const;
    const { values, positionals } = parseArgs({ args: [...words], options, allowPositionals: true });
    const rows = benchRows.filter(({ command }) => positionals.length === 0 || positionals.includes(command));
    const known = positionals.every((word) => rows.some(({ command }) => command === word));
    return known ? { rows, ...values } : null;
  } catch {
    return null;
  }
}

process.exitCode = await main(process.argv.slice(2));
