import { createHash, randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { ticketIdFor } from '../../src/service/ticket-id.ts';

const key = '3f2c1d6e-8a9b-4c7d-9e0f-1a2b3c4d5e6f';

test('the id is the version 8 UUID of SHA-256(roomId ‖ 0x00 ‖ key)', () => {
  // Worked out apart: printf 'pool\0003f2c1d6e-…' | sha256sum, then version 8 and variant 10.
  const hash = createHash('sha256')
    .update(Buffer.from(`pool\0${key}`))
    .digest('hex');
  const variant = '89ab'[Number.parseInt(hash[16] as string, 16) & 3];
  const expected = [
    hash.slice(0, 8),
    hash.slice(8, 12),
    `8${hash.slice(13, 16)}`,
    `${variant}${hash.slice(17, 20)}`,
    hash.slice(20, 32),
  ].join('-');
  expect(ticketIdFor('pool', key)).toBe(expected);
  expect(ticketIdFor('pool', key)).toBe('bcd2fee9-96cc-8110-8b0e-133730aac1e0');
});

test('a repeat finds the same ticket, however the key is written', () => {
  expect(ticketIdFor('pool', key.toUpperCase())).toBe(ticketIdFor('pool', key));
});

test('another room or another key is another ticket, and the two cannot be shifted into each other', () => {
  const ids = [
    ticketIdFor('pool', key),
    ticketIdFor('pool-2', key),
    ticketIdFor('pool', key.replace('3', '4')),
    ticketIdFor('poo', `l${key}`),
  ];
  expect(new Set(ids).size).toBe(4);
});

test('every id is a UUID, with and without a key', () => {
  for (let count = 0; count < 1_000; count += 1) {
    const made = ticketIdFor('pool', randomUUID());
    expect(z.uuid().safeParse(made).success).toBe(true);
    expect(made).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(z.uuid().safeParse(ticketIdFor('pool', null)).success).toBe(true);
  }
});

test('without a key each ticket is a new one', () => {
  expect(ticketIdFor('pool', null)).not.toBe(ticketIdFor('pool', null));
});
