/** The parser's own words, in the reader's language: heads of the help, and what is wrong with the words typed. */
import type { CommanderError, HelpConfiguration } from 'commander';
import type { Terminal } from './terminal.ts';
import type { Bilingual, Voice } from './voice.ts';

const frenchHeads: { readonly [head: string]: string } = {
  'Usage:': 'Emploi :',
  'Arguments:': 'Arguments :',
  'Options:': 'Options :',
  'Global Options:': 'Options communes :',
  'Commands:': 'Commandes :',
};

/** For the parser's help. */
export function helpTexts(terminal: Terminal, voice: Voice): HelpConfiguration {
  return {
    helpWidth: Math.min(terminal.columns(), 120),
    showGlobalOptions: true,
    styleTitle: (head) => (voice.language === 'fr' ? (frenchHeads[head] ?? head) : head),
  };
}

type Sentence = (quoted: readonly string[], rest: string) => string;

/** By the parser's code, from what it quotes and from what an argument's own check said. */
const french: { readonly [code: string]: Sentence } = {
  'commander.missingArgument': ([argument]) => `il manque l’argument « ${argument} »`,
  'commander.optionMissingArgument': ([option]) => `il manque la valeur de l’option « ${option} »`,
  'commander.unknownOption': ([option]) => `l’option « ${option} » n’existe pas`,
  'commander.unknownCommand': ([command]) => `la commande « ${command} » n’existe pas`,
  'commander.excessArguments': () => 'trop d’arguments',
  'commander.conflictingOption': ([one, other]) => `les options « ${one} » et « ${other} » s’excluent`,
  'commander.invalidArgument': (quoted, rest) =>
    `la valeur « ${quoted.find((text) => !text.startsWith('-'))} » ne convient pas. ${rest}`,
};

/** One sentence for the words that the parser refused. */
export function usageSentence({ code, message }: CommanderError): Bilingual {
  const english = message
    .replace(/^error: /, '')
    .replace(/\s*\n\s*/g, ' ')
    .replace(/[.]$/, '');
  const quoted = [...message.matchAll(/'([^']*)'/g)].map(([, text]) => text ?? '');
  const rest = /(?:is invalid|is invalid for argument '[^']*')\. (.*?)[.]?$/s.exec(message)?.[1] ?? '';
  const inFrench = french[code]?.(quoted, rest) ?? english;
  return { en: capital(english), fr: capital(inFrench) };
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
