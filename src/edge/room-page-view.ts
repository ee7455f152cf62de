/** What a waiting page shows, gathered from the room's board and the visitor's ticket. */
import { randomUUID } from 'node:crypto';
import { iso } from '../domain/instant.ts';
import type { Room } from '../domain/room.ts';
import type { RoomBoard } from '../service/room-board.ts';
import type { TicketSeen } from '../service/waiting-room.ts';
import { spokenLanguages } from '../web/languages.ts';
import { type PageRoom, type RoomPage, roomSeenFrom } from '../web/room-page-model.ts';

/** The parts of a page that come with the request. */
export type PageRequest = Pick<RoomPage, 'language' | 'target' | 'email'> & { joinKey: string | null };

/** A page for someone without a ticket; the others start from it. */
export function basePage(board: RoomBoard, room: Room, request: PageRequest, nowMs: number): RoomPage {
  const { language, target, joinKey, email } = request;
  return {
    language,
    nowMs,
    room: pageRoom(board, room),
    ticket: null,
    queueToken: null,
    target,
    joinKey: joinKey ?? randomUUID(),
    problem: null,
    resume: null,
    email,
    updates: 'by-hand',
    visitorTimeZone: null,
  };
}

/** The page of someone with a ticket. `expiresAtMs` is the token's end. */
export function ticketPage(
  page: RoomPage,
  { seen, queueToken, expiresAtMs }: { seen: TicketSeen; queueToken: string; expiresAtMs: number },
): RoomPage {
  const { number, view } = seen;
  const isLive = view.kind !== 'ended' && view.kind !== 'gone';
  const keptUntil = isLive ? iso(expiresAtMs) : null;
  return {
    ...page,
    room: roomSeenFrom(view, page.room),
    ticket: { number, view, keptUntil },
    queueToken: isLive ? queueToken : null,
  };
}

/** The page of someone whose ticket cannot be asked about right now: the number stands in the token. */
export function interruptedPage(
  page: RoomPage,
  { number, queueToken }: { number: number; queueToken: string },
): RoomPage {
  const standing = {
    position: null,
    waiting: 0,
    expectedWaitMs: null,
    reason: 'updates-interrupted',
    placesLeft: page.room.placesLeft?.count ?? null,
    asOf: iso(page.nowMs),
  } as const;
  return { ...page, ticket: { number, view: { kind: 'waiting', standing }, keptUntil: null }, queueToken };
}

/** The page of someone who has just given the ticket up, or had this device forget it. */
export function overPage(page: RoomPage, how: 'left' | 'forgotten'): RoomPage {
  const view =
    how === 'left' ? ({ kind: 'ended', outcome: how } as const) : ({ kind: 'gone', reason: how } as const);
  return { ...page, ticket: { number: null, view, keptUntil: null } };
}

/** Where the room's forms may lead to. */
export function targetOrigins({ policy }: Room): string[] {
  const targets =
    policy.targetUrl === null ? policy.allowedTargets : [policy.targetUrl, ...policy.allowedTargets];
  return targets.map((target) => new URL(target).origin);
}

function pageRoom(board: RoomBoard, { roomId, state, reason, notice, policy }: Room): PageRoom {
  const { frame, placesLeft } = board;
  const { owner, contact, rule, prepare, privacyUrl, accessibilityUrl, timeZone } = policy;
  const { logo, colours, joinFrom, opensAt, closesAt } = policy;
  const asOf = frame && iso(frame.nowUs / 1_000);
  return {
    roomId,
    name: policy.name ?? roomId,
    owner,
    contact,
    rule,
    prepare,
    privacyUrl,
    accessibilityUrl,
    logo: logo ?? null,
    accent: colours?.accent ?? null,
    timeZone,
    joinFrom,
    opensAt,
    closesAt,
    languages: spokenLanguages(policy.languages),
    state,
    reason,
    notice,
    waiting: board.isFresh ? (frame?.waiting ?? null) : null,
    placesLeft: placesLeft === null || asOf === null ? null : { count: placesLeft, asOf },
    enterWithinMs: policy.enterWithinMs,
    targetUrl: policy.targetUrl,
  };
}
