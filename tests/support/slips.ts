/** Slips as a desk prints them, for tests that read them or look at them. */
import type { PolicyInput } from '../../src/domain/room.ts';
import { slipOf } from '../../src/edge/slip.ts';
import type { AssistedTicket } from '../../src/service/ticket-desk.ts';
import { newRoom } from './room-under-test.ts';

/** What `slipOf` needs of a reply: it keeps the headers. */
class KeptHeaders {
  readonly kept: Record<string, string> = {};
  type(value: string): this {
    this.kept['content-type'] = value;
    return this;
  }
  headers(values: Record<string, string>): this {
    Object.assign(this.kept, values);
    return this;
  }
}

export const townPolicy: PolicyInput = {
  name: {
    fr: 'Inscriptions aux cours de natation',
    en: 'Swimming lessons: registration',
    ar: 'دروس السباحة',
  },
  owner: { fr: 'Ville de Gatineau', en: 'City of Gatineau' },
  contact: { fr: 'téléphone, 819 555-0123, de 8 h à 20 h', en: 'telephone, 819 555-0123, 8 a.m. to 8 p.m.' },
  timeZone: 'America/Toronto',
};

export type SlipOptions = {
  policy?: PolicyInput;
  language?: string | null;
  view?: AssistedTicket['view'];
  publicUrl?: string;
};

const waiting: AssistedTicket['view'] = {
  kind: 'waiting',
  standing: {
    position: 1_180,
    waiting: 1_180,
    expectedWaitMs: { low: 1_980_000, high: 2_700_000 },
    reason: 'queued',
    placesLeft: null,
    asOf: '2026-11-22T23:30:00.000Z',
  },
  pollAfterMs: 15_000,
};
/** It is the visitor's turn. */
export const turn: AssistedTicket['view'] = {
  kind: 'admitted',
  releaseNumber: 7,
  expiresAt: '2026-11-22T23:35:00.000Z',
  enterWithinMs: 300_000,
  extensionsLeft: 10,
  pollAfterMs: 2_000,
};

/** A slip's document and its headers. */
export function slipWith(options: SlipOptions = {}): { markup: string; headers: Record<string, string> } {
  const { policy = townPolicy, language = null, view = waiting } = options;
  const { publicUrl = 'https://file.gatineau.example.org' } = options;
  const reply = new KeptHeaders();
  const markup = slipOf(reply as never, {
    ticket: {
      ticketId: '6b1a3a0e-7d2f-8c11-9b52-0d9d4f3f9a10',
      number: 1_204,
      view,
      code: 'K7QXM-2PD93',
      expiresAt: '2026-11-25T23:30:00.000Z',
      room: newRoom('natation', policy),
    },
    language,
    resumeUrl: `${publicUrl}/rooms/natation/resume?code=K7QXM2PD93`,
    nowMs: Date.UTC(2026, 10, 22, 23, 30),
  });
  return { markup, headers: reply.kept };
}
