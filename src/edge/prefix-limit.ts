/**
 * A limit per address prefix: a token bucket for each /24 (IPv4) or /56 (IPv6), which holds one minute's. It bounds what
 * a script can take or guess. Where it stands it is high enough for a school or a library behind one address.
 */
import { isIPv4 } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import ipaddr from 'ipaddr.js';
import type { Clock } from '../domain/clock.ts';
import { GuichetError } from '../domain/errors.ts';

/** Prefixes remembered; beyond that the one longest unused is forgotten, which only gives it a full bucket. */
const prefixesMax = 100_000;
const windowMs = 60_000;

/** Counts one; sets the RateLimit headers; throws rate-limited. */
export type PrefixLimit = (request: FastifyRequest, reply: FastifyReply) => void;

/** `name` tells the limits apart in the headers; `perMinute` 0: none. */
export function prefixLimit(clock: Clock, options: { name: string; perMinute: number }): PrefixLimit {
  return requestLimit(clock, { ...options, of: (request) => addressPrefix(request.ip) });
}

export type RequestLimitOptions = {
  name: string;
  perMinute: number;
  /** Names what the requests counted together have in common. */
  of: (request: FastifyRequest) => string;
  /** What there were too many of, for people; absent: what the error itself says. */
  detail?: string;
};

/** The same for requests that have something else in common than their network. */
export function requestLimit(
  clock: Clock,
  { name, perMinute, of, detail }: RequestLimitOptions,
): PrefixLimit {
  if (perMinute === 0) return () => {};
  const buckets = new Map<string, { tokens: number; atMs: number }>();
  const policy = `"${name}";q=${perMinute};w=${windowMs / 1_000}`;

  return (request, reply) => {
    const prefix = of(request);
    const now = clock.monotonicMs();
    const bucket = buckets.get(prefix) ?? { tokens: perMinute, atMs: now };
    buckets.delete(prefix);
    buckets.set(prefix, bucket); // Last: used most recently.
    if (buckets.size > prefixesMax) buckets.delete(buckets.keys().next().value as string);
    bucket.tokens = Math.min(perMinute, bucket.tokens + ((now - bucket.atMs) * perMinute) / windowMs);
    bucket.atMs = now;
    const isRefused = bucket.tokens < 1;
    if (!isRefused) bucket.tokens -= 1;
    const fullInS = Math.ceil(((perMinute - bucket.tokens) * windowMs) / perMinute / 1_000);
    void reply.header('ratelimit-policy', policy);
    void reply.header('ratelimit', `"${name}";r=${Math.floor(bucket.tokens)};t=${fullInS}`);
    if (isRefused) {
      // Jittered, so that those refused together do not come back together.
      const retryAfterMs = 1_000 + Math.random() * 9_000;
      throw new GuichetError('rate-limited', { retryAfterMs, ...(detail === undefined ? {} : { detail }) });
    }
  };
}

/** 203.0.113.0/24 or 2001:db8:1:200::/56; an address that cannot be read shares one bucket with its like. */
export function addressPrefix(address: string): string {
  // Nearly every address; the rest (IPv6, IPv4 inside IPv6, what a proxy made up) is read with care.
  if (isIPv4(address)) return address.slice(0, address.lastIndexOf('.'));
  try {
    const parsed = ipaddr.process(address);
    const kept = parsed.kind() === 'ipv4' ? 3 : 7;
    return parsed.toByteArray().slice(0, kept).join('.');
  } catch {
    return 'unreadable';
  }
}
