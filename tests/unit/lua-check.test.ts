import { expect, test } from 'vitest';
import { digitsLost } from '../../src/dev/lua-check.ts';

test.each([
  "local text = id .. ' ' .. room.lastOrder",
  "local text = at_ms .. ' '",
  'local text = tostring(score)',
  'return cjson.encode(frame)',
  'local id = number .. suffix',
])('a line that writes the digits of a number wrongly is found: %s', (text) => {
  expect(digitsLost({ file: 'a.lua', line: 7, text })).toEqual([
    expect.objectContaining({ file: 'a.lua', line: 7 }),
  ]);
});

test.each([
  "local text = whole(room.lastOrder) .. ' ' .. whole(at_ms)",
  "local text = 'order' .. id -- never .. order",
  'local function f(...) return select(1, ...) end',
  "local text = '..' .. name",
])('a line that keeps them is not: %s', (text) => {
  expect(digitsLost({ file: 'a.lua', line: 7, text })).toEqual([]);
});
