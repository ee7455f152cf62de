/** Tickets that go from one device to another in the model test, and what the device does that lost one. */
import fc from 'fast-check';
import type { Reply, RoomCursor, TicketAnswer } from '../../src/store/queue-store.ts';
import { command, lost, replica, who } from './model-command.ts';
import { anyone, personOf } from './model-commands-visitors.ts';
import type { Person } from './model-invariants.ts';
import { tokenOf, type World } from './model-world.ts';
import type { ModelledStore } from './replica.ts';

/** Codes that are tried, newest first. */
const triedMax = 6;

/** Somebody asks for a code; under another signing key it is another one for the same move. */
export const offerMove = command('offerMove', fc.record({ replica, who, lost, key: fc.nat({ max: 2 }) }), {
  may: anyone,
  run: async (world, { replica, who, lost, key }) => {
    // Mostly of the last few: else nearly every code would be another ticket's.
    const person =
      who % 3 === 0 ? personOf(world, who) : (world.people.at(-1 - (who % 5)) ?? personOf(world, who));
    // Now and then two tickets have one code.
    const codeName = key === 2 ? `shared.${person.gen}` : `${person.ticketId}.${person.gen}.${key}`;
    const offer = { codeName, ticket: tokenOf(person) };
    const answer = await world.callForHolder(replica, person, {
      ask: (store, cursor) => store.offerMove(world.roomId, cursor, offer),
      replyLost: lost,
    });
    if ('order' in answer && !world.codes.has(codeName)) world.codes.set(codeName, null);
  },
});

/** A device shows a code: the first to do so, the same once more, or another. */
export const move = command(
  'move',
  fc.record({ replica, which: fc.nat({ max: triedMax - 1 }), device: fc.nat({ max: 2 }), lost }),
  {
    may: ({ codes }) => codes.size > 0,
    run: async (world, { replica, which, device, lost }) => {
      const [codeName, takenBy] = [...world.codes].toReversed()[
        which % Math.min(triedMax, world.codes.size)
      ] ?? ['', null];
      const callId = `device-${device}`;
      const { state } = world.model;
      const code = state?.codes.get(codeName);
      const before = state?.tickets.get(code?.ticketId ?? '')?.state;
      const answer = await world.call(
        replica,
        (store, cursor) => store.move(world.roomId, cursor, { codeName, callId }),
        lost,
      );
      const person = world.people.find(({ ticketId }) => ticketId === code?.ticketId);
      if (answer.kind === 'ended' && person) person.isOver = true;
      if (answer.kind === 'gone' && (code?.order ?? 0) >= (world.model.state?.startedUs ?? 0))
        throw new Error(`I3 nothing lost: ${String(code?.ticketId)} is gone`);
      if (!('order' in answer) || !person) return;
      if (!world.knowledge.hadLoss && takenBy !== null && takenBy !== callId)
        throw new Error(`I11 moved: ${takenBy} and ${callId} took ${person.ticketId} by one code`);
      world.codes.set(codeName, callId);
      person.gen = Math.max(person.gen, answer.gen);
      if (answer.kind === 'waiting') world.seenWaiting(person, answer.order, before);
    },
  },
);

const acts = ['sight', 'enter', 'extend', 'return', 'leave', 'offerMove'] as const;
type Act = (typeof acts)[number];
type AskAnswer = TicketAnswer | { kind: 'refused' | 'too-late' | 'taken' };

/** A device whose ticket moved away goes on as if it had it. Only where data was lost may the store not know. */
export const oldDevice = command(
  'oldDevice',
  fc.record({ replica, who, lost, does: fc.constantFrom(...acts), back: fc.integer({ min: 1, max: 2 }) }),
  {
    may: ({ people }) => people.some(({ gen }) => gen > 0),
    run: async (world, { replica, who, lost, does, back }) => {
      const moved = world.people.filter(({ gen }) => gen > 0);
      const person = moved[who % moved.length] as Person;
      const olderBy = Math.min(back, person.gen);
      const { hadLoss } = world.knowledge;
      const askedMs = world.time.trueMs;
      const answer =
        does === 'sight'
          ? (await world.sight(replica, [person], lost, olderBy))[0]
          : await world.callForHolder(replica, person, {
              ask: askOf(world, { ...person, gen: person.gen - olderBy }, does),
              replyLost: lost,
            });
      if (!hadLoss && answer.kind !== 'moved' && answer.kind !== 'ended')
        throw new Error(`I11 moved: ${does} with an older token of ${person.ticketId} was ${answer.kind}`);
      if (answer.kind === 'entered') world.signPass(replica, person, { expiryMs: answer.atMs, askedMs });
      if (does === 'leave' && answer.kind === 'ended') person.isOver = true;
      if (does === 'return' && answer.kind === 'waiting') {
        person.wantsTurn = true;
        world.aPositionMayRise();
      }
    },
  },
);

function askOf(
  { roomId }: World,
  person: Person,
  does: Exclude<Act, 'sight'>,
): (store: ModelledStore, cursor: RoomCursor) => Promise<Reply<AskAnswer>> {
  const ticket = tokenOf(person);
  const codeName = `${person.ticketId}.${person.gen}.0`;
  const asks: {
    [act in typeof does]: (store: ModelledStore, cursor: RoomCursor) => Promise<Reply<AskAnswer>>;
  } = {
    enter: (store, cursor) => store.enter(roomId, cursor, ticket),
    extend: (store, cursor) => store.extend(roomId, cursor, { ...ticket, extension: 1 }),
    return: (store, cursor) => store.return(roomId, cursor, ticket),
    leave: (store, cursor) => store.leave(roomId, cursor, ticket),
    offerMove: (store, cursor) => store.offerMove(roomId, cursor, { codeName, ticket }),
  };
  return asks[does];
}
