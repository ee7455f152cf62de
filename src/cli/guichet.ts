/** npm run guichet -- <command>: what an administrator does at the machine. */
import { newKeys } from './keys.ts';

const usage = `Usage:
  npm run guichet -- keys new FILE    makes signing keys and writes them to FILE (mode 0600)`;

const [command, verb, ...rest] = process.argv.slice(2);
if (command === 'keys' && verb === 'new' && rest.length === 1) newKeys(rest[0] as string);
else {
  console.error(usage);
  process.exitCode = 2;
}
