/** What a rush prints: a live line while it runs, a table at the end, one line of JSON when asked. */
import type { DemoOriginFigures } from './demo-origin.ts';
import { countNames } from './rush-counts.ts';
import type { CrowdProgress } from './rush-crowd.ts';
import type { Verdict, VerdictFigures } from './rush-verdict.ts';

/** The same crowd straight at the same site. `errors`: pages that did not come. */
export type WithoutGate = { completed: number; errors: number; peakInside: number };

const lineWidth = 110;

/** Overwrites one line on stderr; nothing when that is not a terminal. */
export function showProgress(label: string, progress: CrowdProgress, origin: DemoOriginFigures | null): void {
  if (!process.stderr.isTTY) return;
  const { joined, admitted, completed, gaveUp, lost } = progress;
  const site =
    origin === null ? '' : ` · site: ${origin.inside} inside, ${origin.requestsInFlight} in flight`;
  const crowd = `joined ${joined}, admitted ${admitted}, completed ${completed}, gave up ${gaveUp}, lost ${lost}`;
  process.stderr.write(`\r${`${label} · ${crowd}${site}`.slice(0, lineWidth).padEnd(lineWidth)}`);
}

/** Ends the live line. */
export function endProgress(): void {
  if (process.stderr.isTTY) process.stderr.write('\n');
}

/** The verdict for people. */
export function verdictTable(
  { figures, breaches }: Verdict,
  more: { redisCommandsPerSecond: number | null; without: WithoutGate },
): string {
  const { without } = more;
  const rows: [string, string][] = [
    ['visitors', `${figures.visitors}`],
    ['completed', `${figures.completed}`],
    ['gave up', `${figures.gaveUp}`],
    ['lost', `${figures.lost}`],
    ['peak inside, as the site counts', `${figures.peakInside} of ${figures.capacity}`],
    ['order inversions', `${figures.orderInversions}`],
    ['admitted twice', `${figures.admittedTwice}`],
    ['flows again after the loss', seconds(figures.flowsAgainMs)],
    ['wait, median · 95th percentile', `${seconds(figures.waitMsP50)} · ${seconds(figures.waitMsP95)}`],
    ['shown waits that were true', `${share(figures.waitsInRange)} of ${figures.waitsJudged}`],
    ['width of the shown range', `${share(figures.waitRangeWidth)} of the wait (median)`],
    ['told of the turn after, 99 % · all', `${seconds(figures.toldMsP99)} · ${seconds(figures.toldMsMax)}`],
    ['counted by every replica', countsRow(figures.counts)],
    ['Redis commands a second', more.redisCommandsPerSecond?.toFixed(1) ?? '–'],
    [
      'without Guichet',
      `${without.completed} completed, ${without.errors} errors, peak ${without.peakInside}`,
    ],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const verdict =
    breaches.length === 0
      ? 'every promise held'
      : breaches.map(({ name, detail }) => `BROKEN ${name}: ${detail}`).join('\n');
  return `${rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n')}\n\n${verdict}`;
}

/** The verdict for programs, one line; its fields stay. */
export function verdictJson(
  figures: VerdictFigures,
  more: { redisCommandsPerSecond: number | null; without: WithoutGate },
): string {
  const { waitsJudged: _judged, toldMsP99: _p99, toldMsMax: _max, ...shown } = figures;
  return JSON.stringify({ ...shown, ...more });
}

function countsRow(counts: VerdictFigures['counts']): string {
  if (counts === null) return 'not compared: the fault took what the store had counted';
  return countNames
    .map((name) => {
      const { least, most } = counts[name];
      return `${least === most ? least : `${least}–${most}`} ${name}`;
    })
    .join(', ');
}

function seconds(ms: number | null): string {
  return ms === null ? '–' : `${(ms / 1_000).toFixed(1)} s`;
}

function share(value: number | null): string {
  return value === null ? '–' : `${(value * 100).toFixed(0)} %`;
}
