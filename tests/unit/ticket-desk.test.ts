import { expect, test } from 'vitest';
import type { AuditEntry } from '../../src/domain/audit.ts';
import { GuichetError } from '../../src/domain/errors.ts';
import { TicketDesk, type TicketDeskParts } from '../../src/service/ticket-desk.ts';
import { newRoom } from '../support/room-under-test.ts';

const actor = { keyId: 'key-1', name: 'Desk 3' };
const ticket = { ticketId: '6b1a3a0e-7d2f-8c11-9b52-0d9d4f3f9a10', number: 12 };
const code = 'K7QXM-2PD93';

/** A desk in front of a room that gives this ticket. */
function deskWith(record: (entry: AuditEntry) => Promise<void>): TicketDesk {
  const view = { kind: 'ended', outcome: null } as const;
  const parts = {
    waitingRoom: {
      join: async () => ({ ...ticket, view, queueToken: 'the secret', isNew: true }),
      resumeCode: async () => ({ code, expiresAt: '2026-11-25T00:00:00.000Z' }),
    },
    rooms: { resolve: async () => ({ room: newRoom('pool') }) },
    audit: { record },
  };
  return new TicketDesk(parts as unknown as TicketDeskParts);
}

test('who took a ticket for somebody is put down before the agent is told, without its token and its code', async () => {
  const entries: AuditEntry[] = [];
  let isAnswered = false;
  const desk = deskWith(async (entry) => {
    await new Promise(setImmediate);
    expect(isAnswered).toBe(false);
    entries.push(entry);
  });
  const assisted = await desk.assist('pool', { idempotencyKey: null, actor });
  isAnswered = true;
  expect(assisted).toMatchObject({ ...ticket, code });
  expect(assisted).not.toHaveProperty('queueToken');
  const entry = { roomId: 'pool', actor, action: 'ticket.assist', reason: null, before: null, after: ticket };
  expect(entries).toEqual([entry]);
});

test('where it cannot be put down, the agent is told so', async () => {
  const refusal = new GuichetError('store-unavailable');
  const desk = deskWith(() => Promise.reject(refusal));
  await expect(desk.assist('pool', { idempotencyKey: null, actor })).rejects.toBe(refusal);
});
