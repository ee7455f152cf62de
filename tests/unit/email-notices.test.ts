import { describe, expect, test } from 'vitest';
import { GuichetError } from '../../src/domain/errors.ts';
import { EmailNotices, type EmailNoticesParts } from '../../src/service/email-notices.ts';
import type { Rooms } from '../../src/service/rooms.ts';
import type { WaitingRoom } from '../../src/service/waiting-room.ts';
import type { EmailStore } from '../../src/store/email-store.ts';
import { StoreUnknownError } from '../../src/store/queue-store.ts';
import { claimsOf } from '../support/board-parts.ts';

/** Of a store that answers so; how often it was asked. */
function noticesOn(kept: EmailStore['kept']) {
  const asked: string[] = [];
  const store: Partial<EmailStore> = {
    kept(roomId, ticketId) {
      asked.push(`${roomId} ${ticketId}`);
      return kept(roomId, ticketId);
    },
  };
  const parts: Partial<EmailNoticesParts> = {
    store: store as EmailStore,
    rooms: { resolve: async () => ({}) } as unknown as Rooms,
    waitingRoom: {
      claims(_roomId: string, token: string) {
        if (token !== 'token') throw new GuichetError('token-refused');
        return claimsOf(1);
      },
    } as unknown as WaitingRoom,
  };
  return { notices: new EmailNotices(parts as EmailNoticesParts), asked };
}

describe('whether a wish is kept', () => {
  test('is what the store says of the ticket, asked once', async () => {
    const { notices, asked } = noticesOn(async () => 15);
    expect(await notices.kept('pool', 'token')).toEqual({ underMinutes: 15 });
    expect(asked).toEqual([`pool ${claimsOf(1).ticketId}`]);
    expect(await noticesOn(async () => null).notices.kept('pool', 'token')).toBeNull();
  });

  test('is told to nobody without the ticket', async () => {
    const { notices, asked } = noticesOn(async () => 15);
    await expect(notices.kept('pool', 'other')).rejects.toMatchObject({ code: 'token-refused' });
    expect(asked).toEqual([]);
  });

  test('is store-unavailable while the store does not answer', async () => {
    const { notices } = noticesOn(async () => {
      throw new StoreUnknownError('away', new Error('away'));
    });
    await expect(notices.kept('pool', 'token')).rejects.toMatchObject({ code: 'store-unavailable' });
  });
});
