/** Writes docs/metrics.md from the table in telemetry/metric-table.ts: `npm run docs`. A test compares the two. */
import { writeFile } from 'node:fs/promises';
import { type MetricGroup, metricGroups } from '../telemetry/metric-table.ts';

const introduction = `# Metrics

\`GET /metrics\` on the internal listener answers in the Prometheus text format, without a key. Labels are bounded:
\`room\` names at most 200 rooms, all others share \`other\`. Beside these, the metrics that prom-client collects of any
Node.js process are there, under \`process_\` and \`nodejs_\`. Rules that alert on them, and a dashboard:
[monitoring.md](monitoring.md).

This page is generated from \`src/telemetry/metric-table.ts\` by \`npm run docs\`.
`;

/** Where the page lies. */
export const metricsPageUrl = new URL('../../docs/metrics.md', import.meta.url);

/** The page as it should be. */
export function metricsPage(): string {
  return [introduction, ...metricGroups.map(section)].join('\n');
}

function section({ question, note, metrics }: MetricGroup): string {
  const rows = Object.values(metrics).map(
    ({ name, type, labels, says }) =>
      `| \`${name}\` | ${type} | ${labels.join(', ')}${labels.length > 0 ? ' ' : ''}| ${says} |`,
  );
  const lines = [`## ${question}`, '', ...(note === undefined ? [] : [note, ''])];
  return [...lines, '| metric | type | labels | what it says |', '|---|---|---|---|', ...rows, ''].join('\n');
}

if (import.meta.main) await writeFile(metricsPageUrl, metricsPage());
