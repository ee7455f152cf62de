/**
 * Going away from the waiting page and coming back, by pages and forms: the resume code and its picture, taking one's
 * place back on another device, having this device forget it, and the one e-mail.
 */
import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { renderSVG } from 'uqr';
import { emailMinutes, isEmailAddress } from '../domain/email.ts';
import { GuichetError } from '../domain/errors.ts';
import type { EmailNotices } from '../service/email-notices.ts';
import type { WaitingRoom } from '../service/waiting-room.ts';
import type { AssetUrls } from '../web/page-document.ts';
import { renderResumePage } from '../web/resume-page.ts';
import type { RoomPage } from '../web/room-page-model.ts';
import { roomUrl } from '../web/room-page-urls.ts';
import { sendText } from './compression.ts';
import type { PrefixLimit } from './prefix-limit.ts';
import { asGuichetError, type NoteRefusal, prepareRefusal } from './problem.ts';
import { resumeUrl } from './resume-routes.ts';
import type { RoomPageAnswers } from './room-page-answers.ts';
import {
  clearResumeKey,
  clearTicket,
  fieldOf,
  keepResumeKey,
  keepTicket,
  keyOf,
  queryOf,
  resumeKeyOf,
  tokenOf,
  type Visit,
} from './room-page-visit.ts';

export type AwayRouteParts = {
  waitingRoom: WaitingRoom;
  publicUrl: string;
  /** Counts one try of a code; throws rate-limited. */
  resumeLimit: PrefixLimit;
  noteRefusal: NoteRefusal;
  /** Null: there is no mail server. */
  emails: { notices: EmailNotices; emailLimit: PrefixLimit } | null;
};

/** Of what was typed as an address: more is not repeated. */
const addressCharactersMax = 254;
/** A code as it may stand in an address or a form: more of it is not repeated to anybody. */
const codeCharactersMax = 40;

export class RoomPageAwayRoutes {
  readonly #parts: AwayRouteParts;
  readonly #answers: RoomPageAnswers;
  readonly #assets: AssetUrls;

  constructor(parts: AwayRouteParts, answers: RoomPageAnswers, assets: AssetUrls) {
    this.#parts = parts;
    this.#answers = answers;
    this.#assets = assets;
  }

  register(scope: FastifyInstance): void {
    const hidden = { schema: { hide: true } };
    const answers = this.#answers;
    scope.get('/rooms/:roomId/code.svg', hidden, async (request, reply) =>
      this.#codePicture(await answers.visit(request, reply)),
    );
    scope.get('/rooms/:roomId/resume', hidden, async (request, reply) => {
      const visit = await answers.visit(request, reply);
      return this.#resumePage(visit, answers.page(visit), queryOf(request, 'code') ?? '');
    });
    const forms: { [action: string]: (visit: Visit) => Promise<FastifyReply> } = {
      resume: (visit) => this.#resume(visit),
      forget: (visit) => this.#forget(visit),
      email: (visit) => this.#askEmail(visit),
      'email-withdraw': (visit) => this.#withdrawEmail(visit),
    };
    for (const [action, take] of Object.entries(forms)) {
      scope.post(`/rooms/:roomId/${action}`, hidden, async (request, reply) =>
        take(await answers.formVisit(request, reply)),
      );
    }
  }

  /** The page with the ticket's code, where that was asked for. Showing it makes it work, however often. */
  async withCode(page: RoomPage, { request, room }: Visit): Promise<RoomPage> {
    if (queryOf(request, 'code') === null || page.queueToken === null) return page;
    try {
      const { code, expiresAt } = await this.#parts.waitingRoom.resumeCode(room.roomId, page.queueToken);
      const address = `${this.#parts.publicUrl}/rooms/${room.roomId}/resume`;
      return { ...page, resume: { code, address, until: expiresAt } };
    } catch (error) {
      // The place is shown all the same.
      const { code, retryAfterMs = null } = asGuichetError(error);
      return this.#answers.withProblem(page, code, retryAfterMs);
    }
  }

  /** The page with what is kept of the e-mail, where the address speaks of it: it may have been sent since. */
  async withEmail(page: RoomPage, { room }: Visit): Promise<RoomPage> {
    const { email, queueToken } = page;
    if (queueToken === null || email === 'offered' || email === 'not-offered') return page;
    try {
      const kept = await this.#emails.notices.kept(room.roomId, queueToken);
      return { ...page, email: kept ?? (email === 'withdrawn' ? email : 'sent') };
    } catch {
      // Nobody can tell now: then nothing is said.
      return { ...page, email: 'offered' };
    }
  }

  async #codePicture(visit: Visit): Promise<FastifyReply> {
    const { room, reply } = visit;
    const { code } = await this.#parts.waitingRoom.resumeCode(room.roomId, tokenOf(visit));
    const url = resumeUrl(this.#parts.publicUrl, { roomId: room.roomId, code, target: visit.target });
    // The picture is the code: no other site may show it.
    void reply.headers({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
    });
    return sendText(visit.request, reply.type('image/svg+xml'), renderSVG(url, { border: 2 }));
  }

  async #resumePage(visit: Visit, page: RoomPage, code: string): Promise<FastifyReply> {
    const key = keyOf(visit.request) ?? resumeKeyOf(visit) ?? randomUUID();
    keepResumeKey(visit, key);
    const form = {
      code: code.slice(0, codeCharactersMax),
      key,
      replaces: await this.#numberHere(visit),
    };
    return this.#answers.sendDocument(visit, renderResumePage(page, form, this.#assets));
  }

  /** The live number that this device has already; null when it has none, or nobody can tell. */
  async #numberHere({ room, queueToken }: Visit): Promise<number | null> {
    if (queueToken === null) return null;
    try {
      const { number, view } = await this.#parts.waitingRoom.look(room.roomId, queueToken);
      return view.kind === 'ended' || view.kind === 'gone' ? null : number;
    } catch {
      return null;
    }
  }

  async #resume(visit: Visit): Promise<FastifyReply> {
    const { request, reply, room } = visit;
    const code = fieldOf(request, 'code') ?? '';
    try {
      this.#parts.resumeLimit(request, reply);
      const callId = keyOf(request);
      keepTicket(visit, (await this.#parts.waitingRoom.resume(room.roomId, { code, callId })).queueToken);
    } catch (error) {
      return this.#refuseCode(visit, code, asGuichetError(error));
    }
    return reply.redirect(roomUrl(visit), 303);
  }

  /** The form again, with what was typed. */
  async #refuseCode(visit: Visit, code: string, error: GuichetError): Promise<FastifyReply> {
    this.#parts.noteRefusal(visit.request, error);
    prepareRefusal(visit.reply, error);
    const page = this.#answers.page(visit);
    const refused = this.#answers.withProblem(page, error.code, error.retryAfterMs ?? null);
    return this.#resumePage(visit, refused, code);
  }

  /** The ticket lives on; this device no longer has it. */
  async #forget(visit: Visit): Promise<FastifyReply> {
    clearTicket(visit);
    clearResumeKey(visit);
    return visit.reply.redirect(roomUrl(visit, null, { forgotten: '1' }), 303);
  }

  /** Where there is no mail server, the page has no such form. */
  get #emails(): NonNullable<AwayRouteParts['emails']> {
    const { emails } = this.#parts;
    if (emails === null) throw new GuichetError('route-unknown');
    return emails;
  }

  async #askEmail(visit: Visit): Promise<FastifyReply> {
    const { request, reply, room, language } = visit;
    const { notices, emailLimit } = this.#emails;
    const underMinutes = emailMinutes.find((minutes) => String(minutes) === fieldOf(request, 'underMinutes'));
    if (underMinutes === undefined) {
      throw new GuichetError('request-invalid', {
        detail: `underMinutes must be one of ${emailMinutes.join(', ')}`,
      });
    }
    emailLimit(request, reply);
    const address = fieldOf(request, 'address')?.trim() ?? '';
    if (!isEmailAddress(address)) return this.#refuseAddress(visit, address);
    const asked = await notices.ask(room.roomId, tokenOf(visit), { address, underMinutes, language });
    if (asked === 'not-waiting') return reply.redirect(roomUrl(visit), 303);
    return this.#toEmail(visit, asked === 'kept' ? String(underMinutes) : 'sent');
  }

  /** The page with the form as it was filled in. */
  async #refuseAddress(visit: Visit, address: string): Promise<FastifyReply> {
    const queueToken = tokenOf(visit);
    const seen = await this.#parts.waitingRoom.look(visit.room.roomId, queueToken);
    const error = new GuichetError('email-invalid');
    this.#parts.noteRefusal(visit.request, error);
    prepareRefusal(visit.reply, error);
    const refused = this.#answers.withProblem(this.#answers.page(visit), error.code);
    const email = { address: address.slice(0, addressCharactersMax), refusal: refused.problem?.text ?? '' };
    return this.#answers.send(
      visit,
      this.#answers.withTicket({ ...refused, email }, visit, seen, queueToken),
    );
  }

  async #withdrawEmail(visit: Visit): Promise<FastifyReply> {
    const answer = await this.#emails.notices.withdraw(visit.room.roomId, tokenOf(visit));
    return this.#toEmail(visit, answer === 'sent-before' ? 'sent' : 'withdrawn');
  }

  #toEmail(visit: Visit, told: string): FastifyReply {
    return visit.reply.redirect(`${roomUrl(visit, null, { email: told })}#email`, 303);
  }
}
