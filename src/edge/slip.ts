/** The slip over HTTP: which languages it speaks, its picture, and the headers under which nothing runs or loads. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { renderSVG } from 'uqr';
import type { AssistedTicket } from '../service/ticket-desk.ts';
import { languages, spokenLanguages } from '../web/languages.ts';
import type { Language } from '../web/phrases/phrases.ts';
import { renderSlip } from '../web/slip-page.ts';

/** More would not fit on a receipt. */
const slipLanguagesMax = 3;

const style = readFileSync(new URL('../web/slip.css', import.meta.url), 'utf8');
const styleHash = createHash('sha256').update(style).digest('base64');
const contentPolicy = `default-src 'none'; style-src 'sha256-${styleHash}'; img-src data:; base-uri 'none'; form-action 'none'`;

/** Whether a paper is asked for rather than data. */
export function wantsSlip({ headers }: FastifyRequest): boolean {
  const { accept = '' } = headers;
  return /\btext\/html\b/i.test(accept) && !/\bapplication\/json\b/i.test(accept);
}

export type SlipParts = {
  ticket: AssistedTicket;
  /** The first one; null: the room's. */
  language: string | null;
  resumeUrl: string;
  nowMs: number;
};

/** The document, and its headers. */
export function slipOf(reply: FastifyReply, { ticket, language, resumeUrl, nowMs }: SlipParts): string {
  const { room, number, view, code, expiresAt } = ticket;
  void reply.type('text/html; charset=utf-8').headers({
    'content-security-policy': `${contentPolicy}; frame-ancestors 'none'`,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'x-robots-tag': 'noindex',
  });
  const slip = {
    room,
    languages: slipLanguages(room.policy.languages, language),
    number,
    code,
    expiresAt,
    address: resumeUrl.split('?')[0] ?? resumeUrl,
    picture: renderSVG(resumeUrl, { border: 2 }),
    deadline: view.kind === 'admitted' ? view.expiresAt : null,
    expectedWaitMs: view.kind === 'waiting' ? view.standing.expectedWaitMs : null,
    nowMs,
  };
  return renderSlip(slip, { style, contentPolicy });
}

/** The one asked for, if pages speak it, then the room's. */
function slipLanguages(ofRoom: readonly string[], asked: string | null): Language[] {
  const first = languages.filter((tag) => tag === asked?.split('-')[0]);
  return [...new Set([...first, ...spokenLanguages(ofRoom)])].slice(0, slipLanguagesMax);
}
