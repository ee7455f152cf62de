/**
 * npm run guichet -- <command>: what an administrator does at the machine, and an operator from anywhere.
 *
 * A group of commands is one file, registered here. Commands that steer rooms ask the internal API and know nothing of the
 * store; `keys` changes a file; `doctor` looks at everything. Nothing is asked twice behind one's back: a command that got
 * no answer says so, and is repeated by whoever typed it.
 */
import { Command, CommanderError, Option } from 'commander';
import { addAudit } from './audit.ts';
import { addApiKeys } from './api-keys.ts';
import { addDoctor } from './doctor.ts';
import { addDrill } from './drill.ts';
import { addKeys } from './keys.ts';
import { helpTexts, usageSentence } from './parser-texts.ts';
import { Refusal, refusalBody, refusalLines, usageRefusal } from './refusal.ts';
import { addRooms } from './rooms.ts';
import { addSecondPerson } from './second-person.ts';
import { addSteering } from './steering.ts';
import { ownTerminal, type Terminal } from './terminal.ts';
import { localeOf, Voice } from './voice.ts';
import { addWatch } from './watch.ts';

/** Every group, in the order of the help: each adds its commands to the program. */
const groups: readonly ((program: Command, terminal: Terminal, voice: Voice) => void)[] = [
  addRooms,
  addSteering,
  addSecondPerson,
  addWatch,
  addApiKeys,
  addAudit,
  addKeys,
  addDoctor,
  addDrill,
];

/** The whole command tree; nothing runs until it is given words. With `isJson` help that nobody asked for is left out. */
export function buildProgram(terminal: Terminal, voice: Voice, { isJson = false } = {}): Command {
  const program = new Command('npm run guichet --');
  const option = (flags: string, en: string, fr: string): Option => new Option(flags, voice.say({ en, fr }));
  program
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.draw(text),
      writeErr: (text) => {
        if (!isJson) terminal.err(text.trimEnd());
      },
      // Said where all refusals are.
      outputError: () => {},
    })
    .configureHelp(helpTexts(terminal, voice))
    .description(
      voice.say({
        en: 'Steers rooms, and looks after Guichet.',
        fr: 'Pilote les salles et veille sur Guichet.',
      }),
    )
    .addOption(option('--json', 'one JSON object instead of text', 'un objet JSON au lieu d’un texte'))
    .addOption(option('--lang <language>', 'fr or en (else LANG)', 'fr ou en (sinon LANG)'))
    .addOption(
      option(
        '--url <url>',
        'Guichet’s internal listener (else GUICHET_API_URL)',
        'l’écoute interne de Guichet (sinon GUICHET_API_URL)',
      ),
    )
    .helpOption('-h, --help', voice.say({ en: 'how to use it', fr: 'le mode d’emploi' }))
    .helpCommand(false);
  for (const add of groups) add(program, terminal, voice);
  return program;
}

/** Does what the words say; what the shell is to hear is in the terminal when this resolves. Never rejects. */
export async function runGuichet(words: readonly string[], terminal: Terminal): Promise<void> {
  const { language, isJson } = commonOptionsOf(words);
  const locale = localeOf(language, terminal.environment);
  const voice = new Voice(locale ?? 'en');
  try {
    if (locale === null) {
      throw usageRefusal({
        en: `--lang is fr or en, not ${language}`,
        fr: `--lang est fr ou en, pas ${language}`,
      });
    }
    await buildProgram(terminal, voice, { isJson }).parseAsync([...words], { from: 'user' });
  } catch (error) {
    refuse(error, { terminal, voice, isJson });
  }
}

function refuse(
  error: unknown,
  { terminal, voice, isJson }: { terminal: Terminal; voice: Voice; isJson: boolean },
): void {
  // Help that was asked for.
  if (error instanceof CommanderError && error.exitCode === 0) return;
  const refusal = refusalOf(error);
  terminal.exitCode = refusal.exitCode;
  const isShown = error instanceof CommanderError && error.code === 'commander.help';
  if (isJson) terminal.err(JSON.stringify(refusalBody(refusal, voice)));
  else if (!isShown) for (const line of refusalLines(refusal, voice)) terminal.err(line);
}

function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof CommanderError) {
    if (error.code !== 'commander.help') return usageRefusal(usageSentence(error));
    return usageRefusal({
      en: 'These words are not a whole command',
      fr: 'Ces mots ne font pas une commande',
    });
  }
  // One sentence: where it was thrown says nothing to an administrator.
  const words = (error instanceof Error ? error.message : String(error)).replace(/[.]$/, '');
  return new Refusal({ code: 'failed', title: { en: words, fr: words } });
}

/** What must be known before the words are parsed, so that also their refusal is in the right shape and language. */
function commonOptionsOf(words: readonly string[]): { language: string | undefined; isJson: boolean } {
  const at = words.findIndex((word) => word === '--lang' || word.startsWith('--lang='));
  const word = words[at];
  const language = word === '--lang' ? words[at + 1] : word?.slice('--lang='.length);
  return { language, isJson: words.includes('--json') };
}

if (import.meta.main) {
  const terminal = ownTerminal();
  await runGuichet(process.argv.slice(2), terminal);
  process.exitCode = terminal.exitCode;
}
