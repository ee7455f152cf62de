import { expect, test } from 'vitest';
import { unseenOutcomes } from '../support/route-outcomes.ts';

const owed = {
  'internal PUT /v1/rooms/{roomId}': ['success', 'invalid', 'unauthenticated', 'forbidden'],
  'public GET /.well-known/jwks.json': ['success'],
} as const;
const mutable = (outcomes: object): { [route: string]: never[] } => structuredClone(outcomes) as never;

test('a route that was seen in every way it can answer lacks no test', () => {
  expect(unseenOutcomes(mutable(owed), mutable({ ...owed, 'public GET /other': ['success'] }))).toEqual([]);
});

test('a route that lacks one of its tests is named, with what is missing', () => {
  const seen = { ...owed, 'internal PUT /v1/rooms/{roomId}': ['success', 'invalid', 'unauthenticated'] };
  expect(unseenOutcomes(mutable(owed), mutable(seen))).toEqual([
    'internal PUT /v1/rooms/{roomId}: forbidden',
  ]);
});

test('a route that nobody asked lacks all of them', () => {
  expect(unseenOutcomes(mutable(owed), {})).toHaveLength(5);
});
