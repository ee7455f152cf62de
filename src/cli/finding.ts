/** What the doctor finds: one verdict for each thing that it looks at, always under the same id. */
import type { Bilingual } from './voice.ts';

/**
 * Everything that is looked at, in the order of the report: the id that scripts know it by, and what it is.
 * docs/command-line.md has the same table.
 */
export const findingIds = {
  settings: 'The settings are usable, and each of their names exists.',
  'internal-api': 'Guichet answers at its internal listener.',
  'api-key': 'The API key is accepted.',
  'service-ready': 'The replica says that it is ready.',
  'guichet-version': 'The replica and this command line are of one version.',
  store: 'The queue is in Redis, not in the memory of one process.',
  'redis-reachable': 'Redis answers.',
  'redis-role': 'It is a primary: writes are taken.',
  'redis-version': 'It is recent enough.',
  'redis-cluster': 'It is one shard, or a Cluster that is named as one.',
  'redis-eviction': 'It never throws keys away to make room.',
  'redis-memory': 'It has memory left below its limit.',
  'redis-persistence': 'What was confirmed survives a crash of it.',
  'redis-writes': 'Its last writes to disk succeeded.',
  'redis-replicas': 'It has the replicas that are waited for.',
  'redis-failover': 'The loss of its primary would be survived.',
  'redis-clock': 'Its clock and this machine’s agree.',
  'signing-keys': 'The signing keys can be read and used.',
  'signing-keys-mode': 'Nobody but the service and its group can read them.',
  'signing-keys-retired': 'No retired key is kept longer than it is needed.',
  'signing-keys-algorithm': 'There is a key for every room’s passes.',
  'public-url': 'Guichet answers at the public URL.',
  'public-https': 'The public URL is https, or this machine’s own.',
  'tls-chain': 'The certificate leads to one that is trusted.',
  'tls-name': 'The certificate is for the public URL’s host.',
  'tls-expiry': 'The certificate is good for weeks to come.',
  'public-clock': 'The clock behind the public URL and this machine’s agree.',
  'websocket-upgrade': 'A WebSocket can be opened through every proxy.',
  'websocket-subprotocol': 'The subprotocol comes through.',
  'websocket-messages': 'Messages come through at once.',
  'internal-exposed': 'The internal listener does not answer at the public URL.',
  'trusted-proxies': 'Visitors behind a proxy are told apart.',
  'time-zones': 'The time zone data knows every room’s zone and the rules of 2027.',
  'state-directory': 'The state directory can be written.',
  'audit-file': 'The audit’s file can be written.',
  'disk-space': 'There is space left on the disk.',
  'open-files': 'As many connections may be opened as the settings allow.',
  'node-version': 'Node.js is of the version that Guichet is tested on.',
  'mail-server': 'The mail server answers, and takes the login.',
} as const;
export type FindingId = keyof typeof findingIds;

/** `skipped`: it does not apply here, or something above has to be put right first. */
export type Verdict = 'ok' | 'warning' | 'fault' | 'skipped';

export type Finding = {
  id: FindingId;
  verdict: Verdict;
  sentence: Bilingual;
  /** What to do; null when there is nothing to. */
  advice: Bilingual | null;
};

export function ok(id: FindingId, en: string, fr: string): Finding {
  return { id, verdict: 'ok', sentence: { en, fr }, advice: null };
}

export function skipped(id: FindingId, en: string, fr: string): Finding {
  return { id, verdict: 'skipped', sentence: { en, fr }, advice: null };
}

/** What is wrong, and what to do about it. */
export function wrong(
  verdict: 'warning' | 'fault',
  id: FindingId,
  { sentence, advice }: { sentence: Bilingual; advice: Bilingual },
): Finding {
  return { id, verdict, sentence, advice };
}

/** In the order of the table; the first of several with one id that is the worst. */
export function inOrder(findings: readonly Finding[]): Finding[] {
  const rank: { readonly [verdict in Verdict]: number } = { fault: 0, warning: 1, ok: 2, skipped: 3 };
  return (Object.keys(findingIds) as FindingId[]).flatMap((id) => {
    const [worst] = findings
      .filter((finding) => finding.id === id)
      .toSorted((one, other) => rank[one.verdict] - rank[other.verdict]);
    return worst ?? [];
  });
}

/** The worst of all. */
export function verdictOf(findings: readonly Finding[]): 'ok' | 'warning' | 'fault' {
  const has = (verdict: Verdict): boolean => findings.some((finding) => finding.verdict === verdict);
  return has('fault') ? 'fault' : has('warning') ? 'warning' : 'ok';
}

/** The sentence of an error that the network or the disk gave. */
export function whyOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, cause } = error as NodeJS.ErrnoException;
  if (error.message !== '') return error.message;
  return code ?? (cause === undefined ? error.name : whyOf(cause));
}
