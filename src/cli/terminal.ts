/** Where a command is typed and answered: the process's own streams, or a test's. */
import { text } from 'node:stream/consumers';
import { type Clock, systemClock } from '../domain/clock.ts';
import { ownEnvironment } from './connection.ts';
import { type ExitCode, exitCodes } from './refusal.ts';

export type Terminal = {
  /** Standard output and standard error, a line each time. */
  out: (line: string) => void;
  err: (line: string) => void;
  /** Standard output as it is: for what is drawn again in place. */
  draw: (text: string) => void;
  /** Whether people look at standard output, and how wide it is. */
  isInteractive: boolean;
  columns: () => number;
  /** All of standard input. */
  input: () => Promise<string>;
  environment: NodeJS.ProcessEnv;
  clock: Clock;
  /** Aborts at Ctrl-C or SIGTERM. Asked for by commands that have something to tidy up; the others just end. */
  interrupted: () => AbortSignal;
  /** What the shell hears when the command is over. */
  exitCode: ExitCode;
};

const widthWithoutTerminal = 120;

/** This process's. */
export function ownTerminal(): Terminal {
  const { stdout, stderr } = process;
  // `guichet … | head -1`: whoever read has read enough.
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(exitCodes.done);
    throw error;
  });
  return {
    out: (line) => void stdout.write(`${line}\n`),
    err: (line) => void stderr.write(`${line}\n`),
    draw: (drawn) => void stdout.write(drawn),
    isInteractive: stdout.isTTY,
    // A terminal that has not been told its width says 0.
    columns: () => stdout.columns || widthWithoutTerminal,
    input: () => text(process.stdin),
    environment: ownEnvironment,
    clock: systemClock,
    interrupted: () => {
      const controller = new AbortController();
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => controller.abort());
      return controller.signal;
    },
    exitCode: exitCodes.done,
  };
}
