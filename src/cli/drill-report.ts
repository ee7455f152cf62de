/** The report of a drill: one page of Markdown, dated, with its verdict first. It goes to files, so it is in English. */
import type { VisitorsReport } from './drill-visitors.ts';

export type DrillRecord = VisitorsReport & {
  /** ISO. */
  startedAt: string;
  /** What broke the primary. */
  by: string;
  topology: string;
  waitReplicas: number;
  capacity: number;
  /** Admitted and inside at the end, as the service counts; null: not told. */
  inside: number | null;
  /** What the service said of the next failover, before and at the end. */
  before: string;
  after: string;
};

/** Above it visitors have seen more than a moment's pause: worth a look, no promise broken. */
const longSilenceMs = 15_000;

export function isHeld({ broken, inside, capacity }: DrillRecord): boolean {
  return broken.length === 0 && inside !== null && inside <= capacity;
}

export function drillReport(record: DrillRecord): string {
  const { startedAt, by, topology, waitReplicas, capacity, inside, before, after } = record;
  const { tickets, silentMsMax, repeated, broken } = record;
  const rows: [string, string][] = [
    ['started', startedAt],
    ['what was done', by],
    ['Redis', `${topology}, GUICHET_REDIS_WAIT_REPLICAS=${waitReplicas}`],
    ['numbers confirmed', String(tickets)],
    ['longest time without a confirmed number', `${(silentMsMax / 1_000).toFixed(1)} s`],
    ['calls asked again', String(repeated)],
    ['let in, of at most', `${inside ?? 'not told'}, ${capacity}`],
    ['the next failover, before', before],
    ['the next failover, at the end', after],
  ];
  const faults = [
    ...broken,
    ...(inside === null ? ['the service did not say how many it let in'] : []),
    ...(inside !== null && inside > capacity ? [`${inside} were let in, for ${capacity}`] : []),
  ];
  const notes = [
    ...(silentMsMax > longSilenceMs
      ? [
          'The pause was long: look at down-after-milliseconds, cluster-node-timeout, and the way to each server.',
        ]
      : []),
    ...(after === 'would be survived' ? [] : ['Bring back what is missing before the next one.']),
  ];
  return [
    `# Failover drill of ${startedAt.slice(0, 10)}: ${isHeld(record) ? 'everything confirmed stayed so' : 'a promise was broken'}`,
    '',
    '| | |',
    '|---|---|',
    ...rows.map(([name, value]) => `| ${name} | ${value.replaceAll('|', '\\|')} |`),
    '',
    ...faults.map((fault) => `* **Broken:** ${fault}`),
    ...notes.map((note) => `* ${note}`),
    '',
  ].join('\n');
}
