import type { FastifyReply, FastifyRequest } from 'fastify';
import { describe, expect, test } from 'vitest';
import { GuichetError } from '../../src/domain/errors.ts';
import { addressPrefix, prefixLimit } from '../../src/edge/prefix-limit.ts';
import { ManualClock } from '../support/manual-clock.ts';

/** A limit, and a join from an address: what its visitor is told. */
function limited(perMinute: number) {
  const clock = new ManualClock();
  const limit = prefixLimit(clock, { name: 'join', perMinute });
  const join = (ip: string): { refused: GuichetError | null; headers: Record<string, string> } => {
    const headers: Record<string, string> = {};
    const reply = {
      header(name: string, value: string) {
        headers[name] = value;
        return reply;
      },
    };
    try {
      limit({ ip } as FastifyRequest, reply as unknown as FastifyReply);
      return { refused: null, headers };
    } catch (error) {
      return { refused: error as GuichetError, headers };
    }
  };
  const accepted = (ip: string, times: number): number =>
    Array.from({ length: times }, () => join(ip)).filter(({ refused }) => refused === null).length;
  return { clock, join, accepted };
}

test('a minute of joins may come at once, and no more', () => {
  const { accepted } = limited(300);
  expect(accepted('203.0.113.7', 1_000)).toBe(300);
});

test('the bucket fills at the pace of the limit, and never above a minute of it', async () => {
  const { clock, accepted } = limited(60);
  expect(accepted('203.0.113.7', 100)).toBe(60);
  await clock.advance(10_000);
  expect(accepted('203.0.113.7', 100)).toBe(10);
  await clock.advance(3_600_000);
  expect(accepted('203.0.113.7', 100)).toBe(60);
});

test('one network shares a bucket, another has its own', () => {
  const { accepted } = limited(10);
  expect(accepted('203.0.113.7', 10)).toBe(10);
  expect(accepted('203.0.113.250', 1)).toBe(0);
  expect(accepted('203.0.114.7', 10)).toBe(10);
  expect(accepted('2001:db8:1:200::1', 10)).toBe(10);
  expect(accepted('2001:db8:1:2ff:1:2:3:4', 1)).toBe(0);
  expect(accepted('2001:db8:1:300::1', 1)).toBe(1);
});

test('a refusal says when to come back, spread over some seconds', () => {
  const { join } = limited(1);
  expect(join('203.0.113.7').refused).toBeNull();
  const waits = Array.from({ length: 200 }, () => join('203.0.113.7').refused).map((refused) => {
    expect(refused).toBeInstanceOf(GuichetError);
    expect(refused?.code).toBe('rate-limited');
    return refused?.retryAfterMs ?? 0;
  });
  expect(Math.min(...waits)).toBeGreaterThanOrEqual(1_000);
  expect(Math.max(...waits)).toBeLessThanOrEqual(10_000);
  expect(new Set(waits.map((wait) => Math.floor(wait / 1_000))).size).toBeGreaterThan(4);
});

test('every join is told the limit, what is left of it and when it is full again', async () => {
  const { clock, join } = limited(60);
  expect(join('203.0.113.7').headers).toEqual({
    'ratelimit-policy': '"join";q=60;w=60',
    ratelimit: '"join";r=59;t=1',
  });
  for (let joins = 0; joins < 59; joins += 1) join('203.0.113.7');
  const { refused, headers } = join('203.0.113.7');
  expect(refused?.code).toBe('rate-limited');
  expect(headers['ratelimit']).toBe('"join";r=0;t=60');
  await clock.advance(30_000);
  expect(join('203.0.113.7').headers['ratelimit']).toBe('"join";r=29;t=31');
});

test('0 is no limit and says nothing of one', () => {
  const { join, accepted } = limited(0);
  expect(accepted('203.0.113.7', 20_000)).toBe(20_000);
  expect(join('203.0.113.7').headers).toEqual({});
});

test('the buckets are bounded: the one longest unused is forgotten, which only fills it', () => {
  const { accepted } = limited(1);
  expect(accepted('10.0.0.1', 1)).toBe(1);
  expect(accepted('10.0.1.1', 1)).toBe(1);
  // 100,000 further networks, while the second one keeps coming back.
  const cameBack: number[] = [];
  for (let network = 0; network < 100_000; network += 1) {
    accepted(`${11 + (network >> 16)}.${(network >> 8) & 255}.${network & 255}.1`, 1);
    if (network % 50_000 === 0) cameBack.push(accepted('10.0.1.1', 1));
  }
  expect(cameBack).toEqual([0, 0]);
  expect(accepted('10.0.1.1', 1)).toBe(0);
  expect(accepted('10.0.0.1', 1)).toBe(1);
});

describe('the prefix of an address', () => {
  test.each([
    ['203.0.113.7', '203.0.113'],
    ['::ffff:203.0.113.7', '203.0.113'],
    ['2001:db8:1:2ff::9', '32.1.13.184.0.1.2'],
    ['', 'unreadable'],
    ['unknown', 'unreadable'],
    ['203.0.113.7:443', 'unreadable'],
  ])('of %s is %s', (address, prefix) => {
    expect(addressPrefix(address)).toBe(prefix);
  });
});
