/**
 * The pages that answer visitors' browsers: the room as it is now with the ticket in the cookie, and refusals, which are
 * pages too: in the room's words, with the visitor's place on it.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../domain/clock.ts';
import { GuichetError } from '../domain/errors.ts';
import { isRoomId } from '../domain/room.ts';
import type { Rooms } from '../service/rooms.ts';
import type { TicketSeen, WaitingRoom } from '../service/waiting-room.ts';
import { languages } from '../web/languages.ts';
import type { AssetUrls } from '../web/page-document.ts';
import { renderProblemPage } from '../web/problem-page.ts';
import { renderRoomPage } from '../web/room-page.ts';
import { type PageProblem, placesAsOf, type RoomPage } from '../web/room-page-model.ts';
import { problemText } from '../web/room-page-problem.ts';
import { sendText } from './compression.ts';
import { asGuichetError, type NoteRefusal, prepareRefusal } from './problem.ts';
import { isOwnOrigin } from './request-origin.ts';
import { setPageHeaders } from './room-page-headers.ts';
import { basePage, interruptedPage, targetOrigins, ticketPage } from './room-page-view.ts';
import {
  clearTicket,
  emailOf,
  keepTicket,
  keyOf,
  languageOf,
  queryOf,
  readsHtml,
  roomIdOf,
  type Visit,
  visitTo,
} from './room-page-visit.ts';

export type RoomPageParts = {
  waitingRoom: WaitingRoom;
  rooms: Rooms;
  clock: Clock;
  publicUrl: string;
  noteRefusal: NoteRefusal;
  /** Whether there is a mail server. */
  offersEmail: boolean;
};

export class RoomPageAnswers {
  readonly #parts: RoomPageParts;
  readonly #assets: AssetUrls;

  constructor(parts: RoomPageParts, assets: AssetUrls) {
    this.#parts = parts;
    this.#assets = assets;
  }

  /** The visit that a request is. Throws room-unknown, and request-invalid for a target off the room's list. */
  async visit(request: FastifyRequest, reply: FastifyReply): Promise<Visit> {
    const roomId = roomIdOf(request);
    if (!isRoomId(roomId)) throw new GuichetError('room-unknown');
    const board = await this.#parts.rooms.resolve(roomId);
    const visit = visitTo(board, request, reply);
    if (visit === null) throw new GuichetError('room-unknown');
    if (queryOf(request, 't') !== visit.target) {
      throw new GuichetError('request-invalid', { detail: 't is not an address that this room leads to' });
    }
    return visit;
  }

  /** The same for a form, which counts when it comes from a page of ours; throws origin-forbidden. */
  async formVisit(request: FastifyRequest, reply: FastifyReply): Promise<Visit> {
    const { origin, 'sec-fetch-site': site } = request.headers;
    // Browsers that send no Origin say where from otherwise, or not at all.
    const isOwn =
      origin === undefined
        ? site === undefined || site === 'same-origin' || site === 'none'
        : isOwnOrigin(request, origin, this.#parts.publicUrl);
    if (!isOwn) throw new GuichetError('origin-forbidden');
    return this.visit(request, reply);
  }

  /** The page of someone without a ticket. */
  page(visit: Visit, joinKey: string | null = null): RoomPage {
    const { board, room, language, target } = visit;
    const email = emailOf(visit, this.#parts.offersEmail);
    return basePage(board, room, { language, target, joinKey, email }, this.#parts.clock.wallMs());
  }

  /** The same with what went wrong. */
  withProblem(page: RoomPage, code: PageProblem, retryAfterMs: number | null = null): RoomPage {
    const problem = { code, text: problemText(code, page.language, retryAfterMs) };
    if (code !== 'no-places-left') return { ...page, problem };
    // The store says so, and may know more than the room's last tick.
    const placesLeft = placesAsOf(0, new Date(page.nowMs).toISOString());
    return { ...page, problem, room: { ...page.room, placesLeft } };
  }

  /** The same with the visitor's ticket. */
  withTicket(page: RoomPage, visit: Visit, seen: TicketSeen, queueToken: string): RoomPage {
    if (seen.queueToken !== undefined) keepTicket(visit, seen.queueToken);
    const current = seen.queueToken ?? queueToken;
    const { expiresAtMs } = this.#parts.waitingRoom.claims(visit.room.roomId, current);
    return ticketPage(page, { seen, queueToken: current, expiresAtMs });
  }

  send(visit: Visit, page: RoomPage): Promise<FastifyReply> {
    return this.sendDocument(visit, renderRoomPage(page, this.#assets));
  }

  async sendDocument(visit: Visit, document: string): Promise<FastifyReply> {
    const { request, reply, room, language } = visit;
    setPageHeaders(request, reply, { publicUrl: this.#parts.publicUrl, formOrigins: targetOrigins(room) });
    void reply.type('text/html; charset=utf-8').header('content-language', language);
    return sendText(request, reply, document);
  }

  /** A refusal as a page, for those who read HTML; others get the listener's problem+json. */
  async refuse(thrown: unknown, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    if (!readsHtml(request)) throw thrown;
    const error = asGuichetError(thrown);
    this.#parts.noteRefusal(request, error);
    prepareRefusal(reply, error);
    const visit = visitTo(this.#parts.rooms.boards.get(roomIdOf(request)), request, reply);
    if (visit === null) return this.#refuseBare(error, request, reply);
    // What may have happened is repeated under the same key; what was refused begins anew.
    const isRepeatable = error.status >= 500 || error.code === 'rate-limited';
    const page = this.page(visit, isRepeatable ? keyOf(request) : null);
    const isTarget =
      error.code === 'request-invalid' && queryOf(request, 't') !== null && visit.target === null;
    const refused = this.withProblem(
      page,
      isTarget ? 'target-refused' : error.code,
      error.retryAfterMs ?? null,
    );
    return this.send(visit, await this.#withTicketIfAny(refused, visit, error));
  }

  async #withTicketIfAny(page: RoomPage, visit: Visit, error: GuichetError): Promise<RoomPage> {
    const { queueToken, room } = visit;
    const { waitingRoom } = this.#parts;
    if (queueToken === null) return page;
    try {
      if (error.status >= 500) throw error;
      return this.withTicket(page, visit, await waitingRoom.look(room.roomId, queueToken), queueToken);
    } catch {
      // Refused, or the store is away: then the number in the token is what is known.
    }
    try {
      const { number } = waitingRoom.claims(room.roomId, queueToken);
      return interruptedPage(page, { number, queueToken });
    } catch {
      clearTicket(visit);
      return page;
    }
  }

  async #refuseBare(
    error: GuichetError,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<FastifyReply> {
    const language = languageOf(request, languages);
    setPageHeaders(request, reply, { publicUrl: this.#parts.publicUrl, formOrigins: [] });
    const { code, retryAfterMs = null } = error;
    const problem = { code, text: problemText(code, language, retryAfterMs) };
    const retryUrl = error.status >= 500 && request.method === 'GET' ? request.url : null;
    void reply.type('text/html; charset=utf-8').header('content-language', language);
    return sendText(request, reply, renderProblemPage({ language, problem, retryUrl }, this.#assets));
  }
}
