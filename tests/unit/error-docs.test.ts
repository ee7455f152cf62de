import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { metricsPage, metricsPageUrl } from '../../src/dev/metrics-docs.ts';
import { errorCatalogue } from '../../src/domain/errors.ts';
import { closeCodes } from '../../src/edge/live-socket.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';

/** The cells of every row of the tables in a page, without the heads; marks of code taken off. */
function rowsOf(page: string): string[][] {
  const text = readFileSync(new URL(`../../docs/${page}`, import.meta.url), 'utf8');
  return text
    .split('\n')
    .filter((line, index, lines) => line.startsWith('|') && !isRule(line) && !isRule(lines[index + 1]))
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim().replaceAll('`', '')),
    );
}

function isRule(line: string | undefined): boolean {
  return line?.startsWith('|---') ?? false;
}

/** One plain sentence: begins with a capital, ends with a full stop, says something. */
const sentence = /^[A-Z0-9][^|]{15,}\.$/;

describe('docs/errors.md', () => {
  const rows = rowsOf('errors.md');
  const errors = rows.filter((cells) => cells.length === 3);
  const closings = rows.filter((cells) => cells.length === 2);

  test('names every error code with its status, in the order of the catalogue, and no other', () => {
    const catalogue = Object.entries(errorCatalogue).map(([code, { status }]) => [code, String(status)]);
    expect(errors.map(([code, status]) => [code, status])).toEqual(catalogue);
  });

  test('names every close code of ours', () => {
    const told = closings.map(([code]) => Number(code));
    expect(told).toEqual(Object.values(closeCodes).toSorted((one, other) => one - other));
  });

  test('says of each in a sentence when it comes', () => {
    for (const cells of rows) expect(cells.at(-1), `${cells[0]}`).toMatch(sentence);
  });
});

describe('docs/metrics.md', () => {
  const rows = rowsOf('metrics.md');

  test('names every metric with its type and labels, in the order of the registry, and no other', async () => {
    const { registry } = createMetrics();
    const ours = (await registry.getMetricsAsJSON()).filter(({ name }) => name.startsWith('guichet_'));
    const labels = ours.map(({ name }) => labelsOf(registry.getSingleMetric(name)));
    const registered = ours.map(({ name, type }, index) => [name, String(type), labels[index]]);
    expect(rows.map(([name, type, labelNames]) => [name, type, labelNames])).toEqual(registered);
  });

  test('says of each in a sentence what it tells', () => {
    for (const cells of rows) expect(cells[3], `${cells[0]}`).toMatch(sentence);
  });

  test('is as its table says', () => {
    expect(readFileSync(metricsPageUrl, 'utf8')).toBe(metricsPage());
  });

  test('the rest are those of any Node.js process, as the page says', async () => {
    const names = (await createMetrics().registry.getMetricsAsJSON()).map(({ name }) => name);
    expect(names.filter((name) => !/^(guichet|process|nodejs)_/.test(name))).toEqual([]);
  });
});

function labelsOf(metric: unknown): string {
  return (metric as { labelNames: string[] }).labelNames.filter((name) => name !== 'le').join(', ');
}
