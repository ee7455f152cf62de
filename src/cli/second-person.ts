/** proposals, confirm, withdraw: changes that one person may not make alone. */
import type { Command } from 'commander';
import { addCommand, roomArgument } from './command-tree.ts';
import { tellChange } from './room-changes.ts';
import type { RoomBody } from './room-words.ts';
import { situationOf } from './situation.ts';
import type { Terminal } from './terminal.ts';
import type { Bilingual, Voice } from './voice.ts';

type ProposalBody = {
  proposalId: string;
  action: string;
  needs: string[];
  proposedBy: { name: string };
  expiresAt: string;
  state: 'waiting' | 'confirmed' | 'withdrawn';
  decidedBy: { name: string } | null;
  changes: { before: object; after: object };
};

export function addSecondPerson(program: Command, terminal: Terminal, voice: Voice): void {
  addCommand(program, voice, {
    name: 'proposals',
    description: {
      en: 'changes that wait for a second person, and those decided within the hour',
      fr: 'les modifications qui attendent une deuxième personne, et celles décidées dans l’heure',
    },
    example: 'proposals swimming',
  })
    .addArgument(roomArgument(voice))
    .action(async (roomId: string, _options: object, command: Command) => {
      const { api, tell } = situationOf(command, terminal);
      const { body } = await api.ask(`/v1/rooms/${roomId}/proposals`);
      const proposals = body['proposals'] as ProposalBody[];
      const none = { en: 'Nothing waits for a second person.', fr: 'Rien n’attend de deuxième personne.' };
      tell(body, () =>
        proposals.length === 0 ? [voice.say(none)] : proposals.flatMap((one) => proposalLines(one, voice)),
      );
    });
  const decide = (name: string, description: Bilingual): Command =>
    addCommand(program, voice, {
      name,
      description,
      example: `${name} swimming 1c6b8a4e-6f0f-4d0e-9b6e-2f7f3c1a9d11`,
    })
      .addArgument(roomArgument(voice))
      .argument(
        '<proposalId>',
        voice.say({ en: 'its id, as `proposals` shows it', fr: 'son id, que montre `proposals`' }),
      );
  decide('confirm', {
    en: 'makes a proposed change, as the second person',
    fr: 'fait une modification proposée, en tant que deuxième personne',
  }).action(async (roomId: string, proposalId: string, _options: object, command: Command) => {
    const situation = situationOf(command, terminal);
    const before = (await situation.api.ask(`/v1/rooms/${roomId}`)).body as RoomBody;
    const { body } = await situation.api.ask(decisionPath(roomId, proposalId, 'confirm'), { method: 'POST' });
    tellChange({ kind: 'done', before, room: body as RoomBody }, situation, terminal);
  });
  decide('withdraw', {
    en: 'takes a proposed change back, or refuses it',
    fr: 'retire une modification proposée, ou la refuse',
  }).action(async (roomId: string, proposalId: string, _options: object, command: Command) => {
    const { api, tell } = situationOf(command, terminal);
    const { body } = await api.ask(decisionPath(roomId, proposalId, 'withdraw'), { method: 'POST' });
    tell({ kind: 'done', proposal: body }, () => proposalLines(body as ProposalBody, voice));
  });
}

function decisionPath(roomId: string, proposalId: string, verb: 'confirm' | 'withdraw'): string {
  return `/v1/rooms/${roomId}/proposals/${encodeURIComponent(proposalId)}/${verb}`;
}

function proposalLines(proposal: ProposalBody, voice: Voice): string[] {
  const { proposalId, action, proposedBy, expiresAt, changes } = proposal;
  return [
    `${proposalId}  ${action}  ${stateOf(proposal, voice)}`,
    voice.say({
      en: `   proposed by ${proposedBy.name}, to be confirmed until ${voice.instant(expiresAt)}`,
      fr: `   proposée par ${proposedBy.name}, à confirmer jusqu’au ${voice.instant(expiresAt)}`,
    }),
    `   ${JSON.stringify(changes.before)} → ${JSON.stringify(changes.after)}`,
  ];
}

function stateOf({ state, decidedBy }: ProposalBody, voice: Voice): string {
  const who = decidedBy?.name ?? '–';
  if (state === 'confirmed') return voice.say({ en: `confirmed by ${who}`, fr: `confirmée par ${who}` });
  if (state === 'withdrawn') return voice.say({ en: `withdrawn by ${who}`, fr: `retirée par ${who}` });
  return voice.say({ en: 'waits', fr: 'en attente' });
}
