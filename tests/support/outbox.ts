/** What the contract tests of batches on their way do to a store. */
import type { DeliveryInput, PolicyInput } from '../../src/domain/room.ts';
import {
  type Batch,
  type DeliveryClaim,
  type DeliveryClaimOptions,
  type DeliveryOutcome,
  type DeliveryState,
  deadLettersPageMax,
  type HeldBatch,
  type SettleAnswer,
} from '../../src/store/delivery-store.ts';
import { type HeldTicket, openRoom, type RoomUnderTest } from './room-under-test.ts';
import type { TestStore } from './stores.ts';

export const holdAfterMs = 10_000;
export const giveUpAfterMs = 60_000;
/** Names of two addresses. */
const here = 'here';
export const elsewhere = 'elsewhere';
/** Room for everybody, at any pace. */
const wide = {
  capacity: 100_000,
  outflowPerMinute: 600_000,
  batchSizeMax: 20_000,
  presentWithinMs: 3_600_000,
};

export type LeasedClaim = DeliveryClaim & { kind: 'leased' };

export function outboxesIn(test: TestStore) {
  /** A room that tells its releases, whose settling time is over. */
  function deliveringRoom(
    policy: PolicyInput = {},
    delivery: Partial<DeliveryInput> = {},
  ): Promise<RoomUnderTest> {
    const url = 'https://registration.example.org/batches';
    return openRoom(test, { ...wide, delivery: { url, holdAfterMs, giveUpAfterMs, ...delivery }, ...policy });
  }

  /** One release a call: nobody waits, and there is room. */
  async function releases(room: RoomUnderTest, count: number): Promise<HeldTicket[]> {
    const tickets: HeldTicket[] = [];
    while (tickets.length < count) tickets.push(...(await room.join(1)));
    return tickets;
  }

  function claim(
    { roomId }: RoomUnderTest,
    options: Partial<DeliveryClaimOptions> = {},
  ): Promise<DeliveryClaim> {
    return test.deliveries.claim(roomId, { claimId: 'claim-1', address: here, giveUpAfterMs, ...options });
  }

  /** Fails where nothing was leased. */
  async function lease(
    room: RoomUnderTest,
    options: Partial<DeliveryClaimOptions> = {},
  ): Promise<LeasedClaim> {
    const answer = await claim(room, options);
    if (answer.kind !== 'leased') throw new Error(`not leased: ${JSON.stringify(answer)}`);
    return answer;
  }

  function settle(
    { roomId }: RoomUnderTest,
    batch: Batch,
    outcome: DeliveryOutcome,
    { claimId = 'claim-1', address = here }: { claimId?: string; address?: string } = {},
  ): Promise<SettleAnswer> {
    return test.deliveries.settle(roomId, heldBy(claimId, batch), outcome, { address, giveUpAfterMs });
  }

  /** Delivers all that may be had now; the batches in the order in which they came. */
  async function deliverAll(
    room: RoomUnderTest,
    options: Partial<DeliveryClaimOptions> = {},
  ): Promise<Batch[]> {
    const batches: Batch[] = [];
    for (;;) {
      const answer = await claim(room, options);
      if (answer.kind !== 'leased') return batches;
      batches.push(answer.batch);
      await settle(room, answer.batch, { kind: 'delivered' }, options);
    }
  }

  async function stateOf({ roomId }: RoomUnderTest, after: string | null = null): Promise<DeliveryState> {
    const state = await test.deliveries.read(roomId, { after, limit: deadLettersPageMax });
    if (state === null) throw new Error('there is no room');
    return state;
  }

  return { deliveringRoom, releases, claim, lease, settle, deliverAll, stateOf };
}

export function heldBy(claimId: string, { entryId, messageId }: Batch): HeldBatch {
  return { claimId, entryId, messageId };
}

export const numbersOf = (batches: readonly Batch[]): number[] =>
  batches.flatMap(({ tickets }) => tickets.map(({ number }) => number));
