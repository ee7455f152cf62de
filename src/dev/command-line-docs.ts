/** Writes docs/command-line.md from the command tree: `npm run docs`. A test compares the two. */
import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { exampleOf } from '../cli/command-tree.ts';
import { buildProgram } from '../cli/guichet.ts';
import { ownTerminal } from '../cli/terminal.ts';
import { findingIds } from '../cli/finding.ts';
import { Voice } from '../cli/voice.ts';

const introduction = `# The command line

\`\`\`sh
npm run guichet -- rooms                       # what rooms there are
npm run guichet -- watch                       # a live line per room
npm run guichet -- pause swimming --reason-in fr="Panne de paiement" --reason-in en="Payments are down"
npm run guichet -- doctor                      # is everything as it should be?
\`\`\`

Commands ask the internal listener, from any machine that reaches it; \`keys\` changes a file, and \`doctor\` is run where
the service runs, with its settings. They speak French or English: \`--lang fr\`, else \`LC_ALL\`, \`LC_MESSAGES\` or \`LANG\`.
For scripts, \`npm run --silent guichet -- … --json\` prints JSON and nothing else.

## Where, and with whose key

| variable | meaning | default |
|---|---|---|
| \`GUICHET_API_URL\` | The internal listener; \`--url\` goes before it. | \`http://127.0.0.1:9090\`, or the port of \`GUICHET_INTERNAL_PORT\` |
| \`GUICHET_API_KEY\` | The API key; with \`_FILE\` behind the name, the path of a file that holds it. | \`GUICHET_ADMIN_KEY\` or \`GUICHET_ADMIN_KEY_FILE\`, else the file \`admin-key\` in \`GUICHET_STATE_DIR\` |

A key is never an argument: every account of a machine can read the arguments of what runs there.

## What the shell hears

| exit code | meaning |
|---|---|
| 0 | It was done. |
| 1 | It was refused or failed, or the doctor found a fault. |
| 2 | The words were not understood, or the key or address is missing; nothing was asked of the service. |
| 3 | It waits for a second person. |

With \`--json\` a command prints one object on standard output (\`watch\`: one per room, a line each). When it ends with 1 or
2 it prints one on standard error instead: \`{"error": {"code", "title", "detail", "status", "retryAfterMs"}}\`. \`code\` is
one of [errors.md](errors.md), or of the command line's own: \`usage\`, \`no-key\`, \`file-unusable\`, \`service-away\`, \`service-slow\`,
\`not-guichet\`, \`dry-run-unknown\`, \`drill-without-redis\`, \`drill-without-visitors\`, \`failed\`. A doctor that found faults still prints its findings on standard output.

## Changing a room

A command reads the room first and sends its version along. When somebody else changed it in between, nothing is done and
they are named. \`--dry-run\` tells what would happen. The answer is one of

* \`{"kind": "done", "room": …}\`, the room as it is now;
* \`{"kind": "dry-run", "room": …, "effect": …}\`;
* \`{"kind": "waits", "proposal": …}\`, where the room's policy asks for a second person (exit code 3).

A service that does not answer within 8 seconds is given up with a sentence that says whether it may have been done.

## Commands

Every command also takes \`--json\`, \`--lang <language>\`, \`--url <url>\` and \`--help\`.
`;

/** Where the page lies. */
export const commandLinePageUrl = new URL('../../docs/command-line.md', import.meta.url);

/** Every command that runs, in the order of the help. */
export function commandsOf(program: Command): Command[] {
  return program.commands.flatMap((command) =>
    command.commands.length === 0 ? [command] : [...commandsOf(command)],
  );
}

/** As it is typed after `npm run guichet -- `. */
export function wordsOf(command: Command): string {
  const names: string[] = [];
  for (let at: Command | null = command; at?.parent; at = at.parent) names.unshift(at.name());
  return names.join(' ');
}

/** The page as it should be. */
export function commandLinePage(): string {
  const program = buildProgram(ownTerminal(), new Voice('en'));
  const findings = Object.entries(findingIds).map(([id, meaning]) => `| \`${id}\` | ${meaning} |\n`);
  return `${introduction}${commandsOf(program).map(sectionOf).join('')}${doctorHead}${findings.join('')}`;
}

const doctorHead = `
## What the doctor looks at

It reads the settings as the service does, so give it the same environment: in a container run it there, elsewhere as the
service's own account. It changes nothing. Each line is \`ok\`, a warning, a fault, or skipped: it does not apply here, or
something named above it has to be put right first. The exit code is 1 when there is a fault. With \`--json\` it prints
\`{"verdict": "ok | warning | fault", "findings": [{"id", "verdict", "sentence", "advice"}]}\`; ids do not change.

| id | what is so when it is ok |
|---|---|
`;

function sectionOf(command: Command): string {
  const help = command.createHelp();
  const words = wordsOf(command);
  const places = command.registeredArguments.map((argument) => help.argumentTerm(argument));
  const usage = help.commandUsage(command).replace(/^npm run guichet -- /, '');
  const rows = [
    ...command.registeredArguments.map((argument, index) => [
      places[index],
      help.argumentDescription(argument),
    ]),
    ...command.options.map((option) => [help.optionTerm(option), help.optionDescription(option)]),
  ];
  const table = rows.map(([term, description]) => `| \`${term}\` | ${description} |\n`).join('');
  return [
    `\n### ${words}\n\n${capital(command.description())}.\n\n\`\`\`\n${usage}\n\`\`\`\n`,
    rows.length === 0 ? '' : `\n| word | meaning |\n|---|---|\n${table}`,
    `\n\`\`\`sh\nnpm run guichet -- ${exampleOf(command)}\n\`\`\`\n`,
  ].join('');
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

if (import.meta.main) await writeFile(commandLinePageUrl, commandLinePage());
