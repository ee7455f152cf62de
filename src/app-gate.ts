/** The wiring of the gate: a part of app.ts. */
import type { Clock } from './domain/clock.ts';
import type { Log } from './domain/log.ts';
import type { GateRouteParts } from './edge/gate-routes.ts';
import { Gate } from './service/gate.ts';
import type { Passes } from './service/passes.ts';
import type { ReplicaMemory } from './service/replica-memory.ts';
import type { RoomLink } from './service/room-link.ts';
import type { Rooms } from './service/rooms.ts';
import { SessionEnds } from './service/session-ends.ts';
import { SessionRenewals } from './service/session-renewals.ts';
import type { Sessions } from './service/sessions.ts';
import type { SigningKeys } from './service/signing-keys.ts';
import { SitePages } from './service/site-pages.ts';
import type { Metrics } from './telemetry/metrics.ts';

export type GateWiring = {
  link: RoomLink;
  rooms: Rooms;
  memory: ReplicaMemory;
  sessions: Sessions;
  passes: Passes;
  keys: SigningKeys;
  metrics: Metrics;
  clock: Clock;
  log: Log;
  publicUrl: string;
  wake: (roomId: string) => void;
};

/** The gate, and what tells the store of the sessions it saw end. */
export function wireGate(parts: GateWiring): { gate: Gate; ends: SessionEnds } {
  const { rooms, sessions, link, passes, metrics, clock, log } = parts;
  const ends = new SessionEnds({ sessions, clock, log });
  const measures = {
    cameToStage: (roomId: string, stage: string): void =>
      metrics.stageVisits.inc({ room: metrics.roomLabel(roomId), stage }),
  };
  const pages = new SitePages({ rooms, ends, measures });
  const renewals = new SessionRenewals({ link, passes, clock });
  return { gate: new Gate({ ...parts, renewals, pages }), ends };
}

/** Counts answers, by counters found once for each room and answer: by its labels, one costs a microsecond. */
export function gateCounts(metrics: Metrics, rooms: Rooms): GateRouteParts['count'] {
  const byRoom = new Map<string, { [answer: string]: { inc: () => void } }>();
  return (roomId, answer) => {
    // Anyone may ask for any room: only those that exist have a label.
    const room = rooms.boards.has(roomId) ? metrics.roomLabel(roomId) : 'unknown';
    let counters = byRoom.get(room);
    if (!counters) {
      counters = {};
      byRoom.set(room, counters);
    }
    counters[answer] ??= metrics.gateAnswers.labels({ room, answer });
    counters[answer].inc();
  };
}
