/** npm run guichet -- <command>: what an administrator does at the machine. */
import { systemClock } from '../domain/clock.ts';
import { keysUsage, runKeys } from './keys.ts';

const usage = [
  'Usage: npm run guichet -- …',
  ...keysUsage.map(([words, meaning]) => `  ${words}\n      ${meaning}`),
];

const [command, ...words] = process.argv.slice(2);
try {
  const print = (line: string): void => console.log(line);
  const isKnown = command === 'keys' && runKeys(words, { print, nowMs: systemClock.wallMs() });
  if (!isKnown) {
    console.error(usage.join('\n'));
    process.exitCode = 2;
  }
} catch (error) {
  // One sentence: where it was thrown says nothing to an administrator.
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
