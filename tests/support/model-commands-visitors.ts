/** What visitors and origins do in the model test. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { positionOf } from '../../src/domain/frame.ts';
import type { TicketAnswer, TicketRef } from '../../src/store/queue-store.ts';
import { command, lost, replica, type Seen, who } from './model-command.ts';
import type { Person } from './model-invariants.ts';
import type { World } from './model-world.ts';

const holder = fc.record({ replica, who, lost });
export const anyone = ({ people }: Seen): boolean => people.length > 0;
export const personOf = (world: Seen, index: number): Person => world.person(index) as Person;
const refOf = ({ ticketId, gen }: Person): TicketRef => ({ ticketId, gen });

/** The same ids in every run, in an order that says nothing. */
function ticketIdOf(index: number): string {
  const hex = createHash('sha256').update(`ticket ${index}`).digest('hex');
  return [8, 12, 16, 20, 32].map((end, at, ends) => hex.slice(at === 0 ? 0 : ends[at - 1], end)).join('-');
}

export const join = command('join', fc.record({ replica, count: fc.integer({ min: 1, max: 5 }), lost }), {
  run: async (world, { replica, count, lost }) => {
    const ids = Array.from({ length: count }, (_, index) => ticketIdOf(world.joinsAsked + index));
    world.joinsAsked += count;
    const answers = await world.call(replica, (store, cursor) => store.join(world.roomId, cursor, ids), lost);
    for (const [index, answer] of answers.entries()) {
      if (!('order' in answer)) continue;
      const { number, order } = answer;
      const nothing = {
        gen: 0,
        passUntilMs: 0,
        wantsTurn: true,
        isOver: false,
        isLost: false,
        hasTwoOrders: false,
      };
      world.people.push({ ticketId: ids[index] as string, number, order, ...nothing });
    }
  },
});

/** Somebody who has a ticket asks for one with the same key. */
export const joinAgain = command('joinAgain', holder, {
  may: anyone,
  run: async (world, { replica, who, lost }) => {
    const person = personOf(world, who);
    const { wantsTurn } = person;
    person.wantsTurn = true;
    const ask = [person.ticketId];
    const [answer] = await world.call(
      replica,
      (store, cursor) => store.join(world.roomId, cursor, ask),
      lost,
    );
    if (answer?.kind === 'gone') person.isOver = true;
    if (answer?.kind !== 'waiting') person.wantsTurn = wantsTurn;
    else if (answer && 'number' in answer && !world.knowledge.hadLoss && answer.number !== person.number) {
      throw new Error(`${person.ticketId} had number ${person.number}, has ${answer.number}`);
    }
  },
});

/** Of the last 25, those whose bit is set. */
function somePeople({ people }: World, whom: number): Person[] {
  return people.slice(-25).filter((_, index) => (whom >> index) % 2 === 1);
}

/** Some are seen: those whose bit is set. */
export const sight = command('sight', fc.record({ replica, whom: fc.nat({ max: 2 ** 25 - 1 }), lost }), {
  may: anyone,
  run: async (world, { replica, whom, lost }) => {
    const people = somePeople(world, whom);
    if (people.length > 0) await world.sight(replica, people, lost);
  },
});

/** Somebody is shown a position, from what the replica's last tick said. */
export const look = command('look', fc.record({ replica, who }), {
  may: anyone,
  run: async (world, { replica, who }) => {
    const person = personOf(world, who);
    const { frame } = world.replica(replica);
    const waits = world.model.state?.tickets.get(person.ticketId)?.state === 'waiting';
    if (frame === null || !waits || person.hasTwoOrders) return;
    const position = positionOf(frame, person.order);
    if (position === null) return;
    const shown = world.shown.get(person);
    const mayRise =
      shown === undefined || world.riseAtMs >= shown.frameAtMs || frame.clockMs < shown.frameAtMs;
    if (!mayRise && position > shown.position) {
      throw new Error(`a position rose for no reason: ${shown.position}, then ${position}`);
    }
    world.shown.set(person, { position, frameAtMs: frame.clockMs });
  },
});

export const leave = command('leave', holder, {
  may: anyone,
  run: async (world, { replica, who, lost }) => {
    const person = personOf(world, who);
    const answer = await world.callForHolder(replica, person, {
      ask: (store, cursor) => store.leave(world.roomId, cursor, refOf(person)),
      replyLost: lost,
    });
    if (answer.kind === 'ended') person.isOver = true;
  },
});

async function enterAs(
  world: World,
  person: Person,
  words: { replica: number; lost: boolean },
): Promise<void> {
  const askedMs = world.time.trueMs;
  const answer: TicketAnswer = await world.callForHolder(words.replica, person, {
    ask: (store, cursor) => store.enter(world.roomId, cursor, refOf(person)),
    replyLost: words.lost,
  });
  if (answer.kind === 'entered') world.signPass(words.replica, person, { expiryMs: answer.atMs, askedMs });
}

export const enter = command('enter', holder, {
  may: anyone,
  run: (world, { replica, who, lost }) => enterAs(world, personOf(world, who), { replica, lost }),
});

/** Somebody whose turn it is enters; by chance alone that is rare. */
export const enterInTurn = command('enterInTurn', holder, {
  may: (world) => admittedOf(world).length > 0,
  run: async (world, { replica, who, lost }) => {
    const admitted = admittedOf(world);
    await enterAs(world, admitted[who % admitted.length] as Person, { replica, lost });
  },
});

function admittedOf({ people, model }: Seen): Person[] {
  return people.filter(({ ticketId }) => model.state?.tickets.get(ticketId)?.state === 'admitted');
}

/** Of one whose turn it is: mostly the next extension, now and then the same again or one too many. */
export const extend = command(
  'extend',
  fc.record({ replica, who, lost, ahead: fc.constantFrom(0, 1, 1, 1, 2) }),
  {
    may: (world) => admittedOf(world).length > 0,
    run: async (world, { replica, who, lost, ahead }) => {
      const admitted = admittedOf(world);
      const person = admitted[who % admitted.length] as Person;
      const { extensions = 0 } = world.model.state?.tickets.get(person.ticketId) ?? {};
      const asked = { ...refOf(person), extension: Math.max(1, extensions + ahead) };
      await world.callForHolder(replica, person, {
        ask: (store, cursor) => store.extend(world.roomId, cursor, asked),
        replyLost: lost,
      });
    },
  },
);

export const comeBack = command('comeBack', holder, {
  may: anyone,
  run: async (world, { replica, who, lost }) => {
    const lapsed = world.people.filter(
      ({ ticketId }) => world.model.state?.tickets.get(ticketId)?.state === 'lapsed',
    );
    const person = lapsed[who % Math.max(1, lapsed.length)] ?? personOf(world, who);
    const answer = await world.callForHolder(replica, person, {
      ask: (store, cursor) => store.return(world.roomId, cursor, refOf(person)),
      replyLost: lost,
    });
    if (answer.kind !== 'waiting') return;
    person.wantsTurn = true;
    world.aPositionMayRise();
  },
});

const hasPass = (world: Seen, person: Person): boolean => person.passUntilMs > world.time.trueMs;
const withPass = (world: Seen): Person[] => world.people.filter((person) => hasPass(world, person));

async function keepAliveAs(
  world: World,
  person: Person,
  { replica, lost, proof }: { replica: number; lost: boolean; proof: 'pass' | 'origin' },
): Promise<void> {
  const askedMs = world.time.trueMs;
  const session = { ticketId: person.ticketId, number: person.number };
  const [answer] = await world.call(
    replica,
    (store, cursor) => store.keepAlive(world.roomId, cursor, [session], proof),
    lost,
  );
  if (answer?.kind !== 'kept') return;
  world.signPass(replica, person, { expiryMs: answer.expiryMs, askedMs });
  world.aPositionMayRise();
}

export const keepAlive = command(
  'keepAlive',
  fc.record({ replica, who, lost, proof: fc.constantFrom('pass' as const, 'origin' as const) }),
  {
    may: (world) => withPass(world).length > 0,
    run: async (world, { who, ...words }) => {
      const people = withPass(world);
      await keepAliveAs(world, people[who % people.length] as Person, words);
    },
  },
);

/**
 * A while of ordinary life: ticks, and those whose bit is set are there, enter in turn, and go on inside. Both
 * replicas serve by turns, or one of them alone, and the other falls behind.
 */
export const live = command(
  'live',
  fc.record({
    rounds: fc.integer({ min: 2, max: 6 }),
    everyMs: fc.constantFrom(1_000, 2_000, 3_000),
    whom: fc.nat({ max: 2 ** 25 - 1 }),
    by: fc.constantFrom('both' as const, 'both' as const, 0, 1),
  }),
  {
    run: async (world, { rounds, everyMs, whom, by }) => {
      for (let round = 0; round < rounds; round += 1) {
        const replica = by === 'both' ? round : by;
        world.time.passMs(everyMs);
        await world.tick(replica, false);
        const there = somePeople(world, whom);
        if (there.length > 0) await world.sight(by === 'both' ? round + 1 : by, there, false);
        const turns = new Set(admittedOf(world));
        for (const person of there.filter((one) => turns.has(one))) {
          await enterAs(world, person, { replica, lost: false });
        }
        for (const person of there.filter((one) => round % 3 === 2 && hasPass(world, one))) {
          await keepAliveAs(world, person, { replica, lost: false, proof: 'pass' });
        }
      }
    },
  },
);

/** By the origin, which knows those who came with a pass; anyone else only where nobody is assumed inside. */
export const finish = command(
  'finish',
  fc.record({
    replica,
    who,
    lost,
    outcome: fc.constantFrom('completed' as const, 'completed' as const, 'gave-up' as const),
    placesUsed: fc.integer({ min: 0, max: 2 }),
    freesSeatInMs: fc.constantFrom(0, 0, 3_000),
  }),
  {
    may: anyone,
    run: async (world, { replica, who, lost, outcome, placesUsed, freesSeatInMs }) => {
      await world.bringInLatecomers();
      const inside = withPass(world);
      const isStranger = world.model.state?.assumed === 0 && who % 4 === 0;
      const person = isStranger ? personOf(world, who) : inside[who % Math.max(1, inside.length)];
      if (person === undefined) return;
      const session = { ticketId: person.ticketId, outcome, placesUsed, freesSeatInMs };
      const wasCounted = world.model.state?.completed.has(person.ticketId) ?? false;
      const answer = await world.call(
        replica,
        (store, cursor) => store.finish(world.roomId, cursor, session),
        lost,
      );
      person.isOver = true;
      person.passUntilMs = 0;
      if (answer.kind === 'finished' && !wasCounted) world.knowledge.countPlaces(person, answer.placesUsed);
    },
  },
);
