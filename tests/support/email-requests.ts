/** What the contract tests of e-mails asked for do to a store. */
import type { EmailMinutes } from '../../src/domain/email.ts';
import { queueTokenTtlMs } from '../../src/domain/ticket.ts';
import type {
  EmailAskAnswer,
  EmailClaim,
  EmailClaimOptions,
  EmailOutcome,
} from '../../src/store/email-store.ts';
import { type HeldTicket, openRoom, type RoomUnderTest } from './room-under-test.ts';
import type { TestStore } from './stores.ts';

const anyOrder = Number.MAX_SAFE_INTEGER;
/** Due orders. */
export const everybody = { 5: anyOrder, 15: anyOrder, 30: anyOrder, 60: anyOrder };
export const nobody = { 5: 0, 15: 0, 30: 0, 60: 0 };
export const sealed = 'a2lk.bm9uY2U.Y2lwaGVy';

export const idsOf = ({ emails }: EmailClaim): string[] => emails.map(({ ticketId }) => ticketId);

export function emailsIn(test: TestStore) {
  /** A room that lets nobody in, and some who wait. */
  async function waiting(count: number): Promise<{ room: RoomUnderTest; tickets: HeldTicket[] }> {
    const room = await openRoom(test, { capacity: 0 });
    return { room, tickets: await room.join(count) };
  }

  function ask(
    { roomId }: RoomUnderTest,
    { ticketId, gen, order }: HeldTicket,
    underMinutes: EmailMinutes = 15,
    text = sealed,
    addressName = ticketId,
  ): Promise<EmailAskAnswer> {
    const expiresAtMs = test.time.ms + queueTokenTtlMs;
    const wish = { underMinutes, sealed: text, addressName };
    return test.emails.ask(roomId, { ticketId, gen, order, ...wish, expiresAtMs });
  }

  function claim({ roomId }: RoomUnderTest, options: Partial<EmailClaimOptions> = {}): Promise<EmailClaim> {
    return test.emails.claim(roomId, { claimId: 'claim-1', due: everybody, limit: 10, ...options });
  }

  function settle(
    { roomId }: RoomUnderTest,
    { ticketId }: { ticketId: string },
    outcome: EmailOutcome,
    claimId = 'claim-1',
  ): Promise<string> {
    return test.emails.settle(roomId, { claimId, ticketId }, outcome);
  }

  return { waiting, ask, claim, settle };
}
