import { describe, expect, it } from 'vitest';
import { queueTokenTtlMs } from '../../src/domain/ticket.ts';
import { emailLeaseMs } from '../../src/store/email-store.ts';
import { emailsIn, idsOf, nobody } from '../support/email-requests.ts';
import { type HeldTicket, openRoom } from '../support/room-under-test.ts';
import { emailsSweepMax, storeKinds, useStore } from '../support/stores.ts';

describe.each(storeKinds)('what is kept of an e-mail asked for (%s)', (kind) => {
  const test = useStore(kind);
  const { waiting, ask, claim, settle } = emailsIn(test);

  it('can be asked for: the choice, as long as the address is there', async () => {
    const { room, tickets } = await waiting(2);
    const [ticket, other] = tickets as [HeldTicket, HeldTicket];
    const choices = async (): Promise<unknown[]> => [
      await test.emails.kept(room.roomId, ticket.ticketId),
      await test.emails.kept(room.roomId, other.ticketId),
    ];
    expect(await choices()).toEqual([null, null]);
    await ask(room, ticket, 5);
    await ask(room, other, 30);
    expect(await choices()).toEqual([5, 30]);
    await ask(room, ticket, 60);
    await claim(room);
    expect(await choices()).toEqual([60, 30]);
    await settle(room, ticket, { kind: 'sent' });
    await settle(room, other, { kind: 'later', againInMs: 60_000 });
    expect(await choices()).toEqual([null, 30]);
    await test.emails.withdraw(room.roomId, other);
    expect(await choices()).toEqual([null, null]);
    expect(await test.emails.kept('no-such-room', ticket.ticketId)).toBeNull();
  });

  it('is deleted when it is withdrawn, and that again is the same', async () => {
    const { room, tickets } = await waiting(1);
    const [ticket] = tickets as [HeldTicket];
    await ask(room, ticket);
    await test.emails.withdraw(room.roomId, ticket);
    await test.emails.withdraw(room.roomId, ticket);
    expect(await claim(room)).toEqual({ emails: [], kept: 0, more: false });
    expect(await ask(room, ticket)).toBe('kept');
  });

  it('withdrawn before its content was begun is not sent, and may be asked for anew', async () => {
    const { room, tickets } = await waiting(1);
    const [ticket] = tickets as [HeldTicket];
    await ask(room, ticket);
    await claim(room);
    expect(await test.emails.withdraw(room.roomId, ticket)).toBe('withdrawn');
    const held = { claimId: 'claim-1', ticketId: ticket.ticketId };
    expect(await test.emails.begin(room.roomId, held)).toBe(false);
    expect((await claim(room, { limit: 0 })).kept).toBe(0);
    expect(await ask(room, ticket, 15, 'new.new.new')).toBe('kept');
    expect(await test.emails.begin(room.roomId, held)).toBe(false);
    expect(await settle(room, ticket, { kind: 'unsent', againInMs: 60_000 })).toBe('gone');
    expect((await claim(room, { claimId: 'claim-2' })).emails).toMatchObject([{ sealed: 'new.new.new' }]);
  });

  it('withdrawn after that is deleted, said to have been sent, and never sent twice', async () => {
    const { room, tickets } = await waiting(2);
    const [heard, lost] = tickets as [HeldTicket, HeldTicket];
    for (const ticket of [heard, lost]) {
      await ask(room, ticket);
      await claim(room);
      await test.emails.begin(room.roomId, { claimId: 'claim-1', ticketId: ticket.ticketId });
    }
    expect(await test.emails.withdraw(room.roomId, heard)).toBe('sent-before');
    expect(await settle(room, heard, { kind: 'later', againInMs: 0 })).toBe('gone');
    // Its holder died.
    test.time.passMs(emailLeaseMs);
    expect(await test.emails.withdraw(room.roomId, lost)).toBe('sent-before');
    expect(await claim(room)).toEqual({ emails: [], kept: 0, more: false });
    for (const ticket of [heard, lost]) {
      expect(await ask(room, ticket)).toBe('sent-before');
      expect(await test.emails.withdraw(room.roomId, ticket)).toBe('sent-before');
    }
  });

  it('is deleted at the turn, also of one that is tried again later', async () => {
    const room = await openRoom(test, { capacity: 0 });
    const [first, second] = (await room.join(2)) as [HeldTicket, HeldTicket];
    await ask(room, first);
    await ask(room, second);
    await claim(room, { limit: 1 });
    await settle(room, first, { kind: 'later', againInMs: 3_600_000 });
    await room.change({ capacity: 10 });
    await room.ticks(2);
    expect(await room.stateOf(second)).toBe('admitted');
    const held = { claimId: 'claim-1', ticketId: first.ticketId };
    expect(await test.emails.begin(room.roomId, held)).toBe(false);
    expect(await claim(room, { due: nobody })).toEqual({ emails: [], kept: 0, more: false });
  });

  it('is not sent when the turn comes between claim and content', async () => {
    const room = await openRoom(test, { capacity: 0 });
    const [ticket] = (await room.join(1)) as [HeldTicket];
    await ask(room, ticket);
    expect(idsOf(await claim(room))).toEqual([ticket.ticketId]);
    await room.change({ capacity: 1 });
    await room.ticks(2);
    const held = { claimId: 'claim-1', ticketId: ticket.ticketId };
    expect(await test.emails.begin(room.roomId, held)).toBe(false);
    expect((await claim(room, { limit: 0 })).kept).toBe(0);
  });

  it('stays while its ticket is away at its turn, since it still waits', async () => {
    const room = await openRoom(test, { capacity: 0, presentWithinMs: 5_000, abandonAfterMs: 5_000 });
    const [away] = (await room.join(1)) as [HeldTicket];
    await ask(room, away);
    await room.pass(12_000);
    await room.join(1);
    await room.change({ capacity: 1 });
    await room.ticks(2);
    expect(await room.stateOf(away)).toBe('parked');
    expect(idsOf(await claim(room))).toEqual([away.ticketId]);
  });

  it('is deleted at the turn however many in front are away and still wait', async () => {
    const room = await openRoom(test, { capacity: 0, presentWithinMs: 5_000, abandonAfterMs: 5_000 });
    const away = await room.join(2 * emailsSweepMax);
    for (const ticket of away) await ask(room, ticket, 30);
    // One was sent, two are under way.
    await claim(room, { due: { ...nobody, 30: (away[2] as HeldTicket).order } });
    await settle(room, away[0] as HeldTicket, { kind: 'sent' });
    await room.pass(12_000);
    const turns = (await room.join(2)) as [HeldTicket, HeldTicket];
    await ask(room, turns[0], 30);
    await ask(room, turns[1], 5);
    await room.change({ capacity: 2 });
    await room.ticks(4);
    expect(await room.stateOf(turns[1])).toBe('admitted');
    for (let sweeps = 0; sweeps < 4; sweeps += 1) await claim(room, { due: nobody, limit: 0 });
    expect((await claim(room, { due: nobody, limit: 0 })).kept).toBe(9);
    // And those in front, once they wait no more: a sweep begins anew behind the last.
    for (const ticket of away) await room.leave(ticket);
    for (let sweeps = 0; sweeps < 4; sweeps += 1) await claim(room, { due: nobody, limit: 0 });
    expect(await claim(room, { due: nobody, limit: 0 })).toEqual({ emails: [], kept: 0, more: false });
  });

  it('is not sent to one who has left', async () => {
    const { room, tickets } = await waiting(2);
    const [stays, leaves] = tickets as [HeldTicket, HeldTicket];
    await ask(room, stays);
    await ask(room, leaves);
    await room.leave(leaves);
    const { emails, kept } = await claim(room);
    expect(emails).toMatchObject([{ ticketId: stays.ticketId }]);
    expect(kept).toBe(1);
  });

  it('ends with its token', async () => {
    const { room, tickets } = await waiting(1);
    await ask(room, tickets[0] as HeldTicket);
    test.time.passMs(queueTokenTtlMs);
    expect(await claim(room, { due: nobody })).toEqual({ emails: [], kept: 0, more: false });
  });

  it('ends with its room, and a later run of it keeps its own', async () => {
    const { room, tickets } = await waiting(1);
    const [ticket] = tickets as [HeldTicket];
    await ask(room, ticket);
    await test.emails.forget(room.roomId);
    expect((await claim(room, { limit: 0 })).kept).toBe(1);
    await room.call((store, cursor) => store.remove(room.roomId, cursor));
    await test.emails.forget(room.roomId);
    test.time.passMs(1_000);
    await test.store.create({ ...(room.room as NonNullable<typeof room.room>) }, test.time.us);
    expect(await claim(room)).toEqual({ emails: [], kept: 0, more: false });
    expect(await ask(room, ticket)).toBe('not-waiting');
  });
});
