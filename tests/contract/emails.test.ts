import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { queueTokenTtlMs } from '../../src/domain/ticket.ts';
import {
  type ClaimedEmail,
  emailLeaseMs,
  emailsPerAddressMax,
  emailTriesMax,
} from '../../src/store/email-store.ts';
import { emailsIn, everybody, idsOf, nobody, sealed } from '../support/email-requests.ts';
import { type HeldTicket, openRoom, type RoomUnderTest } from '../support/room-under-test.ts';
import { emailsKeptMax, storeKinds, useStore } from '../support/stores.ts';

describe.each(storeKinds)('e-mails asked for (%s)', (kind) => {
  const test = useStore(kind);

  const { waiting, ask, claim, settle } = emailsIn(test);

  describe('a claim', () => {
    it('gets each e-mail that is due, once, with what was sealed', async () => {
      const { room, tickets } = await waiting(3);
      const [first, second, third] = tickets as [HeldTicket, HeldTicket, HeldTicket];
      expect(await ask(room, first, 5, 'a.b.c')).toBe('kept');
      expect(await ask(room, second, 60)).toBe('kept');
      expect(await ask(room, third, 15)).toBe('kept');
      const due = { ...nobody, 5: first.order, 15: second.order, 60: third.order };
      const { emails, kept, more } = await claim(room, { due });
      expect({ kept, more }).toEqual({ kept: 3, more: false });
      expect(emails).toEqual([
        { ticketId: first.ticketId, order: first.order, tries: 1, sealed: 'a.b.c' },
        { ticketId: second.ticketId, order: second.order, tries: 1, sealed },
      ]);
      expect(idsOf(await claim(room, { due, claimId: 'claim-2' }))).toEqual([]);
    });

    it('by two replicas at once never gives an e-mail to both', async () => {
      const { room, tickets } = await waiting(12);
      for (const ticket of tickets) await ask(room, ticket);
      const claims = await Promise.all(
        Array.from({ length: 8 }, (_, index) => claim(room, { claimId: `claim-${index}`, limit: 3 })),
      );
      expect(claims.flatMap(idsOf).toSorted()).toEqual(tickets.map(({ ticketId }) => ticketId).toSorted());
    });

    it('takes the lowest orders first and says that there is more', async () => {
      const { room, tickets } = await waiting(5);
      for (const ticket of tickets.toReversed()) await ask(room, ticket);
      const first = await claim(room, { limit: 3 });
      expect(idsOf(first)).toEqual(tickets.slice(0, 3).map(({ ticketId }) => ticketId));
      expect(first.more).toBe(true);
      const rest = await claim(room, { limit: 3 });
      expect(idsOf(rest)).toEqual(tickets.slice(3).map(({ ticketId }) => ticketId));
      expect(rest.more).toBe(false);
    });

    it('with a limit of 0 takes none', async () => {
      const { room, tickets } = await waiting(1);
      await ask(room, tickets[0] as HeldTicket);
      expect(await claim(room, { limit: 0 })).toEqual({ emails: [], kept: 1, more: false });
    });

    it('in a room where nobody asked, or that is not there, is empty', async () => {
      const { room } = await waiting(1);
      expect(await claim(room)).toEqual({ emails: [], kept: 0, more: false });
      const options = { claimId: 'x', due: everybody, limit: 5 };
      const elsewhere = await test.emails.claim(`no-${randomUUID()}`, options);
      expect(elsewhere).toEqual({ emails: [], kept: 0, more: false });
    });
  });

  describe('asking', () => {
    it('again replaces the choice and the address', async () => {
      const { room, tickets } = await waiting(1);
      const [ticket] = tickets as [HeldTicket];
      await ask(room, ticket, 60, 'old.old.old');
      expect(await ask(room, ticket, 5, 'new.new.new')).toBe('kept');
      expect((await claim(room, { due: { ...everybody, 5: 0 } })).emails).toEqual([]);
      const { emails, kept } = await claim(room);
      expect(emails).toMatchObject([{ ticketId: ticket.ticketId, sealed: 'new.new.new' }]);
      expect(kept).toBe(1);
    });

    it('is refused when as many are kept as may be, but not to those who change their wish', async () => {
      const { room, tickets } = await waiting(emailsKeptMax + 1);
      for (const ticket of tickets.slice(0, emailsKeptMax)) expect(await ask(room, ticket)).toBe('kept');
      expect(await ask(room, tickets[emailsKeptMax] as HeldTicket)).toBe('full');
      expect(await ask(room, tickets[0] as HeldTicket, 60)).toBe('kept');
      await test.emails.withdraw(room.roomId, tickets[1] as HeldTicket);
      expect(await ask(room, tickets[emailsKeptMax] as HeldTicket)).toBe('kept');
    });

    it('for one address is refused to more than three tickets of a room while their tokens last', async () => {
      const { room, tickets } = await waiting(emailsPerAddressMax + 1);
      const victim = 'bmFtZQ';
      const named = tickets.slice(0, emailsPerAddressMax);
      const [last, first] = [tickets.at(-1) as HeldTicket, tickets[0] as HeldTicket];
      for (const ticket of named) expect(await ask(room, ticket, 15, sealed, victim)).toBe('kept');
      await ask(room, last, 60, 'other.other.other');
      expect(await ask(room, last, 15, sealed, victim)).toBe('full');
      expect(await test.emails.kept(room.roomId, last.ticketId)).toBe(60);
      expect(await ask(room, first, 30, sealed, victim)).toBe('kept');
      // Neither sending nor withdrawing, nor another address, makes room for one more.
      await claim(room, { due: { ...nobody, 30: first.order } });
      await test.emails.begin(room.roomId, { claimId: 'claim-1', ticketId: first.ticketId });
      await settle(room, first, { kind: 'sent' });
      await test.emails.withdraw(room.roomId, tickets[1] as HeldTicket);
      expect(await ask(room, tickets[2] as HeldTicket)).toBe('kept');
      expect(await ask(room, last, 15, sealed, victim)).toBe('full');
      const elsewhere = await waiting(1);
      expect(await ask(elsewhere.room, elsewhere.tickets[0] as HeldTicket, 15, sealed, victim)).toBe('kept');
      test.time.passMs(queueTokenTtlMs);
      expect(await ask(room, last, 15, sealed, victim)).toBe('kept');
    });

    it('keeps nothing of a ticket that waits no more, or of a room that is gone', async () => {
      const room = await openRoom(test, { capacity: 1 });
      const [admitted, left] = (await room.join(2)) as [HeldTicket, HeldTicket];
      await room.leave(left);
      expect(await ask(room, admitted)).toBe('not-waiting');
      expect(await ask(room, left)).toBe('not-waiting');
      expect((await claim(room)).kept).toBe(0);
      await room.call((store, cursor) => store.remove(room.roomId, cursor));
      expect(await ask(room, admitted)).toBe('no-room');
    });

    it('by a device from which the ticket moved changes nothing, and so does withdrawing', async () => {
      const { room, tickets } = await waiting(1);
      const [ticket] = tickets as [HeldTicket];
      const moved = { ...ticket, gen: 1 };
      await room.sight(moved);
      await ask(room, moved, 15, 'new.new.new');
      expect(await ask(room, ticket, 15, 'old.old.old')).toBe('moved');
      expect(await test.emails.withdraw(room.roomId, ticket)).toBe('moved');
      expect((await claim(room)).emails).toMatchObject([{ sealed: 'new.new.new' }]);
    });

    it('is possible for a ticket that the queue has lost, as long as it waits by its token', async () => {
      const { room } = await waiting(1);
      const lost = { ticketId: randomUUID(), number: 9, order: test.time.us, gen: 0 };
      expect(await ask(room, lost)).toBe('kept');
      expect(idsOf(await claim(room))).toEqual([lost.ticketId]);
    });

    it('between claim and content replaces the address: the earlier one is not written to', async () => {
      const { room, tickets } = await waiting(1);
      const [ticket] = tickets as [HeldTicket];
      await ask(room, ticket);
      await claim(room);
      expect(await ask(room, ticket, 60, 'new.new.new')).toBe('kept');
      expect((await claim(room, { claimId: 'claim-2' })).emails).toMatchObject([{ sealed: 'new.new.new' }]);
      const { ticketId } = ticket;
      expect(await test.emails.begin(room.roomId, { claimId: 'claim-1', ticketId })).toBe(false);
      expect(await test.emails.begin(room.roomId, { claimId: 'claim-2', ticketId })).toBe(true);
    });

    it('while the content is on its way, or later, keeps nothing', async () => {
      const { room, tickets } = await waiting(1);
      const [ticket] = tickets as [HeldTicket];
      await ask(room, ticket);
      await claim(room);
      await test.emails.begin(room.roomId, { claimId: 'claim-1', ticketId: ticket.ticketId });
      expect(await ask(room, ticket)).toBe('sent-before');
      expect(await settle(room, ticket, { kind: 'sent' })).toBe('settled');
      expect(await ask(room, ticket)).toBe('sent-before');
      test.time.passMs(emailLeaseMs + 1);
      expect(await claim(room, { claimId: 'claim-3' })).toEqual({ emails: [], kept: 0, more: false });
    });

    it('after a try that failed gives the new address its turn by the new choice', async () => {
      const { room, tickets } = await waiting(1);
      const [ticket] = tickets as [HeldTicket];
      await ask(room, ticket, 60);
      await claim(room);
      await settle(room, ticket, { kind: 'later', againInMs: 1_000 });
      expect(await ask(room, ticket, 5, 'new.new.new')).toBe('kept');
      test.time.passMs(2_000);
      expect(idsOf(await claim(room, { due: { ...everybody, 5: 0 } }))).toEqual([]);
      expect((await claim(room)).emails).toMatchObject([{ tries: 1, sealed: 'new.new.new' }]);
    });
  });

  describe('a claimed e-mail', () => {
    async function claimed(): Promise<{ room: RoomUnderTest; ticket: HeldTicket; email: ClaimedEmail }> {
      const { room, tickets } = await waiting(1);
      const [ticket] = tickets as [HeldTicket];
      await ask(room, ticket);
      const { emails } = await claim(room);
      return { room, ticket, email: emails[0] as ClaimedEmail };
    }

    it('is claimed by another when its holder dies, as soon as the lease ends', async () => {
      const { room, ticket } = await claimed();
      test.time.passMs(emailLeaseMs - 1);
      expect(idsOf(await claim(room, { claimId: 'claim-2' }))).toEqual([]);
      test.time.passMs(1);
      const again = await claim(room, { claimId: 'claim-2' });
      expect(again.emails).toMatchObject([{ ticketId: ticket.ticketId, tries: 2 }]);
      const { roomId } = room;
      const { ticketId } = ticket;
      expect(await test.emails.begin(roomId, { claimId: 'claim-1', ticketId })).toBe(false);
      expect(await settle(room, ticket, { kind: 'later', againInMs: 0 })).toBe('gone');
      expect(await test.emails.begin(roomId, { claimId: 'claim-2', ticketId })).toBe(true);
    });

    it('whose content was begun counts as sent when nothing more is heard', async () => {
      const { room, ticket } = await claimed();
      const held = { claimId: 'claim-1', ticketId: ticket.ticketId };
      expect(await test.emails.begin(room.roomId, held)).toBe(true);
      test.time.passMs(emailLeaseMs);
      expect(await claim(room, { claimId: 'claim-2' })).toEqual({ emails: [], kept: 0, more: false });
      expect(await ask(room, ticket)).toBe('sent-before');
    });

    it('that the server did not take is given back for later, and claimed again then', async () => {
      const { room, ticket } = await claimed();
      await test.emails.begin(room.roomId, { claimId: 'claim-1', ticketId: ticket.ticketId });
      expect(await settle(room, ticket, { kind: 'later', againInMs: 60_000 })).toBe('settled');
      test.time.passMs(59_999);
      expect(idsOf(await claim(room))).toEqual([]);
      test.time.passMs(1);
      expect((await claim(room)).emails).toMatchObject([{ tries: 2, sealed }]);
    });

    it('is given up after its last try', async () => {
      const { room, ticket } = await claimed();
      for (let tries = 1; tries < emailTriesMax; tries += 1) {
        expect(await settle(room, ticket, { kind: 'later', againInMs: 0 })).toBe('settled');
        expect((await claim(room)).emails).toMatchObject([{ tries: tries + 1 }]);
      }
      expect(await settle(room, ticket, { kind: 'later', againInMs: 0 })).toBe('given-up');
      expect((await claim(room)).kept).toBe(0);
    });

    it('is given up when its holder died as often as it may be tried', async () => {
      const { room, ticket } = await claimed();
      for (let tries = 1; tries < emailTriesMax; tries += 1) {
        test.time.passMs(emailLeaseMs);
        expect(idsOf(await claim(room, { claimId: `claim-${tries}` }))).toEqual([ticket.ticketId]);
      }
      test.time.passMs(emailLeaseMs);
      expect(await claim(room)).toEqual({ emails: [], kept: 0, more: false });
    });

    it('that was not tried keeps its tries', async () => {
      const { room, ticket } = await claimed();
      for (let turns = 0; turns < emailTriesMax * 2; turns += 1) {
        expect(await settle(room, ticket, { kind: 'unsent', againInMs: 0 })).toBe('settled');
        expect((await claim(room)).emails).toMatchObject([{ tries: 1 }]);
      }
    });

    it('that is refused is deleted, and its holder may ask again', async () => {
      const { room, ticket } = await claimed();
      expect(await settle(room, ticket, { kind: 'refused' })).toBe('settled');
      expect((await claim(room)).kept).toBe(0);
      expect(await ask(room, ticket)).toBe('kept');
    });
  });
});
