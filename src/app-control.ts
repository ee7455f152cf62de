/** The wiring of what operators do: a part of app.ts. */
import type { FastifyInstance } from 'fastify';
import type { Clock } from './domain/clock.ts';
import type { Log } from './domain/log.ts';
import type { RequireScope } from './edge/api-keys.ts';
import { auditRoutes } from './edge/audit-routes.ts';
import { roomRoutes } from './edge/room-routes.ts';
import { steeringRoutes } from './edge/steering-routes.ts';
import { type AuditFile, openAuditFile } from './service/audit-file.ts';
import { AuditLog } from './service/audit-log.ts';
import { Confirmations } from './service/confirmations.ts';
import type { Passes } from './service/passes.ts';
import { Proposals } from './service/proposals.ts';
import type { ReplicaMemory } from './service/replica-memory.ts';
import type { RoomBoard } from './service/room-board.ts';
import { RoomControl } from './service/room-control.ts';
import type { RoomLink } from './service/room-link.ts';
import { RoomWriter } from './service/room-writer.ts';
import type { Rooms } from './service/rooms.ts';
import type { Stores } from './store/open-stores.ts';

export type ControlWiring = {
  replicaId: string;
  link: RoomLink;
  memory: ReplicaMemory;
  rooms: Rooms;
  clock: Clock;
  log: Log;
  passes: Passes;
  tickNow: (board: RoomBoard) => Promise<void>;
  /** Null: standard output. */
  auditFile: string | null;
  isRevoked: (keyId: string) => boolean;
};

/** What operators' routes need, the audit that others put things down in, and what opens its file. */
export function wireControl(
  { audits, proposals: kept }: Pick<Stores, 'audits' | 'proposals'>,
  { replicaId, link, memory, rooms, clock, log, passes, tickNow, auditFile, isRevoked }: ControlWiring,
) {
  let file: AuditFile = { append: () => Promise.reject(new Error('the audit file is not open yet')) };
  const audit = new AuditLog({ store: audits, replicaId, link, file: () => file, clock, log });
  const proposals = new Proposals({ store: kept, link, clock, isRevoked });
  const writer = new RoomWriter({ link, memory, rooms, clock, tickNow, audit });
  const control = new RoomControl({ rooms, clock, passes, audit, proposals, writer });
  const confirmations = new Confirmations({ rooms, writer, proposals, audit });
  return {
    audit,
    control,
    /** Throws when the file cannot be written. Nothing is steered before. */
    async open(): Promise<void> {
      file = await openAuditFile(auditFile);
    },
    register(app: FastifyInstance, requireScope: RequireScope): void {
      roomRoutes(app, control, requireScope);
      steeringRoutes(app, { control, confirmations }, requireScope);
      auditRoutes(app, audit, requireScope);
    },
    close: () => audits.close(),
  };
}
