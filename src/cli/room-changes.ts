/**
 * Changing a room, safely: the version that was read goes with the change, so that what somebody else did meanwhile is
 * never overwritten; they are named, and nothing is done.
 */
import { type ApiClient, type Body, type Question, versionTag } from './api-client.ts';
import { type EffectBody, effectLines } from './effect-lines.ts';
import { exitCodes, Refusal } from './refusal.ts';
import { paceText, type RoomBody, stateWord, textFor, warningLines } from './room-words.ts';
import type { Situation } from './situation.ts';
import type { Terminal } from './terminal.ts';
import type { Voice } from './voice.ts';

/** What became of a change; `before`: null where there was no room. */
export type Change =
  | { kind: 'done'; before: RoomBody | null; room: RoomBody & { takenAt?: string } }
  | { kind: 'dry-run'; before: RoomBody | null; room: RoomBody; effect: EffectBody }
  | { kind: 'waits'; proposal: Body };

type Asked = Pick<Question, 'method' | 'body'> & {
  /** Behind the room's address, with its slash. */
  path?: string;
  isDryRun?: boolean;
  /** The room may not be there yet. */
  mayMake?: true;
};

/** Throws Refusal; `room-changed` (HTTP 412) with who changed it. */
export async function changeRoom(api: ApiClient, roomId: string, asked: Asked): Promise<Change> {
  const { path = '', isDryRun = false, mayMake, ...question } = asked;
  const before = await readRoom(api, roomId, mayMake === true);
  try {
    const { status, body } = await api.ask(`/v1/rooms/${roomId}${path}`, {
      ...question,
      ifMatch: before?.tag,
      query: isDryRun ? { dryRun: 'true' } : {},
    });
    if (status === 202) return { kind: 'waits', proposal: (body['proposal'] ?? body) as Body };
    if (isDryRun) {
      const { room, effect } = body as { room: RoomBody; effect?: EffectBody };
      if (effect === undefined) throw wasDone();
      return { kind: 'dry-run', before: before?.room ?? null, room, effect };
    }
    return { kind: 'done', before: before?.room ?? null, room: body as RoomBody };
  } catch (error) {
    if (error instanceof Refusal && error.status === 412) throw await changedMeanwhile(api, roomId, error);
    throw error;
  }
}

async function readRoom(
  api: ApiClient,
  roomId: string,
  mayMake: boolean,
): Promise<{ room: RoomBody; tag: string } | null> {
  try {
    const answer = await api.ask(`/v1/rooms/${roomId}`);
    return { room: answer.body as RoomBody, tag: versionTag(answer) };
  } catch (error) {
    if (mayMake && error instanceof Refusal && error.code === 'room-unknown') return null;
    throw error;
  }
}

/** Of a service from before there were dry runs. */
function wasDone(): Refusal {
  return new Refusal({
    code: 'dry-run-unknown',
    title: {
      en: 'This Guichet is older than the command and knows no --dry-run: the change was made',
      fr: 'Ce Guichet est plus ancien que la commande et ne connaît pas --dry-run : la modification est faite',
    },
  });
}

/** The refusal, with who was quicker where the audit says so. */
async function changedMeanwhile(
  api: ApiClient,
  roomId: string,
  { code, status, detail }: Refusal,
): Promise<Refusal> {
  const who = await lastActor(api, roomId);
  return new Refusal({
    code,
    title:
      who === null
        ? {
            en: 'Somebody else changed the room meanwhile; nothing was done. Look at it, and ask again',
            fr: 'Quelqu’un d’autre a modifié la salle entre-temps ; rien n’a été fait. Regardez-la, puis redemandez',
          }
        : {
            en: `${who} changed the room meanwhile; nothing was done. Look at it, and ask again`,
            fr: `${who} a modifié la salle entre-temps ; rien n’a été fait. Regardez-la, puis redemandez`,
          },
    detail,
    status,
  });
}

/** Beyond every record: the answer has the head of the chain and no record. */
const afterAll = 999_999_999_999_999;

/** The name in the newest record of the room's audit; null when it does not tell. */
async function lastActor(api: ApiClient, roomId: string): Promise<string | null> {
  type Page = { records: { actor: { name: string } }[]; head: { number: number } | null };
  const page = async (after: number): Promise<Page> =>
    (await api.ask(`/v1/rooms/${roomId}/audit`, { query: { after: String(after) } })).body as Page;
  try {
    const { head } = await page(afterAll);
    if (head === null) return null;
    return (await page(head.number - 1)).records.at(-1)?.actor.name ?? null;
  } catch {
    return null;
  }
}

/** Answers with what became of a change; a change that waits for a second person is no success yet. */
export function tellChange(change: Change, { tell, voice }: Situation, terminal: Terminal): void {
  if (change.kind === 'waits') terminal.exitCode = exitCodes.waits;
  const { kind } = change;
  const result =
    kind === 'done'
      ? { kind, room: change.room }
      : kind === 'waits'
        ? { kind, proposal: change.proposal }
        : { kind, room: change.room, effect: change.effect };
  tell(result, () => changeLines(change, voice));
}

function changeLines(change: Change, voice: Voice): string[] {
  if (change.kind === 'done') {
    const { before, room } = change;
    // What was unwise before was said then.
    const known = new Set(before?.warnings.map(({ field, code }) => `${field} ${code}`));
    const fresh = room.warnings.filter(({ field, code }) => !known.has(`${field} ${code}`));
    return [...differenceLines(change, voice), ...warningLines(fresh, voice)];
  }
  if (change.kind === 'waits') {
    const { proposalId, expiresAt } = change.proposal as { proposalId?: string; expiresAt?: string };
    const until =
      expiresAt === undefined
        ? ''
        : ` (${voice.say({ en: 'until', fr: 'jusqu’au' })} ${voice.instant(expiresAt)})`;
    return [
      voice.say({
        en: `Not done yet: it waits for a second person${until}.`,
        fr: `Pas encore fait : une deuxième personne doit confirmer${until}.`,
      }),
      voice.say({ en: `Proposal: ${proposalId}`, fr: `Proposition : ${proposalId}` }),
    ];
  }
  const head = {
    en: 'Nothing was changed. It would do this:',
    fr: 'Rien n’a été changé. Voici ce que cela ferait :',
  };
  const differences = differenceLines(change, voice).map((line) => `  ${line}`);
  return [voice.say(head), ...differences, ...effectLines(change.effect, voice)];
}

/** What becomes another. */
function differenceLines(
  { before, room }: { before: RoomBody | null; room: RoomBody },
  voice: Voice,
): string[] {
  const lines: string[] = [];
  const add = (label: { en: string; fr: string }, was: string | null, is: string): void => {
    if (was !== is)
      lines.push(
        `${room.roomId}${voice.colon} ${voice.say(label)}${voice.colon} ${was === null ? is : `${was} → ${is}`}`,
      );
  };
  const none = '–';
  const text = (value: RoomBody['notice']): string => (value === null ? none : textFor(value, voice));
  const number = (of: RoomBody | null, name: 'capacity' | 'batchSizeMax'): string | null =>
    of && voice.number(of.policy[name]);
  add({ en: 'state', fr: 'état' }, before && stateWord(before.state, voice), stateWord(room.state, voice));
  add({ en: 'reason', fr: 'motif' }, before ? text(before.reason) : none, text(room.reason));
  add({ en: 'notice', fr: 'avis' }, before ? text(before.notice) : none, text(room.notice));
  add({ en: 'capacity', fr: 'capacité' }, number(before, 'capacity'), number(room, 'capacity') ?? none);
  add(
    { en: 'pace', fr: 'cadence' },
    before && paceText(before.policy.outflowPerMinute, voice),
    paceText(room.policy.outflowPerMinute, voice),
  );
  add(
    { en: 'largest batch', fr: 'plus grand lot' },
    number(before, 'batchSizeMax'),
    number(room, 'batchSizeMax') ?? none,
  );
  if (lines.length === 0) {
    const fields = changedFields(before, room);
    const unchanged = { en: 'it was so already', fr: 'c’était déjà ainsi' };
    const changed = { en: `changed: ${fields.join(', ')}`, fr: `modifié : ${fields.join(', ')}` };
    lines.push(`${room.roomId}${voice.colon} ${voice.say(fields.length === 0 ? unchanged : changed)}`);
  }
  return lines;
}

/** Fields of the policy that differ. */
function changedFields(before: RoomBody | null, { policy }: RoomBody): string[] {
  const was = (before?.policy ?? {}) as { [field: string]: unknown };
  return Object.entries(policy).flatMap(([field, value]) =>
    JSON.stringify(was[field]) === JSON.stringify(value) ? [] : [field],
  );
}
