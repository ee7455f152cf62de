import { describe, expect, test } from 'vitest';
import { afterMessage, type LiveMessage, ticketViewOf } from '../../src/web/client/live-messages.ts';
import { inMinutes, ticketPage, turn, waiting } from '../support/room-pages.ts';
import { standing } from '../support/standing-message.ts';

describe('a message', () => {
  const page = {
    ...ticketPage('fr', waiting(3)),
    problem: { code: 'not-admitted', text: 'Trop tôt.' } as const,
  };

  test('changes the ticket, and takes away a problem that is no longer one', () => {
    const moved = afterMessage(page, standing(2));
    expect(moved.ticket?.view).toEqual(waiting(2));
    expect(moved.problem).toEqual(page.problem);
    const view = turn();
    if (view.kind !== 'admitted') throw new Error('not admitted');
    const { kind: _kind, ...fields } = view;
    const admitted = afterMessage(page, { type: 'admitted', ...fields });
    expect(admitted.ticket).toMatchObject({ number: 2_047, view });
    expect(admitted.problem).toBeNull();
  });

  test('changes the room and its notice', () => {
    expect(afterMessage(page, { type: 'notice', notice: 'Midi.' }).room.notice).toBe('Midi.');
    const opening = { opensAt: inMinutes(90), joinFrom: inMinutes(30) };
    const moved = afterMessage(page, { type: 'room', state: 'scheduled', reason: 'Une fuite.', ...opening });
    expect(moved.room).toEqual({ ...page.room, state: 'scheduled', reason: 'Une fuite.', ...opening });
  });

  test('says each state of a ticket in the words of a look', () => {
    expect(ticketViewOf({ type: 'entered', expiresAt: inMinutes(20) })).toEqual({
      kind: 'entered',
      expiresAt: inMinutes(20),
    });
    expect(ticketViewOf({ type: 'lapsed', returnUntil: inMinutes(9) })).toEqual({
      kind: 'lapsed',
      returnUntil: inMinutes(9),
    });
    expect(ticketViewOf({ type: 'gone', reason: 'moved' })).toEqual({ kind: 'gone', reason: 'moved' });
  });

  test('of a later version changes nothing', () => {
    expect(afterMessage(page, { type: 'sparkle' } as unknown as LiveMessage)).toEqual(page);
  });
});
