/** A short life of one store in which every script does something: the queue's transitions, and all that stands beside. */
import { randomUUID } from 'node:crypto';
import type { ApiKey } from '../../src/domain/api-key.ts';
import type { Proposal } from '../../src/domain/proposal.ts';
import { chainedRecord } from '../../src/service/audit-chain.ts';
import type { DeliveryClaim } from '../../src/store/delivery-store.ts';
import type { Stores } from '../../src/store/open-stores.ts';
import { shortLife, type Transition } from './every-transition.ts';
import { newRoom, RoomUnderTest } from './room-under-test.ts';
import { newRoomId, type TestStore, type TestTime } from './stores.ts';

const dayMs = 86_400_000;

/** The calls in the order in which they make sense. Keys that belong to no room are in them: each life needs a database. */
export function everyScript(stores: Stores, time: TestTime): Transition[] {
  const life = shortLife({ store: stores.queue, time } as TestStore);
  return [
    ...life.transitions,
    ...alarmCalls(stores),
    ...keyCalls(stores),
    ...auditCalls(stores),
    ...roomCalls(stores, time),
  ];
}

/** In the life of one store. */
export function alarmCalls({ alarms }: Pick<Stores, 'alarms'>): Transition[] {
  const report = {
    replicaId: 'a',
    held: [{ subject: 'nobody-admitted pool', facts: '{}' }],
    channels: ['webhook'],
    knownVersion: '',
    seed: 'seed',
    outage: null,
  };
  const held = { channel: 'webhook', claimId: 'x', entryId: `${'1'.padStart(12, '0')} webhook` };
  return [
    { name: 'alarm_report', ask: () => alarms.report(report) },
    { name: 'alarm_claim', ask: () => alarms.claim('webhook', 'x') },
    { name: 'alarm_renew', ask: () => alarms.renew(held) },
    { name: 'alarm_settle', ask: () => alarms.settle(held, { kind: 'sent' }) },
    { name: 'alarm_leave', ask: () => alarms.leave('a') },
  ];
}

function keyCalls({ apiKeys }: Stores): Transition[] {
  const key: ApiKey = {
    keyId: '1'.repeat(16),
    name: 'Claire',
    scope: 'viewer',
    roomIds: null,
    hash: 'a'.repeat(64),
    createdAtMs: 1,
    createdBy: { keyId: 'settings-admin', name: 'Ada' },
    expiresAtMs: null,
  };
  const other = { ...key, keyId: '2'.repeat(16) };
  const revocations = [{ keyId: key.keyId, atMs: 2, by: 'Ada' }];
  return [
    { name: 'api_keys_add', ask: () => apiKeys.add(key, { ifVersion: null, letGo: null }) },
    { name: 'api_keys_use', ask: () => apiKeys.noteUses(new Map([[key.keyId, 5]])) },
    { name: 'api_keys_merge', ask: () => apiKeys.merge({ keys: [other], revocations }) },
  ];
}

function auditCalls({ audits, proposals }: Stores): Transition[] {
  const roomId = newRoomId();
  const by = { keyId: 'key-1', name: 'Claire' };
  const entry = { roomId, actor: by, action: 'room.notice' as const, reason: null, before: {}, after: {} };
  const record = chainedRecord(entry, null, 1_000);
  const proposal = {
    proposalId: randomUUID(),
    roomId,
    action: 'room.open',
    needs: ['open'],
    proposedBy: { ...by, scope: 'operator' },
    proposedAtMs: 1_000,
    expiresAtMs: 3_601_000,
    room: newRoom(roomId),
    changes: {},
    startedUs: 1,
    state: 'waiting',
    decidedBy: null,
  } as unknown as Proposal;
  return [
    { name: 'audit_append', ask: () => audits.append(record, null) },
    { name: 'proposal_keep', ask: () => proposals.keep(proposal, null, 1_000) },
  ];
}

/** Of one room: a turn that is told to the site, and one that is waited for with an e-mail. */
function roomCalls(stores: Stores, time: TestTime): Transition[] {
  const { queue, figures, finder } = stores;
  const room = new RoomUnderTest({ store: queue, time } as TestStore, newRoomId());
  const { roomId } = room;
  const delivery = { url: 'https://site.example.org/', holdAfterMs: 1_000, giveUpAfterMs: 10_000 };
  const made = newRoom(roomId, { name: 'a turn', delivery, capacity: 1, outflowPerMinute: 60_000 });
  const [first, second] = [randomUUID(), randomUUID()];
  const closed = { ...made, state: 'closed' as const, version: 2 };
  const changeId = randomUUID();
  const later = afterOnce(time);
  return [
    { name: 'create', ask: () => queue.create(made, time.us) },
    { name: 'join', ask: later(3_000, () => room.joinIds(first, second)) },
    { name: 'tick', ask: later(1_000, () => room.tick()) },
    { name: 'timeline_note', ask: () => figures.note(roomId) },
    {
      name: 'replica_beat',
      ask: () => figures.beat({ replicaId: 'a', version: '1', sockets: 1, rooms: { [roomId]: 1 } }),
    },
    { name: 'ticket_find', ask: () => finder.find(roomId, { by: 'id', ticketId: first }) },
    { name: 'ticket_history', ask: () => finder.history(roomId, first, null) },
    ...deliveryCalls(stores, roomId),
    ...emailCalls(stores, { roomId, ticketId: second, time }),
    {
      name: 'set_room',
      ask: () => room.call((store, cursor) => store.setRoom(closed, cursor, changeId)),
    },
    { name: 'tick', ask: later(1_000, () => room.tick()) },
    { name: 'purge', ask: later(31 * dayMs, () => room.tick()) },
    { name: 'remove', ask: () => queue.remove(roomId, room.cursor) },
    { name: 'email_forget', ask: async () => stores.emails?.forget(roomId) },
  ];
}

function deliveryCalls({ deliveries }: Stores, roomId: string): Transition[] {
  const options = { address: 'here', giveUpAfterMs: 10_000 };
  const gone = { kind: 'disabled', error: 'answered 410' } as const;
  const state: { claim?: DeliveryClaim } = {};
  const held = (): { claimId: string; entryId: string; messageId: string } => {
    if (state.claim?.kind !== 'leased') throw new Error('no batch was leased');
    const { entryId, messageId } = state.claim.batch;
    return { claimId: 'claim', entryId, messageId };
  };
  return [
    {
      name: 'delivery_claim',
      ask: async () => {
        state.claim = await deliveries.claim(roomId, { claimId: 'claim', ...options });
        return state.claim.kind;
      },
    },
    { name: 'delivery_renew', ask: () => deliveries.renew(roomId, held()) },
    { name: 'delivery_settle', ask: () => deliveries.settle(roomId, held(), gone, options) },
    { name: 'delivery_read', ask: async () => (await deliveries.read(roomId, firstPage))?.letters.length },
    { name: 'delivery_resend', ask: () => deliveries.resend(roomId, { letterIds: null, lastId: null }) },
  ];
}

const firstPage = { after: null, limit: 1 };

function emailCalls(
  { emails }: Stores,
  { roomId, ticketId, time }: { roomId: string; ticketId: string; time: TestTime },
): Transition[] {
  if (!emails) throw new Error('a life of every script has e-mails');
  // Beyond the frontier, and later than the room.
  const order = time.us + 600_000_000;
  const wish = { underMinutes: 5, sealed: 'a.b.c', addressName: 'name' } as const;
  const request = { ticketId, gen: 0, order, ...wish, expiresAtMs: time.ms + dayMs };
  const due = { 5: order, 15: 0, 30: 0, 60: 0 };
  const held = { claimId: 'claim', ticketId };
  return [
    { name: 'email_ask', ask: () => emails.ask(roomId, request) },
    { name: 'email_claim', ask: () => emails.claim(roomId, { claimId: 'claim', due, limit: 1 }) },
    { name: 'email_begin', ask: () => emails.begin(roomId, held) },
    { name: 'email_settle', ask: () => emails.settle(roomId, held, { kind: 'sent' }) },
    { name: 'email_withdraw', ask: () => emails.withdraw(roomId, { ticketId, gen: 0 }) },
  ];
}

/** Lets so much time pass before a call, the first time it is made. */
function afterOnce(time: TestTime): (ms: number, ask: () => Promise<unknown>) => () => Promise<unknown> {
  return (ms, ask) => {
    let left = ms;
    return () => {
      time.passMs(left);
      left = 0;
      return ask();
    };
  };
}
