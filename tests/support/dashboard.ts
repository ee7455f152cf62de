/** What monitoring/dashboard.json asks of Prometheus. */
import { readFileSync } from 'node:fs';

type Panel = { type: string; title: string; targets?: { expr: string }[] };
export type Dashboard = { panels: Panel[]; templating: { list: { name: string }[] } };

export function readDashboard(): Dashboard {
  const path = new URL('../../monitoring/dashboard.json', import.meta.url);
  return JSON.parse(readFileSync(path, 'utf8')) as Dashboard;
}

export function dashboardExpressions({ panels }: Dashboard): string[] {
  return panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
}
