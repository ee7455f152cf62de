import { expect, test } from 'vitest';
import { newLocalTicket, type LocalTicket, type Watcher } from '../../src/service/local-ticket.ts';
import { LocalTickets } from '../../src/service/local-tickets.ts';

const half = 25_000;
const watcher = (): Watcher => ({ ticketChanged: () => {}, roomChanged: () => {} });
const ticketOf = (number: number, gen = 0): LocalTicket =>
  newLocalTicket({
    roomId: 'pool',
    ticketId: `ticket-${number}`,
    number,
    order: number,
    gen,
    expiresAtMs: 1,
  });
function fill(tickets: LocalTickets, from: number, count: number): void {
  for (let number = from; number < from + count; number += 1) tickets.add(ticketOf(number));
}

test('the last ones seen are known, the others are forgotten, and never more than the bound is kept', () => {
  const tickets = new LocalTickets();
  fill(tickets, 1, 4 * half + 10);
  expect(tickets.size).toBe(half + 10);
  expect(tickets.get(`ticket-${4 * half + 10}`)?.claims.number).toBe(4 * half + 10);
  expect(tickets.get(`ticket-${3 * half + 1}`)).toBeDefined();
  expect(tickets.get(`ticket-${3 * half}`)).toBeUndefined();
});

test('who looks again in time stays the same ticket, however many come', () => {
  const tickets = new LocalTickets();
  const early = ticketOf(0);
  tickets.add(early);
  for (let round = 0; round < 8; round += 1) {
    fill(tickets, 1 + round * half, half);
    expect(tickets.get('ticket-0')).toBe(early);
  }
});

test('who is watched stays until nobody watches, and is then forgotten like the others', () => {
  const tickets = new LocalTickets();
  const watched = ticketOf(0);
  const [one, other] = [watcher(), watcher()];
  tickets.watch(watched, one);
  tickets.watch(watched, other);
  fill(tickets, 1, 3 * half);
  expect(tickets.get('ticket-0')).toBe(watched);
  tickets.unwatch(watched, one);
  tickets.unwatch(watched, one);
  expect([...tickets.watched.values()]).toEqual([watched]);
  tickets.unwatch(watched, other);
  expect(tickets.watched.size).toBe(0);
  expect(tickets.has('ticket-0')).toBe(true);
  fill(tickets, 4 * half, 2 * half);
  expect(tickets.has('ticket-0')).toBe(false);
});

test('a watcher of one ticket is not told of another: those without one share nothing', () => {
  const tickets = new LocalTickets();
  const [first, second] = [ticketOf(1), ticketOf(2)];
  tickets.watch(first, watcher());
  expect([first.watchers.size, second.watchers.size]).toEqual([1, 0]);
  tickets.unwatch(second, watcher());
  expect(tickets.has('ticket-2')).toBe(false);
});

test('a later generation takes the place of an earlier one, whose watchers never bring it back', () => {
  const tickets = new LocalTickets();
  const [before, after] = [ticketOf(0), ticketOf(0, 1)];
  const [one, other, late] = [watcher(), watcher(), watcher()];
  tickets.watch(before, one);
  tickets.replace(before, after);
  expect([tickets.get('ticket-0'), tickets.watched.size, tickets.size]).toEqual([after, 0, 1]);
  tickets.watch(before, late);
  tickets.unwatch(before, one);
  tickets.unwatch(before, late);
  expect([tickets.get('ticket-0'), tickets.watched.size, tickets.size]).toEqual([after, 0, 1]);
  tickets.watch(after, other);
  expect([...tickets.watched.values()]).toEqual([after]);
});
