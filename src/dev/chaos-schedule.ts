/**
 * The faults of one life of a room, as a pure function of seed and topology: what breaks, for how long, and how long it
 * is left in peace before. A fault comes only when the one before is healed and Redis has its replicas again: two at
 * once may take a write that was confirmed by one replica of two, and that is no promise.
 */
import type { ChaosOptions, ChaosTopology } from './chaos-options.ts';
import { type Random, randomStream } from './random.ts';

/** How long each may last, ms. */
const durations = {
  /** The place of the master is cut off, with a replica of the service and a part of the crowd. */
  'cut-master': [6_000, 10_000],
  /** The same for whatever lies between places; visitors and the site in the hub still reach both sides. */
  'split-master': [6_000, 10_000],
  'cut-replica': [4_000, 7_000],
  'freeze-master': [5_000, 5_000],
  'freeze-replica': [3_000, 5_000],
  'kill-master': [3_000, 5_000],
  'kill-service': [2_000, 4_000],
  'lose-replies': [300, 900],
  'slow-link': [4_000, 6_000],
  'flush-scripts': [0, 0],
  'move-slot': [0, 0],
  /** All data is gone. */
  'flush-data': [0, 0],
  /** One server: its data is as old as the copy that was put back. */
  'old-file': [0, 0],
  /** Sentinel: a replica was away for so long and is all that is left. Drawn by no seed. */
  'promote-stale': [5_000, 6_000],
} as const satisfies Record<string, readonly [number, number]>;

export type FaultKind = keyof typeof durations;

/** One fault. `draw` in [0, 1) says which of those that it may befall. */
export type Fault = {
  kind: FaultKind;
  /** Of peace before it. */
  afterMs: number;
  forMs: number;
  draw: number;
  /** The room is paused from before the fault until it is healed: nobody may be admitted, under no master. */
  pausesRoom: boolean;
};

const faultsMs = 45_000;
const healingMs = 3_000;
const lifeMaxMs = 95_000;
const sharesOfCuts = 0.65;
const nodesCount = 3;
const clockOffMs = 4_000;
const stepMs = 60_000;
const shareOfWrongClocks = 0.3;
const cuts: readonly FaultKind[] = ['cut-master', 'split-master'];
/** Of one master each, which comes back by itself. */
const ofMaster: readonly FaultKind[] = ['kill-master', 'freeze-master'];
const others: Record<ChaosTopology, readonly FaultKind[]> = {
  sentinel: ['cut-replica', 'freeze-replica', 'kill-service', 'lose-replies', 'slow-link', 'flush-scripts'],
  cluster: ['cut-replica', 'kill-service', 'lose-replies', 'slow-link', 'flush-scripts', 'move-slot'],
  single: ['kill-service', 'lose-replies', 'slow-link', 'flush-scripts', 'flush-data', 'old-file'],
};

export function isFaultKind(word: string): word is FaultKind {
  return Object.hasOwn(durations, word);
}

/** Whether Redis forgets by it what it had confirmed. */
export function losesData(kind: FaultKind): boolean {
  return kind === 'flush-data' || kind === 'old-file' || kind === 'promote-stale';
}

/** Whether it leaves clients on both sides of a partition, and a master on each. */
export function isCutOfMaster(kind: FaultKind): boolean {
  return cuts.includes(kind);
}

/** How long the crowd is meant to take, so that it is still in the queue while things break; with few faults, less. */
export function lifeMs({ faults }: Pick<ChaosOptions, 'faults'>): number {
  return faults === null ? lifeMaxMs : Math.min(lifeMaxMs, 14_000 + faults.length * 13_000);
}

/** What the seed draws, or these kinds with what it draws of each. */
export function drawFaults(
  seed: number,
  topology: ChaosTopology,
  kinds: readonly FaultKind[] | null = null,
): Fault[] {
  const random = randomStream(seed, -1);
  const faults = (kinds ?? drawKinds(random, topology)).map((kind): Fault => {
    const [least, most] = durations[kind];
    return {
      kind,
      afterMs: Math.round(random.between(2_500, 4_500)),
      forMs: Math.round(random.between(least, most)),
      draw: random.next(),
      pausesRoom: false,
    };
  });
  const paused = faults.find(({ kind }) => ofMaster.includes(kind));
  if (paused !== undefined && kinds === null) paused.pausesRoom = true;
  return faults;
}

/** What is wrong with the clocks of a life. */
export type Clocks = {
  /** How far each replica's own clock is ahead, ms; within what passes bear, or they would not be good yet elsewhere. */
  aheadMs: number[];
  /** By so much the store's clock steps, as under a master whose clock is wrong; 0: never. */
  stepByMs: number;
  /** So long after the stage was set up. */
  stepAfterMs: number;
};

export function drawClocks({
  seed,
  unprotected,
  faults,
}: Pick<ChaosOptions, 'seed' | 'unprotected' | 'faults'>): Clocks {
  const random = randomStream(seed, -2);
  const wrong = Math.floor(random.next() * nodesCount);
  const sign = random.chance(0.5) ? 1 : -1;
  // Faults that were chosen are alone.
  const mayBeWrong = faults === null && unprotected === null;
  const isOff = random.chance(shareOfWrongClocks) && mayBeWrong;
  const steps = random.chance(shareOfWrongClocks) && mayBeWrong;
  const stepAfterMs = Math.round(random.between(15_000, 40_000));
  const offByMs = unprotected === 'clock' ? stepMs : isOff ? sign * clockOffMs : 0;
  return {
    aheadMs: Array.from({ length: nodesCount }, (_, node) => (node === wrong ? offByMs : 0)),
    stepByMs: steps ? sign * stepMs : 0,
    stepAfterMs,
  };
}

/** As many as fill the time: one of the master itself, often a cut, and others between. */
function drawKinds(random: Random, topology: ChaosTopology): FaultKind[] {
  const pick = (from: readonly FaultKind[]): FaultKind =>
    from[Math.floor(random.next() * from.length)] ?? 'kill-service';
  const kinds: FaultKind[] = [pick(ofMaster)];
  if (topology !== 'single' && random.chance(sharesOfCuts)) kinds.push(pick(cuts));
  const left = new Set(others[topology]);
  while (expectedMs(kinds) < faultsMs && left.size > 0) {
    const kind = pick([...left]);
    left.delete(kind);
    kinds.push(kind);
  }
  return kinds
    .map((kind) => ({ kind, at: random.next() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ kind }) => kind);
}

function expectedMs(kinds: readonly FaultKind[]): number {
  return kinds.reduce((sum, kind) => sum + durations[kind][1] + healingMs + 3_500, 0);
}
