/**
 * The CPU time of a request against a bare route's, both measured in turn within one run: the machine is noisy, and
 * what is common to both drops out.
 */
import type { Bare } from './bare.ts';
import { median } from './row.ts';
import type { BenchOptions } from './row.ts';
import type { BenchStage } from './stage.ts';
import { runWrk, type WrkLoad, type WrkResult } from './wrk.ts';

const warmUpSeconds = 3;
const seconds = 5;
const rounds = 5;

export type Comparison = {
  /** Medians over the rounds. */
  ours: WrkResult;
  bare: WrkResult;
  /** bare ÷ ours by CPU time a request: median of the rounds' own ratios. */
  ratio: number;
  /** Requests the service answered in all, warming up included. */
  requests: number;
};

/** What is put on both sides; a script that is a function is asked for anew in each round, for what must not repeat. */
export type ComparedLoad = Pick<WrkLoad, 'connections'> & { script: string | (() => string) };

/** The same load on the service and on the bare route, by turns. */
export async function compare(
  { service, directory }: BenchStage,
  bare: Bare,
  { load, options }: { load: ComparedLoad; options: BenchOptions },
): Promise<Comparison> {
  const us = { origin: service.publicUrl, pid: service.pid as number };
  const scriptFile = `${directory}/load.lua`;
  const putOnBoth = async (forSeconds: number): Promise<[ours: WrkResult, bare: WrkResult]> => {
    const { connections } = load;
    const script = typeof load.script === 'string' ? load.script : load.script();
    const put = (side: { origin: string; pid: number }): Promise<WrkResult> =>
      runWrk({ connections, script, scriptFile, url: side.origin, seconds: forSeconds }, side.pid);
    return [await put(us), await put(bare)];
  };
  let [{ requests }] = await putOnBoth(options.isShort ? 1 : warmUpSeconds);
  const pairs: [ours: WrkResult, bare: WrkResult][] = [];
  for (let round = 1; round <= (options.isShort ? 1 : rounds); round += 1) {
    const [ours, theirs] = await putOnBoth(options.isShort ? 1 : seconds);
    requests += ours.requests;
    pairs.push([ours, theirs]);
    options.say(`round ${round}: ours ${described(ours)}; bare ${described(theirs)}`);
  }
  return {
    ours: middle(pairs.map(([one]) => one)),
    bare: middle(pairs.map(([, other]) => other)),
    ratio: median(pairs.map(([one, other]) => other.cpuUs / one.cpuUs)),
    requests,
  };
}

/** For people: CPU time, pace, share of the core. */
export function described({ cpuUs, requestsPerSecond, coreShare }: WrkResult): string {
  return `${cpuUs.toFixed(1)} µs, ${Math.round(requestsPerSecond)}/s at ${Math.round(coreShare * 100)} % of the core`;
}

function middle(results: WrkResult[]): WrkResult {
  const of = (name: keyof WrkResult): number => median(results.map((result) => result[name]));
  return {
    requests: of('requests'),
    requestsPerSecond: of('requestsPerSecond'),
    cpuUs: of('cpuUs'),
    coreShare: of('coreShare'),
  };
}
