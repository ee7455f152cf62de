/**
 * What a gate sees by itself in front of a site that tells us nothing: which pages need no pass, by which one a visit is
 * completed or left, and in which part of the site its visitor is. From the policy's path patterns alone.
 */
import { matchesPage, matchesPath, type PageRequest } from '../domain/path-pattern.ts';
import type { RoomPolicy } from '../domain/room.ts';
import type { GateQuestion } from './gate-question.ts';
import type { VerifiedPass } from './gate-passes.ts';
import type { Rooms } from './rooms.ts';
import type { SessionEnds } from './session-ends.ts';

/** Told of what was seen: for metrics. */
export interface SiteMeasures {
  /** Someone came to a part of the site, from another or from outside. */
  cameToStage(roomId: string, stage: string): void;
}

export type SitePagesParts = { rooms: Rooms; ends: SessionEnds; measures: SiteMeasures };

export class SitePages {
  readonly #parts: SitePagesParts;

  constructor(parts: SitePagesParts) {
    this.#parts = parts;
  }

  /** Whether an address needs no pass. */
  passesThrough({ passThrough }: RoomPolicy, url: string | null): boolean {
    if (passThrough.length === 0) return false;
    const path = url === null ? null : pathOf(url);
    return path !== null && passThrough.some((pattern) => matchesPath(pattern, path));
  }

  /** A request of someone inside is let through; `status`: what the site answered, once its proxy tells it. */
  seen(known: VerifiedPass, { roomId, method, url }: GateQuestion, status: number | null = null): void {
    const policy = this.#parts.rooms.boards.get(roomId)?.room?.policy;
    if (!policy || url === null || !namesPages(policy)) return;
    const path = pathOf(url);
    if (path === null) return;
    if (status === null) this.#noteStage(known, policy, path);
    const page: PageRequest = { method, path, status };
    if (matchesPage(policy.completedOn, page)) this.#end(known, 'completed');
    else if (matchesPage(policy.leftOn, page)) this.#end(known, 'gave-up');
  }

  #noteStage(known: VerifiedPass, { stages }: RoomPolicy, path: string): void {
    const stage = Object.entries(stages).find(([pattern]) => matchesPath(pattern, path))?.[1];
    if (stage === undefined || stage === known.stage) return;
    known.stage = stage;
    this.#parts.measures.cameToStage(known.roomId, stage);
  }

  #end(known: VerifiedPass, outcome: 'completed' | 'gave-up'): void {
    // This request is let through, and the next is not: nobody stays behind their own confirmation.
    known.isEnded = true;
    this.#parts.ends.end(known.roomId, { ticketId: known.ticketId, outcome });
  }
}

function namesPages({ completedOn, leftOn, stages }: RoomPolicy): boolean {
  if (completedOn.length > 0 || leftOn.length > 0) return true;
  for (const _ in stages) return true;
  return false;
}

/** The path of an address as it was asked for: nothing resolved, so that what is read in two ways can be told. */
function pathOf(url: string): string | null {
  return /^[a-z]+:\/\/[^/?#]*([^?#]*)/i.exec(url)?.[1] ?? null;
}
