/** The command line in this process: what it prints, and what the shell hears. */
import { runGuichet } from '../../src/cli/guichet.ts';
import { exitCodes } from '../../src/cli/refusal.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import { type Clock, systemClock } from '../../src/domain/clock.ts';

export type CommandOptions = {
  environment?: Readonly<Record<string, string>>;
  /** Standard input. */
  input?: string;
  /** Absent: the machine's clock. */
  clock?: Clock;
  /** Wall time, on the machine's clock. */
  nowMs?: number;
  /** As if people looked at standard output. */
  isInteractive?: boolean;
  columns?: number;
  /** Ctrl-C. */
  interrupted?: AbortSignal;
  /** Told of each line of standard output as it is printed. */
  onLine?: (line: string) => void;
  /** The same of standard error. */
  onErrorLine?: (line: string) => void;
};

export type CommandAnswer = { code: number; out: string; err: string };

/** Runs `npm run guichet -- words`; resolves when the command is over. */
export async function guichet(
  words: string | readonly string[],
  options: CommandOptions = {},
): Promise<CommandAnswer> {
  const { environment = {}, input = '', nowMs, isInteractive = false, columns = 100 } = options;
  const { clock = systemClock, onLine, onErrorLine } = options;
  const answer = { out: '', err: '' };
  const terminal: Terminal = {
    out: (line) => {
      answer.out += `${line}\n`;
      onLine?.(line);
    },
    err: (line) => {
      answer.err += `${line}\n`;
      onErrorLine?.(line);
    },
    draw: (text) => void (answer.out += text),
    isInteractive,
    columns: () => columns,
    input: async () => input,
    environment: { ...environment },
    clock: nowMs === undefined ? clock : { ...systemClock, wallMs: () => nowMs },
    interrupted: () => options.interrupted ?? new AbortController().signal,
    exitCode: exitCodes.done,
  };
  await runGuichet(typeof words === 'string' ? words.split(' ') : words, terminal);
  return { code: terminal.exitCode, ...answer };
}

/** The same with `--json`: the one object, from standard output or, when it was refused, from standard error. */
export async function guichetJson(
  words: string | readonly string[],
  options: CommandOptions = {},
): Promise<{ code: number; body: { readonly [field: string]: unknown } }> {
  const list = typeof words === 'string' ? words.split(' ') : words;
  const { code, out, err } = await guichet([...list, '--json'], options);
  const text = out === '' ? err : out;
  if (out !== '' && err !== '') throw new Error(`printed on both: ${out}${err}`);
  return { code, body: JSON.parse(text) as { [field: string]: unknown } };
}
