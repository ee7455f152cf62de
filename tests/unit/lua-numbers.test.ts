/**
 * What Lua does to an order of 16 digits: `tostring`, `cjson` and `..` write 1763761234567890 as
 * 1.7637612345679e+15. The scripts may use none of them on a number, and name their keys in one place.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const folder = new URL('../../src/store/lua/', import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith('.lua'));

/** Lines without comments and without the insides of strings. */
function codeOf(file: string): string[] {
  const lines = readFileSync(new URL(file, folder), 'utf8').split('\n');
  return lines.map((line) => line.replace(/'[^']*'/g, "''").replace(/--.*$/, ''));
}

/** Names that hold numbers, as they stand beside `..`. */
const numbers = /(order|score|ms|us|number|deadline|expiry|count|total|now)$/i;

/** Keys that only some scripts take. */
const ownKeys: { [file: string]: string[] } = {
  'redeem.lua': ['local redeemed = KEYS[14]'],
  'offer_move.lua': ['local code = KEYS[14]'],
  'move.lua': ['local code = KEYS[14]'],
  'ticket_find.lua': ['local code = KEYS[14]'],
  'purge.lua': ['local others = { unpack(KEYS, 2, is_first and #KEYS or #KEYS - once_count) }'],
  'timeline_note.lua': ['local levels = { KEYS[14], KEYS[15], KEYS[16] }'],
  'replica_beat.lua': ['local replicas = KEYS[1]'],
  'proposal_keep.lua': ['local proposals = KEYS[1]'],
  '_audit.lua': ['stream = KEYS[#KEYS - 1],', 'head = KEYS[#KEYS],'],
  'email_ask.lua': ['local named_by = KEYS[23]'],
};

/** What stands directly before and after each `..` of a line. */
function joined(line: string): string[] {
  const sides = [...line.matchAll(/([\w.]+|''|\)|\])?\s*\.\.(?!\.)\s*([\w.]+\(?|''|\()?/g)];
  return sides.flatMap(([, before, after]) => [before ?? '', after ?? '']).filter((side) => side !== '');
}

describe.each(files)('%s', (file) => {
  const code = codeOf(file);

  it('writes no number with tostring or cjson', () => {
    expect(code.filter((line) => /\btostring\s*\(|\bcjson\b/.test(line))).toEqual([]);
  });

  it('joins no bare number into a text', () => {
    const bare = code.flatMap((line) =>
      joined(line).filter((side) => /^[\d.]+$/.test(side) || numbers.test(side)),
    );
    expect(bare).toEqual([]);
  });

  it('names keys in the shared parts only, but for those that only some scripts take', () => {
    const bare = code.filter((line) => /\bKEYS\b/.test(line)).map((line) => line.trim());
    if (file === '_room.lua') expect(bare).toHaveLength(13);
    else if (file === '_email.lua') expect(bare).toHaveLength(10);
    else if (file === '_api_keys.lua') expect(bare).toHaveLength(4);
    else if (file === '_alarms.lua') expect(bare).toHaveLength(7);
    else expect(bare).toEqual(ownKeys[file] ?? []);
  });
});

it('the lint sees what it looks for', () => {
  expect(joined("local text = id .. '' .. room.lastOrder")).toContain('room.lastOrder');
  expect(['room.lastOrder', 'score', 'clock_us'].every((name) => numbers.test(name))).toBe(true);
  expect(joined("local text = whole(order) .. ''")).toEqual([')', "''"]);
});
