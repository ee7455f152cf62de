/**
 * npm run chaos: lives of a room on real parts while what is under it breaks, as a seed draws it: Redis behind Sentinels,
 * in a Cluster or alone, each at a place of its own in a network of namespaces, replicas of the service and a crowd on
 * every side of each cut, and the demo site that counts. A verdict is worked out from what visitors and site wrote down.
 *
 * Exit status: 0 when every promise held in each life and a crowd came to the same end on each topology, 1 when not, 2
 * when one could not be played. Needs root, for
 * the namespaces; nothing outside of them is touched, and they are taken away at the end.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ChaosOutcome, ChaosTask } from './chaos-main.ts';
import { type ChaosOptions, chaosUsage, readChaosOptions } from './chaos-options.ts';
import { breachLines, compareTopologies, outcomesTable, scheduleLines, verdictLine } from './chaos-report.ts';
import { placesFor } from './chaos-stage.ts';
import { inNamespace, Network } from './network-namespaces.ts';
import { ensureCommand } from './provision.ts';

const program = fileURLToPath(new URL('chaos-main.ts', import.meta.url));
/** A life lasts about two minutes. */
const lifeMaxMs = 360_000;

process.exitCode = await main().catch((error: unknown) => {
  console.error(error);
  return 2;
});

async function main(): Promise<number> {
  const lives = readChaosOptions(process.argv.slice(2));
  if ('problem' in lives) {
    console.error(`${lives.problem}\n${chaosUsage}`);
    return 2;
  }
  if (process.getuid?.() !== 0) {
    console.error('The chaos bench needs root: it cuts links between network namespaces of its own.');
    return 2;
  }
  await ensureCommand('ip', 'iproute2');
  await ensureCommand('nft', 'nftables');
  const outcomes: [ChaosOptions, ChaosOutcome][] = [];
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());
  for (const options of lives) {
    if (stopping.signal.aborted) return 2;
    console.log(scheduleLines(options));
    const outcome = await playLife(options, stopping.signal);
    for (const line of breachLines(outcome)) console.log(line);
    console.log(verdictLine(options, outcome));
    outcomes.push([options, outcome]);
  }
  if (outcomes.length > 1) console.log(`\n${outcomesTable(outcomes)}`);
  const compared = compareTopologies(outcomes);
  if (compared !== null) console.log(`\n${compared.lines.join('\n')}`);
  if (outcomes.some(([, { kind }]) => kind === 'not-played')) return 2;
  if (compared?.areSame === false) return 1;
  return outcomes.every(([, outcome]) => outcome.kind === 'judged' && outcome.verdict.breaches.length === 0)
    ? 0
    : 1;
}

/** In a network of its own, which is gone afterwards. */
async function playLife(options: ChaosOptions, stopping: AbortSignal): Promise<ChaosOutcome> {
  const name = `gc${process.pid.toString(36)}`;
  const network = await Network.create(name, placesFor(options));
  const child = spawn(...inNamespace(network.hub.namespace, process.execPath, [program]), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const end = (): void => void child.kill('SIGTERM');
  stopping.addEventListener('abort', end);
  const deadline = setTimeout(end, lifeMaxMs);
  try {
    return await outcomeOf(child, { options, network: name });
  } finally {
    clearTimeout(deadline);
    stopping.removeEventListener('abort', end);
    await network.close();
  }
}

/** Resolves when the child has ended. */
async function outcomeOf(child: ChildProcess, task: ChaosTask): Promise<ChaosOutcome> {
  let outcome: ChaosOutcome = { kind: 'not-played', why: 'the life ended before its verdict' };
  child.once('message', (told: ChaosOutcome) => {
    outcome = told;
    child.disconnect();
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.send(task);
  await ended;
  return outcome;
}
