/**
 * The waiting page over HTTP, by GET and forms alone: what a script adds is only freshness.
 *
 * No GET takes a ticket. The queue token lives in a cookie that no script reads and no other site sends along; a form
 * counts only when it comes from a page of ours. Each POST answers 303, so that a reload repeats nothing, and repeating
 * it does no harm either.
 */
import cookie from '@fastify/cookie';
import formbody from '@fastify/formbody';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { GuichetError } from '../domain/errors.ts';
import { extensionsMax } from '../domain/ticket.ts';
import type { LookInPerson } from '../service/look-in-person.ts';
import type { TicketSeen } from '../service/waiting-room.ts';
import { readAssets } from '../web/assets.ts';
import { coloursStyle } from '../web/room-colours.ts';
import { roomUrl } from '../web/room-page-urls.ts';
import { registerAssets } from './asset-routes.ts';
import type { PrefixLimit } from './prefix-limit.ts';
import { RoomPageAnswers, type RoomPageParts } from './room-page-answers.ts';
import { type AwayRouteParts, RoomPageAwayRoutes } from './room-page-away-routes.ts';
import { overPage } from './room-page-view.ts';
import {
  clearTicket,
  fieldOf,
  keepTicket,
  keyOf,
  queryOf,
  sendOnOnce,
  tokenOf,
  type Visit,
} from './room-page-visit.ts';

/** By then every replica has heard, with two ticks, that the room is bypassed. */
const bypassKnownAfterMs = 2_500;

export type RoomPageRouteParts = Omit<RoomPageParts, 'offersEmail'> &
  AwayRouteParts & {
    lookInPerson: LookInPerson;
    /** Counts one join; throws rate-limited. */
    joinLimit: PrefixLimit;
  };

/** Registers the page, its forms and its assets. */
export function registerRoomPage(app: FastifyInstance, parts: RoomPageRouteParts): void {
  const { assets, urls } = readAssets();
  registerAssets(app, assets);
  void app.register(async (scope) => {
    // Forms only: a body of another type is refused.
    scope.removeAllContentTypeParsers();
    await scope.register(formbody);
    await scope.register(cookie);
    const answers = new RoomPageAnswers({ ...parts, offersEmail: parts.emails !== null }, urls);
    const away = new RoomPageAwayRoutes(parts, answers, urls);
    scope.setErrorHandler((error, request, reply) => answers.refuse(error, request, reply));
    new RoomPageRoutes(parts, answers, away).register(scope);
    away.register(scope);
  });
}

class RoomPageRoutes {
  readonly #parts: RoomPageRouteParts;
  readonly #answers: RoomPageAnswers;
  readonly #away: RoomPageAwayRoutes;

  constructor(parts: RoomPageRouteParts, answers: RoomPageAnswers, away: RoomPageAwayRoutes) {
    this.#parts = parts;
    this.#answers = answers;
    this.#away = away;
  }

  register(scope: FastifyInstance): void {
    const hidden = { schema: { hide: true } };
    scope.get('/rooms/:roomId', hidden, async (request, reply) =>
      this.#show(await this.#answers.visit(request, reply)),
    );
    scope.get('/rooms/:roomId/colours.css', hidden, async (request, reply) => {
      const { room } = await this.#answers.visit(request, reply);
      const accent = room.policy.colours?.accent;
      if (!accent) throw new GuichetError('route-unknown');
      // The address names the colour, so another colour is another address.
      void reply.header('cache-control', 'public, max-age=86400');
      return reply.type('text/css; charset=utf-8').send(coloursStyle(accent));
    });
    const forms: { [action: string]: (visit: Visit) => Promise<FastifyReply> } = {
      join: (visit) => this.#join(visit),
      enter: (visit) => this.#enter(visit, tokenOf(visit)),
      extend: (visit) => this.#extend(visit),
      return: (visit) => this.#return(visit),
      leave: (visit) => this.#leave(visit),
    };
    for (const [action, take] of Object.entries(forms)) {
      scope.post(`/rooms/:roomId/${action}`, hidden, async (request, reply) =>
        take(await this.#answers.formVisit(request, reply)),
      );
    }
  }

  async #show(visit: Visit): Promise<FastifyReply> {
    const { request, queueToken, room, board, reply } = visit;
    const answers = this.#answers;
    const site = visit.target ?? room.policy.targetUrl;
    // Once every gate knows: until then one of them would send the visitor back here. So does a gate that the store cannot
    // tell, and a site that looks at passes by itself: not round and round.
    const isWayOut = room.state === 'bypass' && site !== null && board.stateAgeMs >= bypassKnownAfterMs;
    if (isWayOut && sendOnOnce(visit))
      return reply.header('cache-control', 'no-store').redirect(new URL(site).href, 302);
    // Sent here by the gate: a hand-over was used before, and no pass came with it.
    const isUnrecognised = queryOf(request, 'pass') === 'not-kept';
    const plain = answers.page(visit);
    const page = isUnrecognised ? answers.withProblem(plain, 'pass-not-kept') : plain;
    if (queueToken === null) {
      if (queryOf(request, 'joined') !== null)
        return answers.send(visit, answers.withProblem(page, 'cookies-refused'));
      if (queryOf(request, 'left') !== null) return answers.send(visit, overPage(page, 'left'));
      if (queryOf(request, 'forgotten') !== null) return answers.send(visit, overPage(page, 'forgotten'));
      return answers.send(visit, page);
    }
    let seen: TicketSeen;
    try {
      seen = await this.#look(visit, queueToken);
    } catch (error) {
      if (!(error instanceof GuichetError && error.code === 'token-refused')) throw error;
      // An old number on this device is nobody's fault: say so, and offer a new one.
      clearTicket(visit);
      return answers.send(visit, answers.withProblem(page, 'token-refused'));
    }
    const withTicket = answers.withTicket(page, visit, seen, queueToken);
    const withCode = await this.#away.withCode(withTicket, visit);
    return answers.send(visit, await this.#away.withEmail(withCode, visit));
  }

  /**
   * The ticket as it is now. A turn that shows here for the first time with less than half of its time left gets its
   * first extension: without a script, its holder could not know of it earlier.
   */
  async #look(visit: Visit, queueToken: string): Promise<TicketSeen> {
    const { waitingRoom, lookInPerson, clock } = this.#parts;
    const { roomId } = visit.room;
    const seen = await lookInPerson(roomId, queueToken);
    const { view } = seen;
    if (view.kind !== 'admitted' || view.extensionsLeft !== extensionsMax) return seen;
    if (Date.parse(view.expiresAt) - clock.wallMs() > view.enterWithinMs / 2) return seen;
    try {
      return await waitingRoom.extend(roomId, queueToken, 1);
    } catch {
      // The turn is shown all the same, with the time that it has.
      return seen;
    }
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
    return reply.redirect(roomUrl(visit, null, { joined: '1' }), 303);
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
    return visit.reply.redirect(roomUrl(visit, null, { left: '1' }), 303);
  }
}
