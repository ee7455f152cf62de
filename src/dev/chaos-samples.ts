/** Asks each replica, from the hub and without rest, how new the frame is that it shows. */
import { setTimeout as pause } from 'node:timers/promises';
import type { FrameSample } from './chaos-history.ts';
import { chaosRoomId } from './chaos-stage.ts';

const everyMs = 250;
const withinMs = 400;

/** Begins at once; `stop` ends it and gives what was heard. */
export function sampleFrames(publicUrls: readonly string[]): { stop: () => Promise<FrameSample[]> } {
  const samples: FrameSample[] = [];
  const over = new AbortController();
  const asking = publicUrls.map(async (url, node) => {
    while (!over.signal.aborted) {
      const asOf = await newestFrame(`${url}/v1/rooms/${chaosRoomId}`);
      samples.push({ t: Date.now(), node, asOf });
      await pause(everyMs);
    }
  });
  return {
    stop: async () => {
      over.abort();
      await Promise.all(asking);
      return samples;
    },
  };
}

async function newestFrame(url: string): Promise<number | null> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(withinMs) });
    if (!response.ok) return null;
    const { asOf } = (await response.json()) as { asOf: string | null };
    return asOf === null ? null : Date.parse(asOf);
  } catch {
    return null;
  }
}
