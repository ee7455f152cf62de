import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { redisCommands } from '../../src/dev/redis-acl.ts';
import { redisPage, redisPageUrl } from '../../src/dev/redis-docs.ts';

test('docs/redis.md names the rules of the user that the service needs', () => {
  expect(readFileSync(redisPageUrl, 'utf8'), 'npm run docs').toBe(redisPage());
});

test('the rules hold what scripts, stores and connections use, and nothing that looks at or empties other data', () => {
  const commands = redisCommands();
  for (const [where, command] of [
    ['tick.lua', 'xtrim'],
    ['_room.lua', 'info'],
    ['figures-store-redis.ts', 'hdel'],
    ['api-key-store-redis.ts', 'hvals'],
    ['redis-calls.ts', 'wait'],
    ['a Cluster', 'cluster|slots'],
  ] as const)
    expect(commands, where).toContain(command);
  expect(
    commands.filter((name) =>
      /^(keys|scan|config|flush|debug|acl|script|shutdown|publish|subscribe)/.test(name),
    ),
  ).toEqual([]);
});
