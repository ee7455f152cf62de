import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AuditEntry, AuditHead, AuditRecord } from '../../src/domain/audit.ts';
import {
  type ChainEnd,
  chainedRecord,
  endLine,
  parseAuditLines,
  recordLine,
  verifyChains,
} from '../../src/service/audit-chain.ts';

const entry = (number: number, changes: Partial<AuditEntry> = {}): AuditEntry => ({
  roomId: 'pool',
  actor: { keyId: 'key-1', name: 'Claire' },
  action: 'room.admission',
  reason: { fr: 'Plus de monde', en: 'More people' },
  before: { capacity: number },
  after: { capacity: number + 1 },
  ...changes,
});

/** A chain of so many records, and where it ends. */
function chain(length: number, roomId = 'pool'): { records: AuditRecord[]; end: ChainEnd } {
  const records: AuditRecord[] = [];
  let head: AuditHead | null = null;
  for (let number = 1; number <= length; number += 1) {
    const record = chainedRecord(entry(number, { roomId }), head, number * 1_000);
    records.push(record);
    const { chain: id, hash } = record;
    head = { chain: id, number, hash, firstHash: records[0]?.hash ?? hash };
  }
  return { records, end: { roomId, ...(head as AuditHead) } };
}

describe('a chain', () => {
  test('that is whole is found so, with and without a closing line', () => {
    const { records, end } = chain(20);
    expect(verifyChains(records, [end])).toMatchObject({
      faults: [],
      whole: [{ roomId: 'pool', first: 1, last: 20, hasEnd: true }],
    });
    expect(verifyChains(records, []).whole).toMatchObject([{ last: 20, hasEnd: false }]);
  });

  test('whose oldest records went is whole when its keeper kept the hash of the first', () => {
    const { records, end } = chain(20);
    const kept = records.slice(5);
    const trimmed = { ...end, firstHash: kept[0]?.hash ?? '' };
    expect(verifyChains(kept, [trimmed]).faults).toEqual([]);
    expect(verifyChains(kept.slice(1), [trimmed]).faults).toMatchObject([{ number: 6, what: 'missing' }]);
  });

  test('survives a way through JSON, among other lines of a log', () => {
    const { records, end } = chain(3);
    const text = [
      '{"level":30,"msg":"Listening"}',
      ...records.map(recordLine),
      'not JSON',
      endLine(end),
      '',
    ].join('\n');
    const parsed = parseAuditLines(text);
    expect(verifyChains(parsed.records, parsed.ends)).toMatchObject({ faults: [], whole: [{ last: 3 }] });
  });

  test('mixed with another one is told apart from it', () => {
    const [one, other] = [chain(4), chain(6, 'permits')];
    const mixed = [...one.records, ...other.records].toSorted((a, b) => a.number - b.number);
    expect(verifyChains(mixed, [one.end, other.end])).toMatchObject({
      faults: [],
      whole: [
        { roomId: 'pool', last: 4 },
        { roomId: 'permits', last: 6 },
      ],
    });
  });
});

describe('what was doctored is refused, and the record named', () => {
  const { records, end } = chain(12);
  const at = (number: number): AuditRecord => records[number - 1] as AuditRecord;

  test.each<[string, Partial<AuditRecord>]>([
    ['who', { actor: { keyId: 'key-2', name: 'Claire' } }],
    ['when', { at: '2026-01-01T00:00:00.000Z' }],
    ['what', { action: 'room.notice' }],
    ['why', { reason: null }],
    ['what it was', { before: { capacity: 0 } }],
    ['what it became', { after: { capacity: 8, places: 1 } }],
    ['the room', { roomId: 'other' }],
    ['who proposed it', { proposedBy: { keyId: 'key-3', name: 'Paul' } }],
    ['its hash', { hash: 'a'.repeat(64) }],
  ])('a change of %s', (_, change) => {
    const doctored = records.map((record) => (record.number === 7 ? { ...record, ...change } : record));
    const { faults, whole } = verifyChains(doctored, [end]);
    expect(faults).toContainEqual(expect.objectContaining({ number: 7, what: 'changed' }));
    expect(whole).toEqual([]);
  });

  test('a change whose hash was worked out again: the next record does not follow', () => {
    const { hash: _, chain: id, number, at: when, previous, ...rest } = at(7);
    const head = { chain: id, number: number - 1, hash: previous ?? '', firstHash: '' };
    const forged = chainedRecord({ ...rest, after: { capacity: 99 } }, head, Date.parse(when));
    const doctored = records.map((record) => (record.number === 7 ? forged : record));
    expect(verifyChains(doctored, [end]).faults).toMatchObject([{ number: 8, what: 'not-linked' }]);
  });

  /** In the place of a record, its hash worked out again. */
  const forged = (number: number, changes: Partial<AuditEntry>, head: AuditHead): AuditRecord =>
    chainedRecord(entry(number, changes), head, number * 1_000);
  const before = (number: number): AuditHead => {
    const { hash, chain: id } = at(number - 1);
    return { chain: id, number: number - 1, hash, firstHash: '' };
  };

  test('the last record changed and its hash worked out again: it is not the one that the end names', () => {
    const doctored = records.with(11, forged(12, { after: { capacity: 99 } }, before(12)));
    expect(verifyChains(doctored, [end]).faults).toMatchObject([{ number: 12, what: 'changed' }]);
  });

  test('a record of another room, linked into the chain', () => {
    const doctored = records.with(11, forged(12, { roomId: 'rink' }, before(12)));
    expect(verifyChains(doctored, []).faults).toMatchObject([{ number: 12, what: 'not-linked' }]);
  });

  test('a first record that names one before it', () => {
    const first = forged(1, {}, { ...before(2), number: 0 });
    expect(verifyChains([first], []).faults).toMatchObject([{ number: 1, what: 'not-linked' }]);
  });

  test('a record taken out, wherever', () => {
    for (let number = 1; number <= 12; number += 1) {
      const doctored = records.filter((record) => record.number !== number);
      expect(verifyChains(doctored, [end]).faults).toContainEqual(
        expect.objectContaining({ number, what: 'missing' }),
      );
    }
  });

  test('all of them taken out', () => {
    expect(verifyChains([], [end]).faults).toMatchObject([{ number: 1, what: 'missing' }]);
  });

  test('two swapped', () => {
    const doctored = records.with(4, at(6)).with(5, at(5));
    const { faults } = verifyChains(doctored, [end]);
    expect(faults.map(({ number }) => number)).toContain(5);
  });

  test('one put in, and one twice', () => {
    const { end: otherEnd, records: others } = chain(3);
    const foreign = { ...(others[2] as AuditRecord), chain: end.chain, number: 6 };
    const put = [...records.slice(0, 5), foreign, ...records.slice(5)];
    expect(verifyChains(put, [end]).faults).toContainEqual(
      expect.objectContaining({ number: 6, what: 'changed' }),
    );
    expect(otherEnd.chain).not.toBe(end.chain);
    const twice = [...records.slice(0, 6), at(6), ...records.slice(6)];
    expect(verifyChains(twice, [end]).faults).toMatchObject([{ number: 6, what: 'twice' }]);
  });

  test('records behind the end', () => {
    const next = chainedRecord(entry(13), end, 13_000);
    expect(verifyChains([...records, next], [end]).faults).toMatchObject([
      { number: 13, what: 'beyond-end' },
    ]);
  });

  test('any single change of any field of any record, whatever it is', () => {
    const fields = ['at', 'action', 'before', 'after', 'actor', 'reason', 'previous', 'hash'] as const;
    const doctored = fc.tuple(fc.integer({ min: 0, max: 11 }), fc.constantFrom(...fields), fc.jsonValue());
    fc.assert(
      fc.property(doctored, ([index, field, value]) => {
        const before = records[index] as AuditRecord;
        fc.pre(JSON.stringify(before[field]) !== JSON.stringify(value));
        const changed = records.with(index, { ...before, [field]: value });
        const numbers = verifyChains(changed, [end]).faults.map(({ number }) => number);
        expect(numbers).toContain(index + 1);
      }),
      { numRuns: 2_000 },
    );
  });
});
