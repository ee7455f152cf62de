/**
 * The waiting page over HTTP, by GET and forms alone: what a script adds is only freshness.
 *
 * No GET takes a ticket. The queue token lives in a cookie that no script reads and no other site sends along; a form
 * counts only when it comes from a page of ours. Each POST answers 303, so that a reload repeats nothing, and repeating
 * it does no harm either. A refusal is a page too: in the room's words, with the visitor's place on it.
 */
import cookie from '@fastify/cookie';
import formbody from '@fastify/formbody';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../domain/clock.ts';
import { GuichetError } from '../domain/errors.ts';
import { isRoomId } from '../domain/room.ts';
import { extensionsMax } from '../domain/ticket.ts';
import type { Rooms } from '../service/rooms.ts';
import type { TicketSeen, WaitingRoom } from '../service/waiting-room.ts';
import { readAssets } from '../web/assets.ts';
import { languages } from '../web/languages.ts';
import { type AssetUrls, renderProblemPage, renderRoomPage } from '../web/room-page.ts';
import type { RoomPage } from '../web/room-page-model.ts';
import { roomUrl } from '../web/room-page-parts.ts';
import { type PageProblem, problemText } from '../web/room-page-problem.ts';
import { registerAssets } from './asset-routes.ts';
import { asGuichetError, type NoteRefusal, prepareRefusal } from './problem.ts';
import { isOwnOrigin } from './request-origin.ts';
import { setPageHeaders } from './room-page-headers.ts';
import { basePage, interruptedPage, leftPage, targetOrigins, ticketPage } from './room-page-view.ts';
import {
  clearTicket,
  fieldOf,
  keepTicket,
  keyOf,
  languageOf,
  queryOf,
  readsHtml,
  roomIdOf,
  tokenOf,
  type Visit,
  visitTo,
} from './room-page-visit.ts';

export type RoomPageParts = {
  waitingRoom: WaitingRoom;
  rooms: Rooms;
  clock: Clock;
  publicUrl: string;
  /** Counts one join; throws rate-limited. */
  joinLimit: (request: FastifyRequest, reply: FastifyReply) => void;
  noteRefusal: NoteRefusal;
};

/** Registers the page, its forms and its assets. */
export function registerRoomPage(app: FastifyInstance, parts: RoomPageParts): void {
  const { assets, urls } = readAssets();
  registerAssets(app, assets);
  void app.register(async (scope) => {
    // Forms only: a body of another type is refused.
    scope.removeAllContentTypeParsers();
    await scope.register(formbody);
    await scope.register(cookie);
    new RoomPageRoutes(parts, urls).register(scope);
  });
}

class RoomPageRoutes {
  readonly #parts: RoomPageParts;
  readonly #assets: AssetUrls;

  constructor(parts: RoomPageParts, assets: AssetUrls) {
    this.#parts = parts;
    this.#assets = assets;
  }

  register(scope: FastifyInstance): void {
    scope.setErrorHandler((error, request, reply) => this.#refuse(error, request, reply));
    const hidden = { schema: { hide: true } };
    scope.get('/rooms/:roomId', hidden, async (request, reply) =>
      this.#show(await this.#visit(request, reply)),
    );
    const forms: { [action: string]: (visit: Visit) => Promise<FastifyReply> } = {
      join: (visit) => this.#join(visit),
      enter: (visit) => this.#enter(visit, tokenOf(visit)),
      extend: (visit) => this.#extend(visit),
      return: (visit) => this.#return(visit),
      leave: (visit) => this.#leave(visit),
    };
    for (const [action, take] of Object.entries(forms)) {
      scope.post(`/rooms/:roomId/${action}`, hidden, async (request, reply) => {
        this.#checkFormOrigin(request);
        return take(await this.#visit(request, reply));
      });
    }
  }

  async #visit(request: FastifyRequest, reply: FastifyReply): Promise<Visit> {
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

  async #show(visit: Visit): Promise<FastifyReply> {
    const { request, queueToken } = visit;
    if (queueToken === null) {
      const problem = queryOf(request, 'joined') === null ? null : this.#problem(visit, 'cookies-refused');
      const page = this.#page(visit, problem);
      return this.#send(visit, queryOf(request, 'left') === null ? page : leftPage(page));
    }
    let seen: TicketSeen;
    try {
      seen = await this.#look(visit, queueToken);
    } catch (error) {
      if (!(error instanceof GuichetError && error.code === 'token-refused')) throw error;
      // An old number on this device is nobody's fault: say so, and offer a new one.
      clearTicket(visit);
      return this.#send(visit, this.#page(visit, this.#problem(visit, 'token-refused')));
    }
    return this.#send(visit, this.#withTicket(this.#page(visit, null), visit, seen, queueToken));
  }

  /**
   * The ticket as it is now. A turn that shows here for the first time with less than half of its time left gets its
   * first extension: without a script, its holder could not know of it earlier.
   */
  async #look(visit: Visit, queueToken: string): Promise<TicketSeen> {
    const { waitingRoom, clock } = this.#parts;
    const { roomId } = visit.room;
    const seen = await waitingRoom.look(roomId, queueToken);
    const { view } = seen;
    if (view.kind !== 'admitted' || view.extensionsLeft !== extensionsMax) return seen;
    if (Date.parse(view.expiresAt) - clock.wallMs() > view.enterWithinMs / 2) return seen;
    return waitingRoom.extend(roomId, queueToken, 1);
  }

  async #join(visit: Visit): Promise<FastifyReply> {
    const { waitingRoom, joinLimit } = this.#parts;
    const { request, reply, room, queueToken } = visit;
    joinLimit(request, reply);
    const idempotencyKey = keyOf(request);
    if (idempotencyKey === null) throw new GuichetError('request-invalid', { detail: 'key must be a UUID' });
    const joined = await waitingRoom.join(room.roomId, { idempotencyKey, queueToken });
    keepTicket(visit, joined.queueToken);
    const mayPass = joined.view.kind === 'admitted' || joined.view.kind === 'entered';
    // Nothing was waited for: straight on. Those who waited press a button.
    const leadsOn = (visit.target ?? room.policy.targetUrl) !== null;
    if (joined.isNew && mayPass && leadsOn) return this.#enter(visit, joined.queueToken);
    return reply.redirect(`${roomUrl(visit)}&joined=1`, 303);
  }

  async #enter(visit: Visit, queueToken: string): Promise<FastifyReply> {
    const { room, reply, target } = visit;
    const { redirectUrl } = await this.#parts.waitingRoom.enter(room.roomId, queueToken, target);
    return reply.redirect(redirectUrl ?? roomUrl(visit), 303);
  }

  async #extend(visit: Visit): Promise<FastifyReply> {
    const extension = Number(fieldOf(visit.request, 'extension'));
    if (!Number.isInteger(extension) || extension < 1 || extension > extensionsMax) {
      throw new GuichetError('request-invalid', { detail: 'extension must be 1–10' });
    }
    await this.#parts.waitingRoom.extend(visit.room.roomId, tokenOf(visit), extension);
    return visit.reply.redirect(roomUrl(visit), 303);
  }

  async #return(visit: Visit): Promise<FastifyReply> {
    await this.#parts.waitingRoom.return(visit.room.roomId, tokenOf(visit));
    return visit.reply.redirect(roomUrl(visit), 303);
  }

  async #leave(visit: Visit): Promise<FastifyReply> {
    if (visit.queueToken !== null) await this.#parts.waitingRoom.leave(visit.room.roomId, visit.queueToken);
    clearTicket(visit);
    return visit.reply.redirect(`${roomUrl(visit)}&left=1`, 303);
  }

  /** A form counts when it comes from a page of ours. Browsers that send no Origin say where from otherwise, or not at all. */
  #checkFormOrigin(request: FastifyRequest): void {
    const { origin, 'sec-fetch-site': site } = request.headers;
    const isOwn =
      origin === undefined
        ? site === undefined || site === 'same-origin' || site === 'none'
        : isOwnOrigin(request, origin, this.#parts.publicUrl);
    if (!isOwn) throw new GuichetError('origin-forbidden');
  }

  #problem({ language }: Visit, problem: PageProblem, retryAfterMs: number | null = null): string {
    return problemText(problem, language, retryAfterMs);
  }

  #page(
    { board, room, language, target }: Visit,
    problem: string | null,
    joinKey: string | null = null,
  ): RoomPage {
    return basePage(board, room, { language, target, problem, joinKey }, this.#parts.clock.wallMs());
  }

  #withTicket(page: RoomPage, visit: Visit, seen: TicketSeen, queueToken: string): RoomPage {
    if (seen.queueToken !== undefined) keepTicket(visit, seen.queueToken);
    const current = seen.queueToken ?? queueToken;
    const { expiresAtMs } = this.#parts.waitingRoom.claims(visit.room.roomId, current);
    return ticketPage(page, visit.room, { seen, queueToken: current, expiresAtMs });
  }

  #send({ request, reply, room, language }: Visit, page: RoomPage): FastifyReply {
    setPageHeaders(request, reply, { publicUrl: this.#parts.publicUrl, formOrigins: targetOrigins(room) });
    void reply.type('text/html; charset=utf-8').header('content-language', language);
    return reply.send(renderRoomPage(page, this.#assets));
  }

  /** A refusal as a page, for those who read HTML; others get the listener's problem+json. */
  async #refuse(thrown: unknown, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    if (!readsHtml(request)) throw thrown;
    const error = asGuichetError(thrown);
    this.#parts.noteRefusal(request, error);
    prepareRefusal(reply, error);
    const retryAfterMs = error.retryAfterMs ?? null;
    const visit = visitTo(this.#parts.rooms.boards.get(roomIdOf(request)), request, reply);
    if (visit === null) return this.#refuseBare(error, request, reply);
    const asked = queryOf(request, 't');
    const isTarget = error.code === 'request-invalid' && asked !== null && visit.target === null;
    const problem = this.#problem(visit, isTarget ? 'target-refused' : error.code, retryAfterMs);
    // What may have happened is repeated under the same key; what was refused begins anew.
    const isRepeatable = error.status >= 500 || error.code === 'rate-limited';
    const page = this.#page(visit, problem, isRepeatable ? keyOf(request) : null);
    return this.#send(visit, await this.#withTicketIfAny(page, visit, error));
  }

  async #withTicketIfAny(page: RoomPage, visit: Visit, error: GuichetError): Promise<RoomPage> {
    const { queueToken, room } = visit;
    const { waitingRoom } = this.#parts;
    if (queueToken === null) return page;
    try {
      if (error.status >= 500) throw error;
      return this.#withTicket(page, visit, await waitingRoom.look(room.roomId, queueToken), queueToken);
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

  #refuseBare(error: GuichetError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const language = languageOf(request, languages);
    setPageHeaders(request, reply, { publicUrl: this.#parts.publicUrl, formOrigins: [] });
    const problem = problemText(error.code, language, error.retryAfterMs ?? null);
    const retryUrl = error.status >= 500 && request.method === 'GET' ? request.url : null;
    void reply.type('text/html; charset=utf-8').header('content-language', language);
    return reply.send(renderProblemPage({ language, problem, retryUrl }, this.#assets));
  }
}
