/** What every change of a room has in common on the wire: who asks, for which version, and how it is answered. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ErrorCode } from '../domain/errors.ts';
import type { Proposal } from '../domain/proposal.ts';
import type { ChangeAnswer, Steering } from '../service/room-control.ts';
import type { RoomTaken } from '../service/room-writer.ts';
import { keyHolderOf } from './api-keys.ts';
import * as steering from './steering-schemas.ts';

/** Problems that any change of a room may be answered with. */
export const changeProblems: readonly ErrorCode[] = [
  'version-outdated',
  'room-changed',
  'proposals-full',
  'audit-unavailable',
];

/** The request parts that `steeringOf` reads. */
export const steeringSchema = { headers: steering.steeringHeaders, querystring: steering.steeringQuery };

type SteeringRequest = FastifyRequest & {
  headers: { 'if-match'?: string | undefined };
  query: { dryRun?: 'true' | 'false' | undefined };
};

/** Who asks for a change, and how. */
export function steeringOf(request: unknown): Steering {
  const asked = request as SteeringRequest;
  return {
    by: keyHolderOf(asked),
    ifMatch: versionOf(asked.headers['if-match']),
    dryRun: asked.query.dryRun === 'true',
  };
}

/** Null: any version will do. */
function versionOf(ifMatch: string | undefined): number | null {
  return ifMatch === undefined || ifMatch === '*' ? null : Number(ifMatch.slice(1, -1));
}

/** The room's version as its ETag. */
export function tagVersion(reply: FastifyReply, version: number): void {
  void reply.header('etag', `"${version}"`);
}

/** What a change is answered. */
export function changeBody(reply: FastifyReply, answer: ChangeAnswer) {
  if (answer.kind === 'waits') {
    void reply.code(202);
    return { proposal: proposalBody(answer.proposal) };
  }
  if (answer.kind === 'predicted') return { dryRun: true as const, room: answer.room, effect: answer.effect };
  return takenBody(reply, answer);
}

export function takenBody(reply: FastifyReply, { room, takenAt, created }: RoomTaken) {
  tagVersion(reply, room.version);
  void reply.code(created ? 201 : 200);
  return { ...room, takenAt };
}

export function proposalBody({ proposedAtMs, expiresAtMs, proposedBy, ...proposal }: Proposal) {
  const { proposalId, roomId, action, needs, state, decidedBy, changes } = proposal;
  const { keyId, name } = proposedBy;
  return {
    proposalId,
    roomId,
    action,
    needs,
    proposedBy: { keyId, name },
    proposedAt: new Date(proposedAtMs).toISOString(),
    expiresAt: new Date(expiresAtMs).toISOString(),
    state,
    decidedBy,
    changes,
  };
}
