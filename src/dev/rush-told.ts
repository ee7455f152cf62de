/** What the service says of a rush when it is over: every replica's snapshot and metrics. */
import { setTimeout as pause } from 'node:timers/promises';
import { countNames, type ServiceCounts } from './rush-counts.ts';

/** Two ticks: until the last that happened is in every replica's frame. */
const settleMs = 2_500;

/** From each replica, and each the two ways. Rejects when one does not answer. */
export async function readServiceCounts(
  replicas: readonly { internalUrl: string }[],
  { roomId, apiKey }: { roomId: string; apiKey: string },
): Promise<ServiceCounts[]> {
  await pause(settleMs);
  const told = await Promise.all(
    replicas.map(async ({ internalUrl }, index) => {
      const snapshot = JSON.parse(await text(`${internalUrl}/v1/rooms/${roomId}/snapshot`, apiKey)) as {
        totals: { [name: string]: number };
      };
      const metrics = await text(`${internalUrl}/metrics`, apiKey);
      const inMetrics = (name: string): number =>
        Number(new RegExp(`^guichet_room_${name}\\{room="${roomId}"\\} (\\d+)`, 'm').exec(metrics)?.[1]);
      return [
        countsOf(`snapshot of replica ${index + 1}`, (name) => snapshot.totals[name] ?? Number.NaN),
        countsOf(`metrics of replica ${index + 1}`, inMetrics),
      ];
    }),
  );
  return told.flat();
}

function countsOf(source: string, count: (name: string) => number): ServiceCounts {
  const counts = Object.fromEntries(countNames.map((name) => [name, count(name)]));
  return { source, ...counts } as ServiceCounts;
}

async function text(url: string, apiKey: string): Promise<string> {
  const response = await fetch(url, { headers: { authorization: `Bearer ${apiKey}` } });
  if (!response.ok) throw new Error(`GET ${url}: ${response.status}`);
  return response.text();
}
