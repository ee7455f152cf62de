/** A change that waits for a second person. */
import type { KeyHolder } from './actor.ts';
import type { AuditAction, differences } from './audit.ts';
import type { Room } from './room.ts';
import type { secondPersonReasons } from './second-person.ts';

/** How long a change waits for a second person, ms. */
export const proposalTtlMs = 3_600_000;
/** Changes of one room that wait or were decided within that time. */
export const proposalsMax = 20;

export type Proposal = {
  proposalId: string;
  roomId: string;
  action: AuditAction;
  /** Why one person is not enough. */
  needs: ReturnType<typeof secondPersonReasons>;
  proposedBy: Pick<KeyHolder, 'keyId' | 'name' | 'scope'>;
  /** Wall clock of the replica that was asked, ms. */
  proposedAtMs: number;
  expiresAtMs: number;
  /** The room as it would be; its version is the one that the change makes. */
  room: Room;
  /** What it changes, field by field. */
  changes: ReturnType<typeof differences>;
  /** Start of the room's run, µs: a room made anew is another one. */
  startedUs: number;
  state: 'waiting' | 'confirmed' | 'withdrawn';
  /** Who confirmed or withdrew it. */
  decidedBy: Pick<KeyHolder, 'keyId' | 'name'> | null;
};
