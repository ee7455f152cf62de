/** The files for Prometheus and Grafana say what the code says: the same metrics, the same words, a section for each alarm. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { alarmCatalogue, type AlarmKind, alarmKinds, factWords } from '../../src/domain/alarm.ts';
import { metricGroups } from '../../src/telemetry/metric-table.ts';
import { dashboardExpressions, readDashboard } from '../support/dashboard.ts';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const rules = read('monitoring/alerts.yaml');
const guide = read('docs/operations.md');
const alerts = rules.split(/^ +- alert: /m).slice(1);

/** Of others: Prometheus' own, and what prom-client collects of any process. */
const foreign = new Set(['up', 'nodejs_eventloop_lag_p99_seconds']);
const table = new Map(
  metricGroups.flatMap(({ metrics }) =>
    Object.values(metrics).flatMap(({ name, type, labels }) =>
      (type === 'histogram' ? ['_bucket', '_sum', '_count'] : ['']).map(
        (end) => [`${name}${end}`, labels] as const,
      ),
    ),
  ),
);

/** The metrics that a text of expressions names. */
function metricsIn(text: string): string[] {
  return [...text.matchAll(/\b(?:guichet|nodejs|process)_\w+|\bup\b(?=\{)/g)].map(([name]) => name);
}

/** A value of an alert's annotations, unquoted. */
function annotation(alert: string, name: string): string {
  return (new RegExp(`^ +${name}: (.*)$`, 'm').exec(alert)?.[1] ?? '').replace(/^'(.*)'$/, '$1');
}

test('every metric in rules and dashboard exists, and each of the table is on the dashboard', () => {
  const expressions = dashboardExpressions(readDashboard());
  const unknown = metricsIn(`${rules.replace(/^ *#.*$/gm, '')} ${expressions.join(' ')}`).filter(
    (name) => !table.has(name) && !foreign.has(name),
  );
  expect(unknown).toEqual([]);
  const shown = new Set(metricsIn(expressions.join(' ')));
  const missing = [...table.keys()].filter((name) => !/_(sum|count)$/.test(name) && !shown.has(name));
  expect(missing).toEqual([]);
});

test('every label by which an expression sums or chooses is one of its metric', () => {
  const given = new Set(['instance', 'job', 'le']);
  for (const expression of [...alerts, ...dashboardExpressions(readDashboard())]) {
    const labels = [...expression.matchAll(/\b(?:by|on) \(([^)]*)\)/g)].flatMap(([, names = '']) =>
      names.split(', ').filter((name) => name !== ''),
    );
    const ofMetrics = new Set(metricsIn(expression).flatMap((name) => table.get(name) ?? []));
    expect(
      labels.filter((label) => !given.has(label) && !ofMetrics.has(label)),
      expression,
    ).toEqual([]);
  }
});

test('the dashboard has a row for each question, in their order', () => {
  const rows = readDashboard().panels.filter(({ type }) => type === 'row');
  expect(rows.map(({ title }) => title)).toEqual(metricGroups.map(({ question }) => question));
});

describe.each(alarmKinds)('the alarm %s', (kind) => {
  const { visitors, first, title, urgency } = alarmCatalogue[kind];
  const ours = alerts.filter((alert) => annotation(alert, 'runbook') === `docs/operations.md#${kind}`);

  test('is an alert for Prometheus too, in the same words', () => {
    expect(alertNames(ours)).toContain(nameOf(kind));
    for (const alert of ours) {
      expect(annotation(alert, 'visitors')).toBe(visitors.en);
      expect(annotation(alert, 'first')).toBe(first.en);
      expect(alert).toContain(`severity: ${urgency === 'urgent' ? 'page' : 'ticket'}`);
      if (alertNames([alert])[0] === nameOf(kind)) expect(annotation(alert, 'summary')).toContain(title.en);
    }
  });

  test('has a section on what to do', () => {
    expect(guide).toContain(`\n### ${kind}\n`);
  });

  test('has words of both languages, neither much poorer than the other', () => {
    for (const { fr, en } of [title, visitors, first]) {
      expect(Math.min(fr.length, en.length) / Math.max(fr.length, en.length)).toBeGreaterThan(0.55);
      expect(fr).not.toMatch(/'| [:;!?»]|« /);
    }
  });
});

test('every alert has been tested to fire, and tells where to read on', () => {
  const tested = read('monitoring/alerts.test.yaml');
  for (const name of alertNames(alerts)) {
    expect(tested).toMatch(new RegExp(`alertname: ${name}\\n +exp_alerts:`));
    expect(tested).toContain(`, alertname: ${name} }`);
  }
  for (const alert of alerts) {
    const [, anchor] = annotation(alert, 'runbook').split('#');
    expect(guide).toMatch(new RegExp(`^##+ ${anchor}$`, 'im'));
  }
});

test('facts have words in both languages', () => {
  for (const { fr, en } of Object.values(factWords)) expect([fr, en]).not.toContain('');
});

function nameOf(kind: AlarmKind): string {
  const words = kind.split('-').map((word) => word[0]?.toUpperCase() + word.slice(1));
  return `Guichet${words.join('')}`;
}

function alertNames(texts: readonly string[]): string[] {
  return texts.map((text) => /^\w+/.exec(text)?.[0] ?? '');
}
