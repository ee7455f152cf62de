/** What a request for a waiting page says: its address, its form, and the ticket in its cookie. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { emailMinutes } from '../domain/email.ts';
import { GuichetError } from '../domain/errors.ts';
import type { Room } from '../domain/room.ts';
import { isAllowedTarget } from '../domain/target-url.ts';
import { queueTokenTtlMs } from '../domain/ticket.ts';
import type { RoomBoard } from '../service/room-board.ts';
import { preferredLanguage, spokenLanguages } from '../web/languages.ts';
import type { Language } from '../web/phrases/phrases.ts';
import type { RoomPage } from '../web/room-page-model.ts';

/** A visit to a room that exists. */
export type Visit = {
  request: FastifyRequest;
  reply: FastifyReply;
  board: RoomBoard;
  room: Room;
  language: Language;
  /** `?t=`, if the room leads there. */
  target: string | null;
  queueToken: string | null;
};

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const cookieOptions = { path: '/', secure: true, httpOnly: true, sameSite: 'lax' } as const;

/** The visit; null for a room that was never read. */
export function visitTo(
  board: RoomBoard | undefined,
  request: FastifyRequest,
  reply: FastifyReply,
): Visit | null {
  const room = board?.room;
  if (!board || !room) return null;
  const asked = queryOf(request, 't');
  const target = asked !== null && isAllowedTarget(room.policy, asked) ? asked : null;
  const language = languageOf(request, spokenLanguages(room.policy.languages));
  const queueToken = request.cookies[cookieName(room.roomId)] ?? null;
  return { request, reply, board, room, language, target, queueToken };
}

/** The room's cookie: kept by the browser for this host alone, and as long as its token is good. */
function cookieName(roomId: string): string {
  return `__Host-guichet-${roomId}`;
}

/** Hands the ticket to the browser. */
export function keepTicket({ reply, room }: Visit, queueToken: string): void {
  const maxAge = queueTokenTtlMs / 1_000;
  void reply.setCookie(cookieName(room.roomId), queueToken, { ...cookieOptions, maxAge });
}

/** Makes the browser forget the ticket. */
export function clearTicket({ reply, room }: Visit): void {
  void reply.clearCookie(cookieName(room.roomId), cookieOptions);
}

/** The form's key of someone who takes a place back, kept for that page alone: with it a lost answer is asked for again. */
const resumeKeyName = 'guichet-resume';
const resumeKeyS = 3_600;

export function keepResumeKey(visit: Visit, key: string): void {
  void visit.reply.setCookie(resumeKeyName, key, { ...resumeKeyOptions(visit), maxAge: resumeKeyS });
}

export function clearResumeKey(visit: Visit): void {
  void visit.reply.clearCookie(resumeKeyName, resumeKeyOptions(visit));
}

function resumeKeyOptions({ room }: Visit) {
  return { ...cookieOptions, path: `/rooms/${room.roomId}/resume`, sameSite: 'strict' } as const;
}

/** Null when there is none. */
export function resumeKeyOf({ request }: Visit): string | null {
  const key = request.cookies[resumeKeyName];
  return key !== undefined && uuid.test(key) ? key : null;
}

/** Whoever is back so soon was turned away by the site, and is not sent there again. */
const sentOnName = 'guichet-sent-on';
const sentOnS = 30;

/** Notes that the visitor is sent on to the site; false when they were just now. */
export function sendOnOnce({ request, reply, room }: Visit): boolean {
  if (request.cookies[sentOnName] !== undefined) return false;
  const path = `/rooms/${room.roomId}`;
  void reply.setCookie(sentOnName, '1', { ...cookieOptions, path, maxAge: sentOnS });
  return true;
}

/** The ticket's proof; throws token-missing. */
export function tokenOf({ queueToken }: Visit): string {
  if (queueToken === null) throw new GuichetError('token-missing');
  return queueToken;
}

export function roomIdOf({ params }: FastifyRequest): string {
  return (params as { roomId?: string }).roomId ?? '';
}

/** One value of the query; null when it is absent or given twice. */
export function queryOf({ query }: FastifyRequest, name: string): string | null {
  return textOf(query, name);
}

/** One field of the form; null when it is absent or given twice. */
export function fieldOf({ body }: FastifyRequest, name: string): string | null {
  return textOf(body, name);
}

/** The join form's idempotency key; null when there is none or it is no UUID. */
export function keyOf(request: FastifyRequest): string | null {
  const key = fieldOf(request, 'key');
  return key !== null && uuid.test(key) ? key : null;
}

function textOf(values: unknown, name: string): string | null {
  const value = (values as { [name: string]: unknown } | null | undefined)?.[name];
  return typeof value === 'string' ? value : null;
}

/** `?lang=` if it is offered, else what the browser prefers among those offered. */
export function languageOf(request: FastifyRequest, offered: readonly Language[]): Language {
  const asked = offered.find((language) => language === queryOf(request, 'lang'));
  return asked ?? preferredLanguage(request.headers['accept-language'], offered);
}

/** Whether a page is an answer that the client can show. */
export function readsHtml({ headers: { accept } }: FastifyRequest): boolean {
  return accept === undefined || /text\/html|text\/\*|\*\/\*/.test(accept);
}

/** What the page says of e-mails: whether one can be asked for, and what the address says was just done. */
export function emailOf({ request }: Visit, isOffered: boolean): RoomPage['email'] {
  if (!isOffered) return 'not-offered';
  const told = queryOf(request, 'email');
  if (told === 'withdrawn' || told === 'sent') return told;
  const underMinutes = emailMinutes.find((minutes) => String(minutes) === told);
  return underMinutes === undefined ? 'offered' : { underMinutes };
}
