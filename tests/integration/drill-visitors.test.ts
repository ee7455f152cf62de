/** What the visitors of a drill are told, answer by answer, and what they make of it. */
import { expect, test, vi } from 'vitest';
import { DrillVisitors } from '../../src/cli/drill-visitors.ts';
import { type Asked, startApiStub, type StubAnswer } from '../support/api-stub.ts';
import { QuickClock } from '../support/quick-clock.ts';

/** With a few numbers, of a service that gives no more of them; what it says of these from now on, the test says. */
async function visitorsAt(lastLook: (number: number) => StubAnswer) {
  let next = 0;
  let isOver = false;
  const stub = await startApiStub(({ method, headers }: Asked) => {
    if (method === 'POST') {
      if (isOver) return { status: 503 };
      next += 1;
      return { status: 201, body: { ticketId: `id-${next}`, number: next, queueToken: String(next) } };
    }
    const number = Number(headers.authorization?.replace('Bearer ', ''));
    return isOver ? lastLook(number) : { body: { kind: 'waiting', number } };
  });
  const visitors = new DrillVisitors({
    publicUrl: stub.environment['GUICHET_API_URL'] ?? '',
    roomId: 'drill',
    clock: new QuickClock(100),
  });
  visitors.start();
  await vi.waitFor(() => expect(visitors.tickets).toBeGreaterThan(3));
  isOver = true;
  return { visitors, asked: stub.asked };
}

test('of a ticket that nobody answers for the report says so, and of the others what they were told', async () => {
  const { visitors } = await visitorsAt((number) =>
    number === 1 ? { status: 503 } : { body: { kind: number === 2 ? 'gone' : 'waiting', number } },
  );
  expect((await visitors.end()).broken).toEqual([
    'ticket 2 was confirmed, and is gone now',
    'ticket 1 was confirmed, and nobody says what became of it',
  ]);
});

test('the end that is asked for again is the same one', async () => {
  const { visitors, asked } = await visitorsAt(() => ({ status: 503 }));
  const report = await visitors.end();
  const asks = asked.length;
  expect(report.broken).toHaveLength(report.tickets);
  expect(await visitors.end()).toBe(report);
  expect(asked).toHaveLength(asks);
});

test('what a service remembers while Redis is away is no answer', async () => {
  const standing = { reason: 'updates-interrupted' };
  const { visitors } = await visitorsAt((number) => ({ body: { kind: 'waiting', number, standing } }));
  const { tickets, broken } = await visitors.end();
  expect(broken).toHaveLength(tickets);
});

test('a silence that nothing ended is told of', async () => {
  const { visitors } = await visitorsAt((number) => ({ body: { kind: 'waiting', number } }));
  const silentForMs = 20_000;
  await vi.waitFor(() => expect(visitors.silentMs).toBeGreaterThan(silentForMs));
  const { silentMsMax, broken } = await visitors.end();
  expect(silentMsMax).toBeGreaterThan(silentForMs);
  expect(broken).toEqual([]);
});
