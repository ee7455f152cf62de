/** Makes the records of an audit, and works a chain out again. Needs nothing but the records themselves. */
import { createHash, randomUUID } from 'node:crypto';
import { type AuditEntry, type AuditHead, type AuditRecord, canonicalJson } from '../domain/audit.ts';

/** The record that follows `head` (null: a chain begins). */
export function chainedRecord(entry: AuditEntry, head: AuditHead | null, nowMs: number): AuditRecord {
  const record = {
    chain: head?.chain ?? randomUUID(),
    number: (head?.number ?? 0) + 1,
    at: new Date(nowMs).toISOString(),
    ...entry,
    proposedBy: entry.proposedBy ?? null,
    previous: head?.hash ?? null,
  };
  return { ...record, hash: hashOf(record) };
}

function hashOf(record: Omit<AuditRecord, 'hash'>): string {
  return createHash('sha256').update(canonicalJson(record)).digest('hex');
}

/** What is wrong with one record of a chain, or with its end. */
export type ChainFault = {
  roomId: string | null;
  chain: string;
  /** The record's number; that of the first one missing where records are missing. */
  number: number;
  what: 'changed' | 'missing' | 'not-in-order' | 'twice' | 'not-linked' | 'beyond-end';
};

/** A stretch of one chain that was found whole. */
export type WholeChain = {
  roomId: string | null;
  chain: string;
  first: number;
  last: number;
  /** Whether something outside the records says that nothing is missing behind the last one. */
  hasEnd: boolean;
};

/** Where a chain begins and ends, as its keeper says: of an export the closing line, of a store its head. */
export type ChainEnd = AuditHead & { roomId: string | null };

/**
 * Works chains out again from records in the order in which they were kept; several chains may be mixed. Of a chain
 * whose first record is not number 1 the records before it are not judged: `ends` says whether the first one is the
 * one that its keeper kept.
 */
export function verifyChains(
  records: readonly AuditRecord[],
  ends: readonly ChainEnd[],
): { faults: ChainFault[]; whole: WholeChain[] } {
  const chains = new Map<string, AuditRecord[]>();
  for (const record of records) {
    const known = chains.get(record.chain);
    if (known) known.push(record);
    else chains.set(record.chain, [record]);
  }
  for (const { chain } of ends) if (!chains.has(chain)) chains.set(chain, []);
  const faults: ChainFault[] = [];
  const whole: WholeChain[] = [];
  for (const [chain, ofChain] of chains) {
    const end = ends.find((one) => one.chain === chain) ?? null;
    const found = [...faultsWithin(ofChain), ...faultsAtEnds(ofChain, end)];
    faults.push(...found);
    const [first, last] = [ofChain.at(0), ofChain.at(-1)];
    if (found.length > 0 || !first || !last) continue;
    whole.push({
      roomId: first.roomId,
      chain,
      first: first.number,
      last: last.number,
      hasEnd: end !== null,
    });
  }
  return { faults, whole };
}

function faultsWithin(records: readonly AuditRecord[]): ChainFault[] {
  const faults: ChainFault[] = [];
  let before: AuditRecord | null = null;
  for (const record of records) {
    const { roomId, chain, number } = record;
    const fault = (what: ChainFault['what'], at = number): void => {
      faults.push({ roomId, chain, number: at, what });
    };
    const { hash, ...rest } = record;
    if (hashOf(rest) !== hash) fault('changed');
    if (before === null) {
      if (number === 1 && record.previous !== null) fault('not-linked');
    } else if (number === before.number) fault('twice');
    else if (number < before.number) fault('not-in-order');
    else if (number > before.number + 1) fault('missing', before.number + 1);
    else if (record.previous !== before.hash || roomId !== before.roomId) fault('not-linked');
    before = record;
  }
  return faults;
}

function faultsAtEnds(records: readonly AuditRecord[], end: ChainEnd | null): ChainFault[] {
  if (!end) return [];
  const { roomId, chain } = end;
  const numbers = records.map(({ number }) => number);
  const fault = (number: number, what: ChainFault['what']): ChainFault => ({ roomId, chain, number, what });
  const first = records.at(0);
  const last = records.find(({ number }) => number === end.number);
  const beyond = numbers.find((number) => number > end.number);
  if (beyond !== undefined) return [fault(beyond, 'beyond-end')];
  if (!last) return [fault(Math.max(0, ...numbers) + 1, 'missing')];
  const faults = last.hash === end.hash ? [] : [fault(last.number, 'changed')];
  if (first && first.hash !== end.firstHash) {
    faults.push(first.number === 1 ? fault(1, 'changed') : fault(first.number - 1, 'missing'));
  }
  return faults;
}

/** A record as it is kept: one line of JSON. */
export function recordLine(record: AuditRecord): string {
  return canonicalJson(record);
}

/** The line that closes an export. */
export function endLine(end: ChainEnd): string {
  return canonicalJson({ end });
}

/**
 * Records and closing lines of a text in JSON lines; what else a log holds is passed over. A line that says it is a
 * record and cannot be read is missing from its chain, which is found then.
 */
export function parseAuditLines(text: string): { records: AuditRecord[]; ends: ChainEnd[] } {
  const records: AuditRecord[] = [];
  const ends: ChainEnd[] = [];
  for (const line of text.split('\n')) {
    const value = parsed(line);
    if (isEnd(value)) ends.push(value.end);
    else if (isRecord(value)) records.push(value);
  }
  return { records, ends };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

function isRecord(value: unknown): value is AuditRecord {
  if (typeof value !== 'object' || value === null) return false;
  const { chain, number, hash } = value as Partial<AuditRecord>;
  return typeof chain === 'string' && typeof hash === 'string' && Number.isSafeInteger(number);
}

function isEnd(value: unknown): value is { end: ChainEnd } {
  const end = (value as { end?: Partial<ChainEnd> } | null)?.end;
  return typeof end?.chain === 'string' && typeof end.hash === 'string' && Number.isSafeInteger(end.number);
}
