/**
 * One life of a room under faults, played in the hub of a network that its parent made (chaos.ts). The parent sends the
 * task over the channel of a forked child and gets the outcome; the process ends with the channel.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { playFaults } from './chaos-faults.ts';
import type { ChaosRecord } from './chaos-history.ts';
import type { ChaosOptions } from './chaos-options.ts';
import { sampleFrames } from './chaos-samples.ts';
import { drawClocks, drawFaults, lifeMs } from './chaos-schedule.ts';
import { type ChaosStage, chaosRoomId, placesFor, startChaosStage } from './chaos-stage.ts';
import { type ChaosVerdict, judgeChaos } from './chaos-verdict.ts';
import { Network, type NetworkPlace } from './network-namespaces.ts';
import { Crowd, crowdShare } from './rush-crowd.ts';
import type { CrowdShape } from './rush-plan.ts';

export type ChaosTask = { options: ChaosOptions; network: string };
/** `directory`: where logs and history are, when they were kept. */
export type ChaosOutcome =
  | { kind: 'judged'; verdict: ChaosVerdict; played: string[]; directory: string | null }
  | { kind: 'not-played'; why: string };

/** People think so much longer on the site than in a rush, for each millisecond that a life lasts. */
const thinkFactorPerMs = 5 / 95_000;
const crowdPatienceMs = 120_000;
const startDelayMs = 1_000;
const firstFaultAfterMs = 4_000;
/** From the last fault to the end of the crowd, at most. */
const throughWithinMs = 110_000;
/** From the last visitor's word to the site's last `finish` having been answered. */
const settleMs = 3_000;

process.once('message', (task: ChaosTask) => {
  void play(task).then(tell, (error: unknown) =>
    tell({
      kind: 'not-played',
      why: error instanceof Error ? (error.stack ?? error.message) : String(error),
    }),
  );
});
process.once('disconnect', () => process.exit(0));
process.once('SIGTERM', () => process.exit(0));

function tell(outcome: ChaosOutcome): void {
  // A parent that is gone already wants to hear nothing.
  process.send?.(outcome, undefined, undefined, () => {});
}

async function play({ options, network: name }: ChaosTask): Promise<ChaosOutcome> {
  const network = Network.existing(name, placesFor(options));
  const clocks = drawClocks(options);
  const stage = await startChaosStage(options, network, clocks);
  let keep = true;
  try {
    const record = await live(options, stage);
    const verdict = judgeChaos(record);
    keep = verdict.breaches.length > 0;
    await writeHistory(stage, record);
    const played = record.faults.map(({ fault, on, from, until, wholeAt }) =>
      [
        fault.kind,
        fault.pausesRoom ? ' of a paused room' : '',
        ` (${on}, ${until - from} ms`,
        `, whole after ${wholeAt - until} ms)`,
      ].join(''),
    );
    return { kind: 'judged', verdict, played, directory: keep ? stage.directory : null };
  } finally {
    await stage.close(keep);
  }
}

async function live(options: ChaosOptions, stage: ChaosStage): Promise<ChaosRecord> {
  const { seed, topology, visitors } = options;
  const { network, nodes, policy, origin } = stage;
  const publicUrls = nodes.map(({ service }) => service.publicUrl);
  const expectedMs = lifeMs(options);
  const thinkFactor = expectedMs * thinkFactorPerMs;
  const shape: CrowdShape = { visitors, expectedMs, presentWithinMs: policy.presentWithinMs, thinkFactor };
  // A part of the crowd in the hub, and one with each replica of the service.
  const places: NetworkPlace[] = [network.hub, ...nodes.map(({ place }) => place)];
  const share = crowdShare(visitors, places.length);
  const placeOf = Array.from({ length: visitors }, (_, visitor) => {
    return places[Math.floor(visitor / share)]?.namespace ?? network.hub.namespace;
  });
  const startAt = Date.now() + startDelayMs;
  const task = { to: 'queue', seed, shape, startAt, roomId: chaosRoomId, publicUrls } as const;
  const crowd = new Crowd(visitors, { ...task, patienceMs: crowdPatienceMs, siteUrl: origin.url }, places);
  const samples = sampleFrames(publicUrls);
  await pause(startDelayMs + firstFaultAfterMs);
  const drawn = drawFaults(seed, topology, options.faults);
  const { played, paused } = await playFaults(stage, drawn, {
    waitingAt: (place) => {
      return crowd.waiting().filter((visitor) => place === null || placeOf[visitor] === place.namespace)
        .length;
    },
    isOver: () => crowd.over,
  });
  let stoppedAt: number | null = null;
  const deadline = setTimeout(() => {
    stoppedAt = Date.now();
    crowd.stop();
  }, throughWithinMs);
  await crowd.done;
  clearTimeout(deadline);
  await pause(settleMs);
  return {
    visitors,
    policy,
    history: crowd.history,
    origin: await origin.record(),
    placeOf,
    replicas: nodes.length,
    step: stage.step,
    samples: await samples.stop(),
    faults: played,
    drawn: drawn.length,
    paused,
    stoppedAt,
  };
}

async function writeHistory({ directory }: ChaosStage, record: ChaosRecord): Promise<void> {
  const lines = record.history.map((entry) => JSON.stringify(entry)).join('\n');
  await writeFile(join(directory, 'history.jsonl'), lines);
  await writeFile(join(directory, 'record.json'), JSON.stringify({ ...record, history: [] }));
}
