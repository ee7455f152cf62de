/** The wiring of what agents do for people at a desk: a part of app.ts. */
import type { FastifyInstance } from 'fastify';
import type { AuditTrail } from './domain/audit.ts';
import type { Clock } from './domain/clock.ts';
import type { RequireScope } from './edge/api-keys.ts';
import { ticketDeskRoutes } from './edge/ticket-desk-routes.ts';
import type { ReplicaMemory } from './service/replica-memory.ts';
import type { RoomLink } from './service/room-link.ts';
import type { Rooms } from './service/rooms.ts';
import { TicketDesk } from './service/ticket-desk.ts';
import type { WaitingRoom } from './service/waiting-room.ts';
import type { TicketFinder } from './store/ticket-finder.ts';

export type DeskWiring = {
  waitingRoom: WaitingRoom;
  rooms: Rooms;
  memory: ReplicaMemory;
  link: RoomLink;
  audit: AuditTrail;
  clock: Clock;
  publicUrl: string;
};

/** The agents' routes, and the end of what they read by. */
export function wireDesk(finder: TicketFinder, { clock, publicUrl, ...parts }: DeskWiring) {
  const desk = new TicketDesk({ ...parts, finder });
  return {
    register: (app: FastifyInstance, requireScope: RequireScope): void =>
      ticketDeskRoutes(app, { desk, clock, publicUrl }, requireScope),
    close: () => finder.close(),
  };
}
