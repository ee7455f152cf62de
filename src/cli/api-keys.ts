/** api-keys …: who may use the API. A key is shown once, when it is made; the service keeps only its hash. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { scopes } from '../domain/actor.ts';
import { isRoomId } from '../domain/room.ts';
import { addCommand } from './command-tree.ts';
import { type Situation, situationOf } from './situation.ts';
import { rowsOf } from './table.ts';
import type { Terminal } from './terminal.ts';
import type { Voice } from './voice.ts';

/** What commands read of a key; the rest is passed on as it came. */
type KeyBody = {
  keyId: string;
  name: string;
  scope: string;
  roomIds?: readonly string[] | null;
  expiresAt?: string | null;
  lastUsedAt?: string | null;
  /** active, expired, revoked. */
  state?: string;
};

export function addApiKeys(program: Command, terminal: Terminal, voice: Voice): void {
  const keys = addCommand(program, voice, {
    name: 'api-keys',
    description: { en: 'who may use the API', fr: 'qui peut se servir de l’API' },
    example: 'api-keys',
  });
  addList(keys, terminal, voice);
  addCreate(keys, terminal, voice);
  addRevoke(keys, terminal, voice);
}

function addList(keys: Command, terminal: Terminal, voice: Voice): void {
  addCommand(keys, voice, {
    name: 'list',
    description: { en: 'every key, without its secret', fr: 'toutes les clés, sans leur secret' },
    example: 'api-keys list',
    isDefault: true,
  }).action(async (_options: object, command: Command) => {
    const { api, tell } = situationOf(command, terminal);
    const { body } = await api.ask('/v1/keys');
    tell(body, () => rowsOf(keyRows((body as { keys: KeyBody[] }).keys, voice)));
  });
}

function keyRows(keys: readonly KeyBody[], voice: Voice): string[][] {
  const heads = [
    { en: 'id', fr: 'id' },
    { en: 'name', fr: 'nom' },
    { en: 'state', fr: 'état' },
    { en: 'scope', fr: 'portée' },
    { en: 'rooms', fr: 'salles' },
    { en: 'until', fr: 'jusqu’au' },
    { en: 'last used', fr: 'dernier emploi' },
  ].map((head) => voice.say(head));
  const at = (iso: string | null | undefined): string => (iso ? voice.instant(iso) : '–');
  const all = voice.say({ en: 'all', fr: 'toutes' });
  return [
    heads,
    ...keys.map(({ keyId, name, state, scope, roomIds, expiresAt, lastUsedAt }) => [
      keyId,
      name,
      keyStateWord(state, voice),
      scope,
      roomIds?.join(', ') ?? all,
      at(expiresAt),
      at(lastUsedAt),
    ]),
  ];
}

function keyStateWord(state: string | undefined, voice: Voice): string {
  if (state === 'active') return voice.say({ en: 'active', fr: 'active' });
  if (state === 'expired') return voice.say({ en: 'expired', fr: 'expirée' });
  if (state === 'revoked') return voice.say({ en: 'revoked', fr: 'révoquée' });
  return '–';
}

type CreateOptions = { scope: string; room?: string[]; expires?: string };

function addCreate(keys: Command, terminal: Terminal, voice: Voice): void {
  addCommand(keys, voice, {
    name: 'create',
    description: {
      en: 'makes a key and shows it, this once',
      fr: 'crée une clé et la montre, cette seule fois',
    },
    example: 'api-keys create "Marie, front desk" --scope operator --room swimming --expires 2027-07-01',
  })
    .argument(
      '<name>',
      voice.say({
        en: 'whose it is: a person or a system',
        fr: 'à qui elle est : une personne ou un système',
      }),
    )
    .addOption(
      new Option('--scope <scope>', voice.say({ en: 'what it may do', fr: 'ce qu’elle peut faire' }))
        .choices(scopes)
        .makeOptionMandatory(),
    )
    .addOption(
      new Option(
        '--room <room...>',
        voice.say({
          en: 'only for these rooms; again for others',
          fr: 'pour ces salles seulement ; à répéter',
        }),
      ).argParser((text: string, before: string[] | undefined) => {
        if (isRoomId(text)) return [...(before ?? []), text];
        throw new InvalidArgumentError(
          voice.say({ en: 'It is no room id.', fr: 'Ce n’est pas un identifiant de salle.' }),
        );
      }),
    )
    .addOption(
      new Option(
        '--expires <time>',
        voice.say({
          en: 'good until then: a date, or a time with its offset',
          fr: 'bonne jusque-là : une date, ou une heure avec son décalage',
        }),
      ).argParser((text: string) => instantOf(text, voice)),
    )
    .action(async (name: string, { scope, room, expires }: CreateOptions, command: Command) => {
      const situation = situationOf(command, terminal);
      const { body } = await situation.api.ask('/v1/keys', {
        method: 'POST',
        body: { name, scope, ...(room ? { roomIds: room } : {}), ...(expires ? { expiresAt: expires } : {}) },
      });
      const { key, keyId } = body as { key: string; keyId: string };
      situation.tell(body, () => [
        key,
        voice.say({
          en: `Keep it now: it is never shown again. Its id is ${keyId}.`,
          fr: `Gardez-la maintenant : elle ne sera plus montrée. Son id est ${keyId}.`,
        }),
      ]);
    });
}

function addRevoke(keys: Command, terminal: Terminal, voice: Voice): void {
  addCommand(keys, voice, {
    name: 'revoke',
    description: {
      en: 'a key opens nothing any more, on every replica',
      fr: 'une clé n’ouvre plus rien, sur aucune réplique',
    },
    example: 'api-keys revoke 3f9a2c41',
  })
    .argument(
      '<keyId>',
      voice.say({ en: 'its id, as the list shows it', fr: 'son id, comme la liste le montre' }),
    )
    .action(async (keyId: string, _options: object, command: Command) => {
      const situation: Situation = situationOf(command, terminal);
      await situation.api.ask(`/v1/keys/${encodeURIComponent(keyId)}`, { method: 'DELETE' });
      const line = voice.say({ en: `${keyId} is revoked.`, fr: `${keyId} est révoquée.` });
      situation.tell({ kind: 'done', revoked: keyId }, () => [line]);
    });
}

/** ISO 8601 with an offset; a day alone is its beginning on this machine. */
function instantOf(text: string, voice: Voice): string {
  const isDay = /^\d{4}-\d\d-\d\d$/.test(text);
  const isInstant = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(text);
  const at = new Date(isDay ? `${text}T00:00` : text);
  if ((isDay || isInstant) && !Number.isNaN(at.getTime())) return at.toISOString();
  throw new InvalidArgumentError(
    voice.say({
      en: 'It must be as 2027-07-01 or 2027-07-01T18:00-04:00.',
      fr: 'Ce doit être comme 2027-07-01 ou 2027-07-01T18:00-04:00.',
    }),
  );
}
