/** open, pause, resume, drain, close, bypass, pace, notice: what changes while people wait. */
import type { Command } from 'commander';
import type { LocalizedText } from '../domain/room.ts';
import { addCommand, numberOption, roomArgument, textInOption } from './command-tree.ts';
import { usageRefusal } from './refusal.ts';
import { changeRoom, tellChange } from './room-changes.ts';
import { dryRunWords } from './rooms.ts';
import { type RoomBody, paceText } from './room-words.ts';
import { situationOf } from './situation.ts';
import type { Terminal } from './terminal.ts';
import type { Bilingual, Voice } from './voice.ts';

/** The verb, what it does, and what follows the room in its example. */
const verbs: readonly (readonly [verb: string, description: Bilingual, example: string])[] = [
  ['open', { en: 'admits people', fr: 'laisse entrer les gens' }, ''],
  [
    'pause',
    {
      en: 'admits nobody for now; joining goes on',
      fr: 'ne laisse entrer personne pour l’instant ; la file reste ouverte',
    },
    ' --reason-in fr="Panne de paiement" --reason-in en="Payments are down"',
  ],
  ['resume', { en: 'opens a paused room again', fr: 'rouvre une salle en pause' }, ''],
  [
    'drain',
    {
      en: 'admits those who wait, and nobody else joins',
      fr: 'laisse entrer ceux qui attendent ; plus personne ne rejoint la file',
    },
    '',
  ],
  ['close', { en: 'nobody joins or is admitted', fr: 'plus personne ne rejoint la file ni n’entre' }, ''],
  [
    'bypass',
    {
      en: 'the way out: everyone passes, nobody queues',
      fr: 'l’issue de secours : tous passent, personne n’attend',
    },
    ' --reason "Registrations are open to all this evening."',
  ],
];

export function addSteering(program: Command, terminal: Terminal, voice: Voice): void {
  for (const verb of verbs) addState(program, { terminal, voice, verb });
  addPace(program, terminal, voice);
  addNotice(program, terminal, voice);
}

type StateOptions = { reason?: string; reasonIn?: { [language: string]: string }; dryRun?: true };

function addState(
  program: Command,
  {
    terminal,
    voice,
    verb: [verb, description, example],
  }: { terminal: Terminal; voice: Voice; verb: (typeof verbs)[number] },
): void {
  const inWords = {
    en: 'the reason in one language, as fr=TEXT; again for others',
    fr: 'le motif dans une langue, comme fr=TEXTE ; à répéter',
  };
  addCommand(program, voice, { name: verb, description, example: `${verb} swimming${example}` })
    .addArgument(roomArgument(voice))
    .option(
      '--reason <text>',
      voice.say({ en: 'why; every visitor reads it', fr: 'pourquoi ; chaque visiteur le lit' }),
    )
    .addOption(textInOption('--reason-in <language=text>', inWords, voice))
    .option('--dry-run', voice.say(dryRunWords))
    .action(async (roomId: string, { reason, reasonIn, dryRun }: StateOptions, command: Command) => {
      const situation = situationOf(command, terminal);
      const text = textOf({ plain: reason, inLanguages: reasonIn, names: '--reason, --reason-in' });
      const change = await changeRoom(situation.api, roomId, {
        method: 'POST',
        path: `/${verb}`,
        body: text === null ? {} : { reason: text },
        isDryRun: dryRun === true,
      });
      tellChange(change, situation, terminal);
    });
}

type PaceOptions = { perMinute?: number; capacity?: number; batch?: number; dryRun?: true };

function addPace(program: Command, terminal: Terminal, voice: Voice): void {
  const number = (flags: string, en: string, fr: string) => numberOption(flags, { en, fr }, voice);
  addCommand(program, voice, {
    name: 'pace',
    description: {
      en: 'how many are let in; without an option: tells it',
      fr: 'combien entrent ; sans option : le dit',
    },
    example: 'pace swimming --per-minute 300 --capacity 120 --dry-run',
  })
    .addArgument(roomArgument(voice))
    .addOption(number('--per-minute <number>', 'admissions a minute', 'entrées par minute'))
    .addOption(
      number('--capacity <number>', 'how many may be inside at once', 'combien peuvent être à l’intérieur'),
    )
    .addOption(
      number('--batch <number>', 'the most admitted at one moment', 'le plus d’entrées en un instant'),
    )
    .option('--dry-run', voice.say(dryRunWords))
    .action(async (roomId: string, options: PaceOptions, command: Command) => {
      const situation = situationOf(command, terminal);
      const { perMinute: outflowPerMinute, capacity, batch: batchSizeMax, dryRun } = options;
      const asked = { outflowPerMinute, capacity, batchSizeMax };
      if (Object.values(asked).every((value) => value === undefined)) {
        const { body } = await situation.api.ask(`/v1/rooms/${roomId}`);
        const { policy } = body as RoomBody;
        const now = {
          outflowPerMinute: policy.outflowPerMinute,
          capacity: policy.capacity,
          batchSizeMax: policy.batchSizeMax,
        };
        return situation.tell({ kind: 'now', roomId, ...now }, () => [paceLine(roomId, now, voice)]);
      }
      const isDryRun = dryRun === true;
      const question = { method: 'PATCH', path: '/admission', body: asked, isDryRun } as const;
      tellChange(await changeRoom(situation.api, roomId, question), situation, terminal);
    });
}

function paceLine(
  roomId: string,
  {
    outflowPerMinute,
    capacity,
    batchSizeMax,
  }: Pick<RoomBody['policy'], 'outflowPerMinute' | 'capacity' | 'batchSizeMax'>,
  voice: Voice,
): string {
  const [pace, inside, batch] = [
    paceText(outflowPerMinute, voice),
    voice.number(capacity),
    voice.number(batchSizeMax),
  ];
  return voice.say({
    en: `${roomId}: ${pace}, at most ${inside} inside, at most ${batch} at one moment`,
    fr: `${roomId} : ${pace}, au plus ${inside} à l’intérieur, au plus ${batch} en un instant`,
  });
}

type NoticeOptions = {
  fr?: string;
  en?: string;
  in?: { [language: string]: string };
  clear?: true;
  dryRun?: true;
};

function addNotice(program: Command, terminal: Terminal, voice: Voice): void {
  const inWords = {
    en: 'the message in another language, as es=TEXT; again for others',
    fr: 'le message dans une autre langue, comme es=TEXTE ; à répéter',
  };
  addCommand(program, voice, {
    name: 'notice',
    description: { en: 'the message to everyone in the room', fr: 'le message à tous ceux de la salle' },
    example: 'notice swimming --fr "Les paiements reprennent à 18 h 40." --en "Payments resume at 6:40 p.m."',
  })
    .addArgument(roomArgument(voice))
    .argument(
      '[text]',
      voice.say({ en: 'one message for every language', fr: 'un seul message pour toutes les langues' }),
    )
    .option('--fr <text>', voice.say({ en: 'the message in French', fr: 'le message en français' }))
    .option('--en <text>', voice.say({ en: 'the message in English', fr: 'le message en anglais' }))
    .addOption(textInOption('--in <language=text>', inWords, voice))
    .option('--clear', voice.say({ en: 'takes the message away', fr: 'enlève le message' }))
    .option('--dry-run', voice.say(dryRunWords))
    .action(async (roomId: string, plain: string | undefined, options: NoticeOptions, command: Command) => {
      const situation = situationOf(command, terminal);
      const { fr, en, clear, dryRun } = options;
      const inLanguages = {
        ...options.in,
        ...(fr === undefined ? {} : { fr }),
        ...(en === undefined ? {} : { en }),
      };
      const notice = textOf({ plain, inLanguages, names: 'text, --fr, --en, --in' });
      if ((notice === null) !== (clear === true)) {
        throw usageRefusal({
          en: 'A notice is either a text, or --clear',
          fr: 'Un avis est soit un texte, soit --clear',
        });
      }
      const change = await changeRoom(situation.api, roomId, {
        path: '/notice',
        isDryRun: dryRun === true,
        ...(notice === null ? { method: 'DELETE' } : { method: 'PUT', body: { notice } }),
      });
      tellChange(change, situation, terminal);
    });
}

/** One text for all languages, or one for each; null: none was given. */
function textOf({
  plain,
  inLanguages = {},
  names,
}: {
  plain: string | undefined;
  inLanguages: { [language: string]: string } | undefined;
  names: string;
}): LocalizedText | null {
  const isInLanguages = Object.keys(inLanguages).length > 0;
  if (plain === undefined) return isInLanguages ? inLanguages : null;
  if (!isInLanguages) return plain;
  throw usageRefusal({
    en: `One text for all languages, or one for each (${names}): not both`,
    fr: `Un texte pour toutes les langues, ou un pour chacune (${names}) : pas les deux`,
  });
}
