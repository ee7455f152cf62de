/** The report of a drill: one page of Markdown, dated, with its verdict first. It goes to files, so it is in English. */
import type { PrimarySeen } from './drill-blow.ts';
import { answersWithinMs, type VisitorsReport } from './drill-visitors.ts';

export type DrillRecord = VisitorsReport & {
  /** ISO. */
  startedAt: string;
  /** What broke the primary. */
  by: string;
  primary: PrimarySeen;
  /** Nobody got a number for a while after it was to be broken by hand. */
  wasSilent: boolean;
  /** Numbers were confirmed again before the visitors lost patience. */
  cameBack: boolean;
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

/** Something was broken, and no promise. */
export function isHeld(record: DrillRecord): boolean {
  return isStruck(record) && faultsOf(record).length === 0;
}

/** A network that is cut for less than a failover takes leaves the primary as it is. */
function isStruck({ primary, wasSilent }: DrillRecord): boolean {
  return primary.isAnother || wasSilent;
}

function faultsOf({ broken, cameBack, inside, capacity }: DrillRecord): string[] {
  return [
    ...broken,
    ...(cameBack ? [] : [`numbers were not given again within ${answersWithinMs / 1_000} s`]),
    ...(inside === null ? ['the service did not say how many it let in'] : []),
    ...(inside !== null && inside > capacity ? [`${inside} were let in, for ${capacity}`] : []),
  ];
}

function verdictOf(record: DrillRecord): string {
  if (faultsOf(record).length > 0) return 'a promise was broken';
  return isStruck(record) ? 'everything confirmed stayed so' : 'no failover was seen';
}

/** What is to be known of the primary besides its rows. */
function primaryNotes(record: DrillRecord): string[] {
  const { before, after, isAnother } = record.primary;
  if (isAnother) return [];
  if (before === null || after === null)
    return ['Whether a failover took place is not known: Redis did not say who its primary is.'];
  const nothing = 'No failover took place: the primary is the one that it was';
  return [isStruck(record) ? `${nothing}, and was away for a while.` : `${nothing}.`];
}

export function drillReport(record: DrillRecord): string {
  const { startedAt, by, topology, waitReplicas, capacity, primary, inside, before, after } = record;
  const { tickets, silentMsMax, repeated } = record;
  const rows: [string, string][] = [
    ['started', startedAt],
    ['what was done', by],
    ['Redis', `${topology}, GUICHET_REDIS_WAIT_REPLICAS=${waitReplicas}`],
    ['the primary, before', primary.before ?? 'not told'],
    ['the primary, at the end', primary.after ?? 'not told'],
    ['numbers confirmed', String(tickets)],
    ['longest time without a confirmed number', `${(silentMsMax / 1_000).toFixed(1)} s`],
    ['calls asked again', String(repeated)],
    ['let in, of at most', `${inside ?? 'not told'}, ${capacity}`],
    ['the next failover, before', before],
    ['the next failover, at the end', after],
  ];
  const notes = [
    ...primaryNotes(record),
    ...(silentMsMax > longSilenceMs
      ? [
          'The pause was long: look at down-after-milliseconds, cluster-node-timeout, and the way to each server.',
        ]
      : []),
    ...(after === 'would be survived' ? [] : ['Bring back what is missing before the next one.']),
  ];
  return [
    `# Failover drill of ${startedAt.slice(0, 10)}: ${verdictOf(record)}`,
    '',
    '| | |',
    '|---|---|',
    ...rows.map(([name, value]) => `| ${name} | ${value.replaceAll('|', '\\|')} |`),
    '',
    ...faultsOf(record).map((fault) => `* **Broken:** ${fault}`),
    ...notes.map((note) => `* ${note}`),
    '',
  ].join('\n');
}
