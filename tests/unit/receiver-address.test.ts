import type { lookup as dnsLookup, LookupAddress } from 'node:dns';
import { describe, expect, test } from 'vitest';
import {
  AddressRefusedError,
  addressRule,
  guardedLookup,
  literalAddress,
} from '../../src/edge/receiver-address.ts';
import { webhookSender } from '../../src/edge/webhook-sender.ts';

const refused = [
  '127.0.0.1',
  '127.8.9.10',
  '0.0.0.0',
  '10.1.2.3',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '169.254.0.1',
  '169.254.169.254',
  '100.64.0.1',
  '192.0.0.8',
  '192.0.2.1',
  '198.18.0.1',
  '198.51.100.7',
  '203.0.113.7',
  '224.0.0.1',
  '240.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::ffff:127.0.0.1',
  '::ffff:7f00:1',
  '::ffff:a9fe:a9fe',
  '::ffff:10.0.0.1',
  '::ffff:0:127.0.0.1',
  '::127.0.0.1',
  '::7f00:1',
  '64:ff9b::a9fe:a9fe',
  '64:ff9b:1::1',
  '2002:7f00:1::',
  '2001::1',
  '2001:db8::1',
  'fe80::1',
  'fe80::1%2',
  'fec0::1',
  'fc00::1',
  'fd00:ec2::254',
  'ff02::1',
  '100::1',
  '4000::1',
  'localhost',
  '',
];
const allowed = [
  '8.8.8.8',
  '1.1.1.1',
  '172.32.0.1',
  '::ffff:8.8.8.8',
  '2606:4700::1111',
  '2a00:1450:4001::1',
];

describe('without allowed networks', () => {
  const rule = addressRule([]);
  test.each(refused)('%s is refused', (address) => {
    expect(rule(address)).toBe(false);
  });
  test.each(allowed)('%s is connected to', (address) => {
    expect(rule(address)).toBe(true);
  });
});

test('an allowed network opens itself and nothing else, whatever the address looks like', () => {
  const rule = addressRule(['10.1.0.0/16', '192.168.7.7', 'fd00:1::/32']);
  for (const address of ['10.1.2.3', '::ffff:10.1.2.3', '192.168.7.7', 'fd00:1::5'])
    expect(rule(address), address).toBe(true);
  for (const address of ['10.2.0.1', '192.168.7.8', 'fd00:2::5', '::1', '169.254.169.254'])
    expect(rule(address), address).toBe(false);
});

/** Addresses as URLs write them, and nobody's lookup is asked for. */
const literals: [url: string, address: string | null][] = [
  ['https://127.0.0.1/', '127.0.0.1'],
  ['https://2130706433/', '127.0.0.1'],
  ['https://0x7f.1/', '127.0.0.1'],
  ['https://0177.0.0.1/', '127.0.0.1'],
  ['https://127.1/', '127.0.0.1'],
  ['https://①②⑦.0.0.1/', '127.0.0.1'],
  ['https://[::1]:8443/', '::1'],
  ['https://[::ffff:169.254.169.254]/', '::ffff:a9fe:a9fe'],
  ['https://localhost/', null],
  ['https://example.org/', null],
];

test.each(literals)('%s names %s', async (text, address) => {
  expect(literalAddress(new URL(text))).toBe(address);
  if (address === null) return;
  const sender = webhookSender({ rule: addressRule([]) });
  const answer = await sender.send({ url: text, headers: {}, body: '' }, new AbortController().signal);
  expect(answer).toEqual({ kind: 'refused' });
});

/** A resolver that answers this. */
function resolving(...addresses: string[]): typeof dnsLookup {
  const answer = (_host: string, _options: object, done: (error: null, found: LookupAddress[]) => void) =>
    done(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  return answer as unknown as typeof dnsLookup;
}

function lookUp(addresses: string[], options: { all?: boolean } = {}): Promise<unknown> {
  const lookup = guardedLookup(addressRule([]), resolving(...addresses));
  return new Promise((resolve) => {
    lookup('name.example', options, (error, found, family) => resolve(error ?? [found, family]));
  });
}

describe('a name', () => {
  test('that resolves to our own network is refused', async () => {
    for (const address of ['127.0.0.1', '10.0.0.5', '::1', '169.254.169.254', '::ffff:192.168.0.1'])
      expect(await lookUp([address])).toBeInstanceOf(AddressRefusedError);
  });

  test('that resolves to both is connected to where it may be only', async () => {
    const found = ['10.0.0.5', '8.8.8.8', '::1', '2606:4700::1111'];
    expect(await lookUp(found)).toEqual(['8.8.8.8', 4]);
    expect(await lookUp(found, { all: true })).toEqual([
      [
        { address: '8.8.8.8', family: 4 },
        { address: '2606:4700::1111', family: 6 },
      ],
      undefined,
    ]);
  });

  test('of this machine is refused, as a whole request', async () => {
    const sender = webhookSender({ rule: addressRule([]) });
    const { signal } = new AbortController();
    for (const url of ['http://localhost:9/', 'https://localhost:9/', 'ftp://example.org/', 'nonsense'])
      expect(await sender.send({ url, headers: {}, body: '' }, signal)).toEqual({ kind: 'refused' });
  });
});
