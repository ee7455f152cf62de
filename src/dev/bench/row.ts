/**
 * What a row of the bench is: something measured with real processes, compared with a bar. A row measures, and says
 * what it saw; it changes nothing and prints its progress by `say` only. main.ts runs rows and writes the table. A row
 * that throws was not measured, which is a line that fails: the others go on.
 */

/** One line of the table. */
export type RowResult = {
  name: string;
  /** In `unit`; null: not measured. */
  value: number | null;
  unit: string;
  /** What must hold, as people read it: `≥ 0.60`. */
  bar: string;
  holds: boolean;
  /** Figures beside it that say how it came about. */
  beside: string;
};

export type BenchOptions = {
  /** A quick form that shows that the row works; its value is rough. */
  isShort: boolean;
  /** Says what is being done, for whoever waits. */
  say: (line: string) => void;
};

export type BenchRow = {
  /** Asked for by `npm run bench -- <command>`. */
  command: string;
  run: (options: BenchOptions) => Promise<RowResult[]>;
};

/** What a line says before it is compared with a bar. */
type Measured = Pick<RowResult, 'name' | 'unit' | 'beside'> & { value: number };

/** The row's lines; of a row that throws, one that fails and says why. Never rejects. */
export async function runRow({ command, run }: BenchRow, options: BenchOptions): Promise<RowResult[]> {
  try {
    return await run(options);
  } catch (error) {
    const beside = error instanceof Error ? error.message : String(error);
    return [{ name: command, value: null, unit: '', bar: 'measured', holds: false, beside }];
  }
}

/** The line for a value that must not be below `bar`. */
export function atLeast(bar: number, { name, value, unit, beside }: Measured): RowResult {
  return { name, value, unit, bar: `≥ ${bar}`, holds: value >= bar, beside };
}

/** The line for a value that must not be above `bar`. */
export function atMost(bar: number, { name, value, unit, beside }: Measured): RowResult {
  return { name, value, unit, bar: `≤ ${bar}`, holds: value <= bar, beside };
}

/** The middle value; of an even count, the mean of the two in the middle. Throws for none. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The value below which the share `rank` (0–1) of all values lies, straight between neighbours. Throws for none. */
export function quantile(values: readonly number[], rank: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  const at = (sorted.length - 1) * rank;
  const low = sorted[Math.floor(at)];
  const high = sorted[Math.ceil(at)];
  if (low === undefined || high === undefined) throw new Error('no values to take a quantile of');
  return low + (high - low) * (at - Math.floor(at));
}
