/** audit: who did what; and whether a record was changed, taken out, put in or moved since. */
import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { AuditHead, AuditRecord } from '../domain/audit.ts';
import {
  type ChainEnd,
  type ChainFault,
  endLine,
  parseAuditLines,
  recordLine,
  verifyChains,
  type WholeChain,
} from '../service/audit-chain.ts';
import type { ApiClient } from './api-client.ts';
import { addCommand, numberOption, optionalRoomArgument } from './command-tree.ts';
import { exitCodes, Refusal, usageRefusal } from './refusal.ts';
import { situationOf } from './situation.ts';
import type { Terminal } from './terminal.ts';
import type { Bilingual, Voice } from './voice.ts';

type Page = { records: AuditRecord[]; next: number | null; head: AuditHead | null };

const shownUnlessTold = 20;

export function addAudit(program: Command, terminal: Terminal, voice: Voice): void {
  const audit = addCommand(program, voice, {
    name: 'audit',
    description: {
      en: 'who did what, and whether that was doctored',
      fr: 'qui a fait quoi, et si cela a été falsifié',
    },
    example: 'audit show swimming',
  });
  addShow(audit, terminal, voice);
  addExport(audit, terminal, voice);
  addVerify(audit, terminal, voice);
}

function addShow(audit: Command, terminal: Terminal, voice: Voice): void {
  const last = {
    en: `the newest so many (${shownUnlessTold})`,
    fr: `les plus récentes, tant (${shownUnlessTold})`,
  };
  addCommand(audit, voice, {
    name: 'show',
    description: {
      en: 'the newest records of a room; without one: of the service',
      fr: 'les dernières entrées d’une salle ; sans salle : du service',
    },
    example: 'audit show swimming --last 50',
  })
    .addArgument(optionalRoomArgument(voice))
    .addOption(numberOption('--last <number>', last, voice))
    .action(
      async (
        roomId: string | undefined,
        { last: count = shownUnlessTold }: { last?: number },
        command: Command,
      ) => {
        const { api, tell } = situationOf(command, terminal);
        const head = (await readPage(api, roomId, afterAll)).head;
        const { records } = await readChain(api, roomId, Math.max(0, (head?.number ?? 0) - count));
        tell({ records }, () => records.flatMap((record) => recordLines(record, voice)));
      },
    );
}

function addExport(audit: Command, terminal: Terminal, voice: Voice): void {
  addCommand(audit, voice, {
    name: 'export',
    description: {
      en: 'all that is kept, one JSON object a line, closed by where the chain ends',
      fr: 'tout ce qui est conservé, un objet JSON par ligne, clos par la fin de la chaîne',
    },
    example: 'audit export swimming',
  })
    .addArgument(optionalRoomArgument(voice))
    .action(async (roomId: string | undefined, _options: object, command: Command) => {
      const { api } = situationOf(command, terminal);
      const { records, end } = await readChain(api, roomId, 0);
      for (const record of records) terminal.out(recordLine(record));
      if (end) terminal.out(endLine(end));
    });
}

type VerifyOptions = { room?: string; service?: true };

function addVerify(audit: Command, terminal: Terminal, voice: Voice): void {
  addCommand(audit, voice, {
    name: 'verify',
    description: {
      en: 'works the chain out again, from exports or replicas’ files alone, or from what the service keeps',
      fr: 'recalcule la chaîne, à partir d’exports ou de fichiers de répliques seuls, ou de ce que garde le service',
    },
    example: 'audit verify swimming.jsonl',
  })
    .argument(
      '[files...]',
      voice.say({ en: 'exports, or audit files', fr: 'des exports, ou des fichiers d’audit' }),
    )
    .option(
      '--room <room>',
      voice.say({ en: 'what is kept of this room', fr: 'ce qui est gardé de cette salle' }),
    )
    .option('--service', voice.say({ en: 'what is kept of the service', fr: 'ce qui est gardé du service' }))
    .action(async (files: string[], { room, service }: VerifyOptions, command: Command) => {
      const { api, tell } = situationOf(command, terminal);
      const sources = [files.length > 0, room !== undefined, service === true].filter(Boolean).length;
      if (sources !== 1) {
        throw usageRefusal({
          en: 'Name files, or --room, or --service: one of them',
          fr: 'Nommez des fichiers, ou --room, ou --service : l’un des trois',
        });
      }
      const { records, ends } = files.length > 0 ? await readFiles(files) : await readKept(api, room);
      if (records.length + ends.length === 0) {
        throw new Refusal({
          code: 'audit-empty',
          title: { en: 'There is no record of an audit', fr: 'Il n’y a aucune entrée d’audit' },
        });
      }
      const { faults, whole } = verifyChains(records, ends);
      if (faults.length > 0) terminal.exitCode = exitCodes.failed;
      tell({ kind: faults.length > 0 ? 'doctored' : 'whole', faults, whole }, () => [
        ...faults.map((fault) => faultLine(fault, voice)),
        ...whole.map((chain) => wholeLine(chain, voice)),
      ]);
    });
}

async function readKept(
  api: ApiClient,
  roomId: string | undefined,
): Promise<{ records: AuditRecord[]; ends: ChainEnd[] }> {
  const { records, end } = await readChain(api, roomId, 0);
  return { records, ends: end ? [end] : [] };
}

/** One file is judged as it stands; of several, replicas' own, the records are put in order and each is taken once. */
async function readFiles(paths: readonly string[]): Promise<{ records: AuditRecord[]; ends: ChainEnd[] }> {
  const parsed = [];
  for (const path of paths) parsed.push(parseAuditLines(await textOf(path)));
  const ends = parsed.flatMap((file) => file.ends);
  const [only, ...more] = parsed;
  if (only && more.length === 0) return { records: only.records, ends };
  const records = new Map(
    parsed.flatMap((file) => file.records.map((record) => [JSON.stringify(record), record])),
  );
  return { records: [...records.values()].toSorted((one, other) => one.number - other.number), ends };
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new Refusal({
      code: 'file-unreadable',
      title: { en: `${path} cannot be read`, fr: `${path} ne peut pas être lu` },
      detail: why,
    });
  }
}

/** Beyond every record: the answer has the head of the chain and no record. */
const afterAll = 999_999_999_999_999;

async function readPage(api: ApiClient, roomId: string | undefined, after: number): Promise<Page> {
  const path = roomId === undefined ? '/v1/audit' : `/v1/rooms/${roomId}/audit`;
  return (await api.ask(path, { query: { after: String(after) } })).body as Page;
}

/** Every record behind `after`, up to where the chain ended when its last page was read. */
async function readChain(
  api: ApiClient,
  roomId: string | undefined,
  after: number,
): Promise<{ records: AuditRecord[]; end: ChainEnd | null }> {
  const records: AuditRecord[] = [];
  for (let from: number | null = after, head: AuditHead | null = null; ; ) {
    const page: Page = await readPage(api, roomId, from);
    records.push(...page.records);
    ({ head, next: from } = page);
    if (from === null) return { records, end: head && { ...head, roomId: roomId ?? null } };
  }
}

function recordLines(record: AuditRecord, voice: Voice): string[] {
  const { number, at, actor, action, proposedBy, reason, before, after } = record;
  const second = proposedBy
    ? voice.say({ en: `, proposed by ${proposedBy.name}`, fr: `, proposé par ${proposedBy.name}` })
    : '';
  const why =
    reason === null ? '' : ` — ${typeof reason === 'string' ? reason : Object.values(reason).join(' / ')}`;
  const [was, is] = [before, after].map((value) => (value === null ? '' : JSON.stringify(value)));
  const change = [was, is].filter((text) => text !== '').join(' → ');
  const head = `${number}  ${voice.instant(at)}  ${actor.name}${second}  ${action}${why}`;
  return change === '' ? [head] : [head, `   ${change}`];
}

const faultWords: { readonly [what in ChainFault['what']]: Bilingual } = {
  changed: { en: 'was changed', fr: 'a été modifiée' },
  missing: { en: 'is missing', fr: 'manque' },
  'not-in-order': { en: 'stands in another place than its own', fr: 'n’est pas à sa place' },
  twice: { en: 'is there twice', fr: 'est là deux fois' },
  'not-linked': { en: 'does not follow the one before it', fr: 'ne suit pas celle qui la précède' },
  'beyond-end': { en: 'stands behind the end', fr: 'vient après la fin' },
};

function nameOf(roomId: string | null, voice: Voice): string {
  return roomId ?? voice.say({ en: 'the service', fr: 'le service' });
}

function faultLine({ roomId, number, what }: ChainFault, voice: Voice): string {
  const words = voice.say(faultWords[what]);
  const record = voice.say({ en: `record ${number} ${words}`, fr: `l’entrée ${number} ${words}` });
  return `${nameOf(roomId, voice)}${voice.colon} ${record}`;
}

function wholeLine({ roomId, first, last, hasEnd }: WholeChain, voice: Voice): string {
  const whole = voice.say({
    en: `records ${first} to ${last} are whole`,
    fr: `les entrées ${first} à ${last} sont intactes`,
  });
  const open = voice.say({
    en: '; nothing here says whether there were more',
    fr: ' ; rien ici ne dit s’il y en avait d’autres',
  });
  return `${nameOf(roomId, voice)}${voice.colon} ${whole}${hasEnd ? '' : open}`;
}
