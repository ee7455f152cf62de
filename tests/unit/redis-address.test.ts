import { expect, test } from 'vitest';
import { type RedisAddress, redisAddress } from '../../src/domain/redis-address.ts';

const nobody = { username: null, password: null, isEncrypted: false };
const at = (host: string, port: number): { host: string; port: number } => ({ host, port });

test.each<[url: string, address: RedisAddress]>([
  ['redis://redis', { ...nobody, topology: 'single', node: at('redis', 6_379), database: 0 }],
  ['redis://redis:6380/15', { ...nobody, topology: 'single', node: at('redis', 6_380), database: 15 }],
  ['redis://redis/', { ...nobody, topology: 'single', node: at('redis', 6_379), database: 0 }],
  [
    'redis://[2001:db8::1]:7000',
    { ...nobody, topology: 'single', node: at('2001:db8::1', 7_000), database: 0 },
  ],
  ['redis://[::1]', { ...nobody, topology: 'single', node: at('::1', 6_379), database: 0 }],
  [
    'rediss://guichet:secret@redis.example.org',
    {
      username: 'guichet',
      password: 'secret',
      isEncrypted: true,
      topology: 'single',
      node: at('redis.example.org', 6_379),
      database: 0,
    },
  ],
  [
    'redis+sentinel://one,two:26380,[::1]/main/2',
    {
      ...nobody,
      topology: 'sentinel',
      sentinels: [at('one', 26_379), at('two', 26_380), at('::1', 26_379)],
      primary: 'main',
      database: 2,
    },
  ],
  [
    'rediss+cluster://:secret@one,two:7001',
    {
      username: null,
      password: 'secret',
      isEncrypted: true,
      topology: 'cluster',
      nodes: [at('one', 6_379), at('two', 7_001)],
    },
  ],
])('%s names what it says', (url, address) => {
  expect(redisAddress(url)).toEqual(address);
});

test.each([
  ['redis://:p%40ss%3A%2F%3F%23%25@redis', null, 'p@ss:/?#%'],
  ['redis://us%3Aer:a:b:c@redis', 'us:er', 'a:b:c'],
  ['redis://guichet@redis', 'guichet', null],
  ['redis://guichet:@redis', 'guichet', null],
  ['redis://:%C3%A9t%C3%A9@redis', null, 'été'],
])('%s: user %s, password %s', (url, username, password) => {
  expect(redisAddress(url)).toMatchObject({ username, password });
});

test('a primary’s name is decoded, too', () => {
  expect(redisAddress('redis+sentinel://one/my%20primary')).toMatchObject({ primary: 'my primary' });
});

test.each([
  ['nothing', ''],
  ['another scheme', 'http://redis'],
  ['no host', 'redis://'],
  ['no host behind a user', 'redis://guichet:secret@'],
  ['a scheme without hosts', 'redis:redis'],
  ['an unknown topology', 'redis+ring://one,two'],
  ['many hosts of one server', 'redis://one,two'],
  ['a host that is left out', 'redis+cluster://one,,two'],
  ['a blank between hosts', 'redis+cluster://one, two'],
  ['port 0', 'redis://redis:0'],
  ['a port beyond', 'redis://redis:65536'],
  ['a port that is none', 'redis://redis:port'],
  ['an IPv6 address without brackets', 'redis://2001:db8::1'],
  ['a database that is none', 'redis://redis/main'],
  ['a path below a database', 'redis://redis/1/2'],
  ['a query', 'redis://redis?db=1'],
  ['a fragment', 'redis://redis#1'],
  ['Sentinels without a name', 'redis+sentinel://one,two'],
  ['Sentinels with an empty name', 'redis+sentinel://one,two/'],
  ['a Cluster’s database', 'redis+cluster://one,two/1'],
  ['an @ that is not encoded', 'redis://:p@ss@redis'],
  ['a / that is not encoded', 'redis://:p/ss@redis'],
  ['a percent sign alone', 'redis://:50%@redis'],
  ['half a letter', 'redis://:%C3@redis'],
])('%s is no address', (_, url) => {
  expect(redisAddress(url)).toBeNull();
});
