/** rooms …: the rooms that there are, and their policies. */
import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { addCommand, roomArgument } from './command-tree.ts';
import { exitCodes, Refusal, usageRefusal } from './refusal.ts';
import { changeRoom, tellChange } from './room-changes.ts';
import { type RoomBody, roomLines, roomRows } from './room-words.ts';
import { situationOf } from './situation.ts';
import { rowsOf } from './table.ts';
import type { Terminal } from './terminal.ts';
import type { Bilingual, Voice } from './voice.ts';

/** `--dry-run`, on every command that changes a room. */
export const dryRunWords: Bilingual = {
  en: 'tell what would happen, and change nothing',
  fr: 'dire ce qui arriverait, sans rien changer',
};

export function addRooms(program: Command, terminal: Terminal, voice: Voice): void {
  const rooms = addCommand(program, voice, {
    name: 'rooms',
    description: { en: 'the rooms and their policies', fr: 'les salles et leurs politiques' },
    example: 'rooms',
  });
  addList(rooms, terminal, voice);
  addShow(rooms, terminal, voice);
  addPolicyCommands(rooms, terminal, voice);
  addDelete(rooms, terminal, voice);
}

function addList(rooms: Command, terminal: Terminal, voice: Voice): void {
  addCommand(rooms, voice, {
    name: 'list',
    description: { en: 'all rooms that the key is for', fr: 'toutes les salles que la clé ouvre' },
    example: 'rooms list --json',
    isDefault: true,
  }).action(async (_options: object, command: Command) => {
    const { api, tell } = situationOf(command, terminal);
    const { body } = await api.ask('/v1/rooms');
    const all = (body as { rooms: RoomBody[] }).rooms;
    const none = voice.say({ en: 'There is no room.', fr: 'Il n’y a pas de salle.' });
    tell(body, () => (all.length === 0 ? [none] : rowsOf(roomRows(all, voice))));
  });
}

function addShow(rooms: Command, terminal: Terminal, voice: Voice): void {
  addCommand(rooms, voice, {
    name: 'show',
    description: {
      en: 'one room; with --json its whole policy',
      fr: 'une salle ; avec --json, toute sa politique',
    },
    example: 'rooms show swimming',
  })
    .addArgument(roomArgument(voice))
    .action(async (roomId: string, _options: object, command: Command) => {
      const { api, tell } = situationOf(command, terminal);
      const { body } = await api.ask(`/v1/rooms/${roomId}`);
      tell(body, () => roomLines(body as RoomBody, voice));
    });
}

function addPolicyCommands(rooms: Command, terminal: Terminal, voice: Voice): void {
  const put = addCommand(rooms, voice, {
    name: 'put',
    description: {
      en: 'makes a room, or replaces its policy',
      fr: 'crée une salle, ou remplace sa politique',
    },
    example: 'rooms put swimming policy.json --dry-run',
  });
  const patch = addCommand(rooms, voice, {
    name: 'patch',
    description: { en: 'changes some fields of a policy', fr: 'modifie des champs d’une politique' },
    example: `rooms patch swimming policy.json`,
  });
  const file = {
    en: 'a file with the policy in JSON; - reads standard input',
    fr: 'un fichier qui contient la politique en JSON ; - lit l’entrée standard',
  };
  for (const [command, method] of [
    [put, 'PUT'],
    [patch, 'PATCH'],
  ] as const) {
    command
      .addArgument(roomArgument(voice))
      .argument('<file>', voice.say(file))
      .option('--dry-run', voice.say(dryRunWords))
      .action(async (roomId: string, path: string, { dryRun }: { dryRun?: true }, command: Command) => {
        const situation = situationOf(command, terminal);
        const body = await readPolicy(path, terminal);
        const isDryRun = dryRun === true;
        const make = method === 'PUT' ? { mayMake: true as const } : {};
        const change = await changeRoom(situation.api, roomId, { method, body, isDryRun, ...make });
        tellChange(change, situation, terminal);
      });
  }
}

function addDelete(rooms: Command, terminal: Terminal, voice: Voice): void {
  addCommand(rooms, voice, {
    name: 'delete',
    description: {
      en: 'deletes a room, with every ticket in it',
      fr: 'supprime une salle et tous ses billets',
    },
    example: 'rooms delete swimming --yes',
  })
    .addArgument(roomArgument(voice))
    .option(
      '--yes',
      voice.say({ en: 'yes: everybody in it loses their turn', fr: 'oui : tous y perdent leur tour' }),
    )
    .action(async (roomId: string, { yes }: { yes?: true }, command: Command) => {
      const situation = situationOf(command, terminal);
      if (!yes) {
        throw usageRefusal({
          en: `Everybody in ${roomId} would lose their turn: say --yes if that is meant`,
          fr: `Tous ceux de ${roomId} perdraient leur tour : dites --yes si c’est voulu`,
        });
      }
      const change = await changeRoom(situation.api, roomId, { method: 'DELETE' });
      if (change.kind === 'waits') return tellChange(change, situation, terminal);
      const line = voice.say({ en: `${roomId} is deleted.`, fr: `${roomId} est supprimée.` });
      situation.tell({ kind: 'done', deleted: roomId }, () => [line]);
    });
}

async function readPolicy(path: string, terminal: Terminal): Promise<unknown> {
  let text: string;
  try {
    text = path === '-' ? await terminal.input() : await readFile(path, 'utf8');
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? '';
    throw fileRefusal({ en: `${path} cannot be read (${why})`, fr: `${path} ne peut pas être lu (${why})` });
  }
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    const why = error instanceof Error ? error.message : '';
    throw fileRefusal({ en: `${path} is not JSON: ${why}`, fr: `${path} n’est pas du JSON : ${why}` });
  }
}

function fileRefusal(title: Bilingual): Refusal {
  return new Refusal({ code: 'file-unusable', title, exitCode: exitCodes.usage });
}
