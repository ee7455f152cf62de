import { describe, expect, test } from 'vitest';
import {
  afterMessage,
  type LiveMessage,
  ticketViewOf,
  withTicket,
} from '../../src/web/client/live-messages.ts';
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

  test('of where one stands changes the places left, as of then, with their reason', () => {
    const many = { ...page, room: { ...page.room, placesLeft: { count: 940, asOf: inMinutes(-9) } } };
    const view = waiting(3);
    if (view.kind !== 'waiting') throw new Error('not waiting');
    const none = { ...view.standing, reason: 'no-places-left', placesLeft: 0, asOf: inMinutes(1) } as const;
    expect(afterMessage(many, { type: 'standing', ...none }).room.placesLeft).toEqual({
      count: 0,
      asOf: inMinutes(1),
    });
    expect(
      withTicket(many, { kind: 'waiting', standing: { ...none, placesLeft: 7 } }).room.placesLeft,
    ).toEqual({
      count: 7,
      asOf: inMinutes(1),
    });
    expect(withTicket(many, waiting(2)).room.placesLeft).toBeNull();
    expect(withTicket(many, turn()).room.placesLeft).toEqual(many.room.placesLeft);
  });

  test('changes the room and its notice', () => {
    expect(afterMessage(page, { type: 'notice', notice: 'Midi.' }).room.notice).toBe('Midi.');
    const opening = { opensAt: inMinutes(90), joinFrom: inMinutes(30), closesAt: inMinutes(900) };
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
