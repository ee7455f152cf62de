/**
 * How commands are made: each has a description, one example, and its help in the language of the reader.
 * docs/command-line.md is made from the same tree.
 */
import { Argument, type Command, InvalidArgumentError, Option } from 'commander';
import { isRoomId } from '../domain/room.ts';
import type { Bilingual, Voice } from './voice.ts';

const examples = new WeakMap<Command, string>();

type CommandWords = {
  /** Its name, as typed after its parent's. */
  name: string;
  description: Bilingual;
  /** What follows `npm run guichet -- `; a comment may stand behind it. */
  example: string;
  /** Also what its parent does when nothing follows it. */
  isDefault?: true;
};

/** A command below `parent`. */
export function addCommand(parent: Command, voice: Voice, words: CommandWords): Command {
  const { name, description, isDefault = false } = words;
  const command = parent.command(name, { isDefault }).description(voice.say(description)).helpCommand(false);
  examples.set(command, words.example);
  command.addHelpText(
    'after',
    `\n${voice.say({ en: 'Example:', fr: 'Exemple :' })}\n  npm run guichet -- ${words.example}`,
  );
  return command;
}

/** The example of a command that `addCommand` made. */
export const exampleOf = (command: Command): string | undefined => examples.get(command);

/** `<room>`, refused before anything is asked of the service when it can be none. */
export function roomArgument(voice: Voice): Argument {
  return new Argument(
    '<room>',
    voice.say({ en: 'the room’s id', fr: 'l’identifiant de la salle' }),
  ).argParser((text: string) => parsedRoomId(text, voice));
}

/** The same for `[room]`. */
export function optionalRoomArgument(voice: Voice): Argument {
  const words = {
    en: 'the room’s id; none: the service itself',
    fr: 'l’identifiant de la salle ; aucun : le service',
  };
  return new Argument('[room]', voice.say(words)).argParser((text: string) => parsedRoomId(text, voice));
}

/** The same for `[room…]`. */
export function roomsArgument(voice: Voice): Argument {
  const words = {
    en: 'the rooms’ ids; none: every room',
    fr: 'les identifiants des salles ; aucun : toutes',
  };
  return new Argument('[rooms...]', voice.say(words)).argParser(
    (text: string, before: string[] | undefined) => [...(before ?? []), parsedRoomId(text, voice)],
  );
}

function parsedRoomId(text: string, voice: Voice): string {
  if (isRoomId(text)) return text;
  throw new InvalidArgumentError(
    voice.say({
      en: 'A room id is lower-case words joined by hyphens.',
      fr: 'Un identifiant de salle est fait de mots en minuscules reliés par des traits d’union.',
    }),
  );
}

/** An option whose value is a whole number; whether it is within bounds, the service says. */
export function numberOption(flags: string, description: Bilingual, voice: Voice): Option {
  return new Option(flags, voice.say(description)).argParser((text: string) => {
    if (/^\d{1,12}$/.test(text)) return Number(text);
    throw new InvalidArgumentError(
      voice.say({ en: 'It must be a whole number.', fr: 'Ce doit être un nombre entier.' }),
    );
  });
}

/** An option that may be given several times, as `LANGUAGE=TEXT`. */
export function textInOption(flags: string, description: Bilingual, voice: Voice): Option {
  return new Option(flags, voice.say(description)).argParser(
    (text: string, before: { [language: string]: string } | undefined) => {
      const [, language, words] = /^([a-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,2})=(.+)$/s.exec(text) ?? [];
      if (language !== undefined && words !== undefined) return { ...before, [language]: words };
      throw new InvalidArgumentError(
        voice.say({ en: 'It must be as es=TEXT.', fr: 'Ce doit être comme es=TEXTE.' }),
      );
    },
  );
}
