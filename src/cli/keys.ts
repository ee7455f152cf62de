/** keys …: signing keys for the service, and their rotation (docs/keys.md). */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { isRoomId, type PassAlgorithm, passAlgorithms } from '../domain/room.ts';
import {
  addNextKeys,
  dropRetiredKeys,
  type KeyState,
  type ListedKey,
  listKeys,
  useNextKeys,
} from '../service/key-rotation.ts';
import { type KeyRing, newKeysFile } from '../service/signing-keys.ts';
import { alarmSecrets, shownWebhookSecret, webhookSecrets } from '../service/webhook-signing.ts';
import { addCommand } from './command-tree.ts';
import { changeKeysFile, createKeysFile, readKeysFile } from './keys-file.ts';
import { situationOf } from './situation.ts';
import type { Terminal } from './terminal.ts';
import type { Bilingual, Voice } from './voice.ts';

/** What a verb answers with. */
type Told = { result: object; lines: string[] };
type Parts = { path: string; nowMs: number; voice: Voice };

const example = '/etc/guichet/signing-keys.json';

export function addKeys(program: Command, terminal: Terminal, voice: Voice): void {
  const keys = addCommand(program, voice, {
    name: 'keys',
    description: { en: 'signing keys, and their rotation', fr: 'les clés de signature et leur rotation' },
    example: `keys list ${example}`,
  });
  const add = (name: string, description: Bilingual, words = ''): Command =>
    addCommand(keys, voice, { name, description, example: `keys ${name} ${example}${words}` }).argument(
      '<FILE>',
      voice.say({ en: 'the keys file', fr: 'le fichier des clés' }),
    );
  const run = (command: Command, verb: (parts: Parts, options: VerbOptions, more?: string) => Told): void => {
    command.action((path: string, ...rest: unknown[]) => {
      const [options, more] = rest.length === 3 ? [rest[1], rest[0]] : [rest[0], undefined];
      const nowMs = terminal.clock.wallMs();
      const { result, lines } = verb(
        { path, nowMs, voice },
        options as VerbOptions,
        more as string | undefined,
      );
      situationOf(command, terminal).tell(result, () => lines);
    });
  };
  run(add('new', descriptions.new), make);
  run(add('add', descriptions.add), addNext);
  run(add('use', descriptions.use), use);
  const force = { en: 'all that are retired', fr: 'toutes celles qui sont retirées' };
  run(add('drop', descriptions.drop).option('--force', voice.say(force)), drop);
  run(add('list', descriptions.list), list);
  run(
    add('public', descriptions.public, ' --alg RS256')
      .addOption(
        new Option('--alg <algorithm>', voice.say({ en: 'of passes', fr: 'des laissez-passer' }))
          .choices(passAlgorithms)
          .default('ES256'),
      )
      .option('--kid <kid>', voice.say({ en: 'this key alone', fr: 'cette clé seulement' })),
    publicKeys,
  );
  run(
    add('webhook-secret', descriptions['webhook-secret'], ' swimming')
      .argument('[ROOM]', voice.say({ en: 'the room’s id', fr: 'l’identifiant de la salle' }))
      .option(
        '--alarms',
        voice.say({ en: 'those of messages about alarms', fr: 'ceux des messages d’alarme' }),
      ),
    sharedSecrets,
  );
}

type VerbOptions = { force?: true; alarms?: boolean; alg?: PassAlgorithm; kid?: string };

const descriptions = {
  new: {
    en: 'makes signing keys and writes them to FILE (mode 0600)',
    fr: 'crée des clés de signature et les écrit dans FILE (mode 0600)',
  },
  add: {
    en: 'adds the next key to each ring: it verifies and is published, and signs nothing yet',
    fr: 'ajoute la clé suivante à chaque anneau : elle vérifie et est publiée, mais ne signe rien encore',
  },
  use: {
    en: 'the next keys sign from now on; those that signed until now are retired',
    fr: 'les clés suivantes signent désormais ; celles qui signaient sont retirées',
  },
  drop: {
    en: 'removes retired keys whose tokens are all over',
    fr: 'enlève les clés retirées dont tous les jetons sont périmés',
  },
  list: {
    en: 'tells the keys, which sign, since when others are retired; no secret',
    fr: 'dit les clés, lesquelles signent, depuis quand d’autres sont retirées ; aucun secret',
  },
  public: {
    en: 'prints public keys of passes in PEM',
    fr: 'affiche les clés publiques des laissez-passer en PEM',
  },
  'webhook-secret': {
    en: 'prints the secrets by which the room’s webhooks, or those about alarms, are checked',
    fr: 'affiche les secrets qui vérifient les webhooks de la salle, ou ceux des alarmes',
  },
} as const satisfies { readonly [verb: string]: Bilingual };

function make({ path, voice }: Parts): Told {
  try {
    createKeysFile(path, newKeysFile({ withRsa: true }));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new Error(
      voice.say({
        en: `${path} is there already; it was left alone.`,
        fr: `${path} existe déjà ; il n’a pas été touché.`,
      }),
      { cause: error },
    );
  }
  const line = voice.say({
    en: `Wrote new signing keys to ${path} (mode 0600). Give every replica the same file.`,
    fr: `Nouvelles clés de signature écrites dans ${path} (mode 0600). Donnez le même fichier à chaque réplique.`,
  });
  return { result: { file: path, keys: listKeys(readKeysFile(path).stored) }, lines: [line] };
}

function addNext({ path, voice }: Parts): Told {
  let keys: ListedKey[] = [];
  changeKeysFile(path, (before) => {
    const { stored, added } = addNextKeys(before);
    if (added.length === 0)
      throw new Error(
        voice.say({
          en: 'Every ring has a next key already; nothing was changed.',
          fr: 'Chaque anneau a déjà une clé suivante ; rien n’a été changé.',
        }),
      );
    keys = added;
    return stored;
  });
  const then = voice.say({
    en: 'When every replica has this file and checkers have the new public keys: keys use (docs/keys.md).',
    fr: 'Quand chaque réplique a ce fichier et que les vérificateurs ont les nouvelles clés publiques : keys use (docs/keys.md).',
  });
  return { result: { file: path, added: keys }, lines: [...keys.map((key) => described(key, voice)), then] };
}

function use({ path, nowMs, voice }: Parts): Told {
  let keys: ListedKey[] = [];
  changeKeysFile(path, (before) => {
    const { stored, used } = useNextKeys(before, nowMs);
    if (used.length === 0)
      throw new Error(
        voice.say({
          en: 'No ring has a next key: keys add comes first. Nothing was changed.',
          fr: 'Aucun anneau n’a de clé suivante : keys add vient d’abord. Rien n’a été changé.',
        }),
      );
    keys = listKeys(stored);
    return stored;
  });
  return { result: { file: path, keys }, lines: keys.map((key) => described(key, voice)) };
}

function drop({ path, nowMs, voice }: Parts, { force = false }: { force?: boolean }): Told {
  let [gone, staying]: [ListedKey[], ListedKey[]] = [[], []];
  changeKeysFile(path, (before) => {
    const { stored, dropped, kept } = dropRetiredKeys(before, { nowMs, force });
    [gone, staying] = [dropped, kept];
    return dropped.length === 0 ? null : stored;
  });
  const lines = [
    ...gone.map(({ use: ring, kid }) => `${ring} ${kid} ${voice.say({ en: 'dropped', fr: 'enlevée' })}`),
    ...staying.map(({ use: ring, kid, overAt }) =>
      voice.say({
        en: `${ring} ${kid} kept: tokens under it may be good until ${overAt}`,
        fr: `${ring} ${kid} gardée : ses jetons peuvent valoir jusqu’au ${overAt}`,
      }),
    ),
  ];
  const none = voice.say({ en: 'No key is retired.', fr: 'Aucune clé n’est retirée.' });
  return { result: { file: path, dropped: gone, kept: staying }, lines: lines.length === 0 ? [none] : lines };
}

function list({ path, voice }: Parts): Told {
  const keys = listKeys(readKeysFile(path).stored);
  return { result: { file: path, keys }, lines: keys.map((key) => described(key, voice)) };
}

const stateWords: { readonly [state in KeyState]: Bilingual } = {
  signs: { en: 'signs', fr: 'signe' },
  next: { en: 'next: verifies, signs nothing yet', fr: 'suivante : vérifie, ne signe rien encore' },
  retired: { en: 'retired', fr: 'retirée' },
};

function described({ use: ring, kid, state, retiredAt, overAt }: ListedKey, voice: Voice): string {
  const since = voice.say({
    en: ` since ${retiredAt}, to be kept until ${overAt}`,
    fr: ` depuis ${retiredAt}, à garder jusqu’au ${overAt}`,
  });
  return `${ring.padEnd(8)} ${kid.padEnd(16)} ${voice.say(stateWords[state])}${state === 'retired' ? since : ''}`;
}

function publicKeys({ path, voice }: Parts, { alg = 'ES256', kid }: VerbOptions): Told {
  const { pass, passRsa } = readKeysFile(path).keys;
  const ring: readonly KeyRing[number][] = (alg === 'ES256' ? pass : passRsa) ?? [];
  const found = ring.filter((key) => kid === undefined || key.kid === kid);
  if (found.length === 0) {
    throw new Error(
      voice.say(
        kid === undefined
          ? {
              en: `The file has no key for ${alg}: keys add makes one.`,
              fr: `Le fichier n’a pas de clé pour ${alg} : keys add en crée une.`,
            }
          : { en: `No ${alg} key has the id ${kid}.`, fr: `Aucune clé ${alg} n’a l’id ${kid}.` },
      ),
    );
  }
  const keys = found.map(({ kid, publicKey }) => ({
    kid,
    alg,
    pem: publicKey?.export({ type: 'spki', format: 'pem' }).toString().trimEnd() ?? '',
  }));
  return { result: { keys }, lines: keys.map(({ pem }) => pem) };
}

function sharedSecrets({ path, voice }: Parts, { alarms = false }: VerbOptions, roomId?: string): Told {
  if (alarms === (roomId !== undefined)) {
    const words = {
      en: 'Name a room, or --alarms: one of them.',
      fr: 'Nommez une salle, ou bien --alarms : l’un des deux.',
    };
    throw new InvalidArgumentError(voice.say(words));
  }
  if (roomId !== undefined && !isRoomId(roomId)) {
    const words = { en: `${roomId} is no room id.`, fr: `${roomId} n’est pas un identifiant de salle.` };
    throw new Error(voice.say(words));
  }
  const ring = readKeysFile(path).keys.webhook;
  const found = roomId === undefined ? alarmSecrets(ring) : webhookSecrets(ring, roomId);
  const secrets = found.map(shownWebhookSecret);
  return { result: { roomId: roomId ?? null, secrets }, lines: secrets };
}
