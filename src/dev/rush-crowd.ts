/**
 * The crowd as the parent sees it: generator processes, what they have written down so far, and how far it has come.
 */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { DirectTally } from './rush-direct.ts';
import type { GeneratorReport, GeneratorTask } from './rush-generator-main.ts';
import { inNamespace, type NetworkPlace } from './network-namespaces.ts';
import type { HistoryRecord } from './rush-history.ts';

/** Where the visitors are, by what they have noted. */
export type CrowdProgress = {
  joined: number;
  admitted: number;
  completed: number;
  gaveUp: number;
  lost: number;
};

/** A process has a limited number of descriptors, and a visitor may need several. */
const visitorsPerGeneratorMax = 1_500;
const generatorsMin = 2;
const program = fileURLToPath(new URL('rush-generator-main.ts', import.meta.url));

type Range = 'from' | 'until';
type CrowdTask = GeneratorTask extends infer Task
  ? Task extends GeneratorTask
    ? Omit<Task, Range>
    : never
  : never;

/** The visitors of one half of a rush. */
export class Crowd {
  readonly history: HistoryRecord[] = [];
  /** Resolves when every visitor's story is over, or after `stop`. */
  readonly done: Promise<void>;
  readonly #children: ChildProcess[] = [];
  readonly #tallies = new Map<ChildProcess, DirectTally>();
  readonly #joined = new Set<number>();
  readonly #admitted = new Set<number>();
  readonly #ended = new Set<number>();
  #over = false;
  readonly #progress = { completed: 0, gaveUp: 0, lost: 0 };

  /** `places`: an equal part of the crowd at each, the first visitors at the first. */
  constructor(visitors: number, task: CrowdTask, places: readonly NetworkPlace[] = []) {
    const generators = Math.max(generatorsMin, Math.ceil(visitors / visitorsPerGeneratorMax));
    const share = crowdShare(visitors, places.length === 0 ? generators : places.length);
    const ends: Promise<void>[] = [];
    for (let from = 0; from < visitors; from += share) {
      const until = Math.min(from + share, visitors);
      ends.push(this.#start({ ...task, from, until }, places[from / share]));
    }
    this.done = Promise.all(ends).then(() => {
      this.#over = true;
    });
  }

  get over(): boolean {
    return this.#over;
  }

  progress(): CrowdProgress {
    return { joined: this.#joined.size, admitted: this.#admitted.size, ...this.#progress };
  }

  /** Visitors who hold a ticket and whose turn has not come. */
  waiting(): number[] {
    return [...this.#joined].filter((visitor) => !this.#admitted.has(visitor) && !this.#ended.has(visitor));
  }

  /** Visitors whose turn has come or whose story is over. */
  throughCount(): number {
    return this.#admitted.size + this.#progress.gaveUp + this.#progress.lost;
  }

  /** Of a crowd that went straight to the site. */
  tally(): DirectTally {
    const sum: DirectTally = { completed: 0, gaveUp: 0, errors: 0 };
    for (const tally of this.#tallies.values()) {
      sum.completed += tally.completed;
      sum.gaveUp += tally.gaveUp;
      sum.errors += tally.errors;
    }
    return sum;
  }

  /** Ends the generators, whatever their visitors are doing. */
  stop(): void {
    for (const child of this.#children) child.kill('SIGKILL');
  }

  #start(task: GeneratorTask, place: NetworkPlace | undefined): Promise<void> {
    const child = place === undefined ? fork(program, { stdio: 'inherit' }) : forkAt(place);
    this.#children.push(child);
    child.on('message', (report: GeneratorReport) => {
      if (report.tell === 'records') this.#take(report.records);
      if (report.tell === 'tally') this.#tallies.set(child, report.tally);
      if (report.tell === 'done') child.disconnect();
    });
    child.send(task);
    return new Promise((resolve) => child.once('exit', () => resolve()));
  }

  #take(records: readonly HistoryRecord[]): void {
    for (const record of records) {
      this.history.push(record);
      if (record.op === 'join' && record.outcome === 'ok') this.#joined.add(record.visitor);
      if (record.op === 'admitted') this.#admitted.add(record.visitor);
      if (record.op !== 'final') continue;
      this.#ended.add(record.visitor);
      if (record.state === 'completed') this.#progress.completed += 1;
      else this.#progress[record.state === 'lost' ? 'lost' : 'gaveUp'] += 1;
    }
  }
}

/** How many visitors a generator plays when there are so many. */
export function crowdShare(visitors: number, generators: number): number {
  return Math.ceil(visitors / generators);
}

function forkAt({ namespace }: NetworkPlace): ChildProcess {
  return spawn(...inNamespace(namespace, process.execPath, [program]), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
}
