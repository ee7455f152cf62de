/**
 * What the gate costs a proxy: checks of ten thousand passes that it has seen before, of passes that it never saw, and
 * how long one takes beside joins. All passes are in the first half of their lives: renewals are for the store.
 */
import { writeFileSync } from 'node:fs';
import { type Bare, startBare } from './bare.ts';
import { gateRequests, gateScript } from './gate-requests.ts';
import { closedLoop, openLoop } from './http-load.ts';
import { type PassSigner, passSigner } from './pass-signer.ts';
import { compare, type Comparison, described } from './ratio.ts';
import { joinRequests } from './requests.ts';
import {
  atLeast,
  atMost,
  type BenchOptions,
  type BenchRow,
  median,
  quantile,
  type RowResult,
} from './row.ts';
import { type BenchStage, onStage } from './stage.ts';
import { storeCalls, storeCallsBetween } from './store-calls.ts';

const connections = 64;
const warmPasses = 10_000;
const sessionTtlMs = 86_400_000;
const issuer = 'https://room.example.org';
/** As long as a round: signing takes about half as long as verifying, so that a round cannot use as many as are signed. */
const signMs = 5_000;

const checksPerSecond = 1_000;
const secondsToReach = 5;
/** Short and many: what a stutter of the machine spoils is one round. */
const secondsBeside = 3;
const roundsBeside = 11;

export const gate: BenchRow = {
  command: 'gate',
  async run(options) {
    const environment = { GUICHET_PUBLIC_URL: issuer };
    return onStage({ policy: { sessionTtlMs }, environment }, async (stage) => {
      const signer = await passSigner(stage, { issuer, sessionTtlMs });
      const before = await storeCalls(stage);
      const warm = await compareWarm(stage, signer, options);
      const cold = await compareCold(stage, signer, options);
      const { others, seconds } = storeCallsBetween(before, await storeCalls(stage));
      return [
        ...ratioLines(warm, cold, options),
        atMost(0, {
          name: 'gate: Redis commands beyond ticks and upkeep',
          value: others,
          unit: `in ${warm.requests + cold.requests} checks`,
          beside: `warm and cold, in ${seconds} s`,
        }),
        await besideJoins(stage, signer, options),
      ];
    });
  },
};

function ratioLines(warm: Comparison, cold: Comparison, { isShort }: BenchOptions): RowResult[] {
  const besideOf = ({ ours, bare }: Comparison): string => `ours ${described(ours)}; bare ${described(bare)}`;
  return [
    atLeast(0.7, {
      name: `gate, ${isShort ? 500 : warmPasses} known passes in turn, ${connections} connections: bare ÷ ours, CPU a request`,
      value: warm.ratio,
      unit: '',
      beside: besideOf(warm),
    }),
    atMost(1.4, {
      name: 'gate, every pass seen for the first time: ours ÷ (bare + one ES256 verification), CPU a request',
      value: 1 / cold.ratio,
      unit: '',
      beside: besideOf(cold),
    }),
  ];
}

async function compareWarm(
  stage: BenchStage,
  signer: PassSigner,
  options: BenchOptions,
): Promise<Comparison> {
  const passes = signer.sign(options.isShort ? 500 : warmPasses);
  const file = passesFile(stage, passes);
  return againstBare(stage, { pass: passes[0] as string, verifies: null }, (bare) => {
    const load = { connections, script: gateScript(stage.roomId, { file, repeats: true }) };
    return compare(stage, bare, { load, options });
  });
}

async function compareCold(
  stage: BenchStage,
  signer: PassSigner,
  options: BenchOptions,
): Promise<Comparison> {
  const [pass = ''] = signer.sign(1);
  const verifies = pass.slice(0, pass.lastIndexOf('.'));
  return againstBare(stage, { pass, verifies }, (bare) => {
    const script = (): string => {
      const file = passesFile(stage, signer.signFor(options.isShort ? 1_000 : signMs));
      return gateScript(stage.roomId, { file, repeats: false });
    };
    return compare(stage, bare, { load: { connections, script }, options });
  });
}

/** Beside a bare route that answers as the gate answers this pass. */
async function againstBare<Value>(
  { roomId, service }: BenchStage,
  { pass, verifies }: { pass: string; verifies: string | null },
  use: (bare: Bare) => Promise<Value>,
): Promise<Value> {
  const headers = { cookie: `guichet_pass_${roomId}=${pass}` };
  const sample = await fetch(`${service.publicUrl}/gate/${roomId}`, { headers });
  if (sample.status !== 200) throw new Error(`a pass was answered ${sample.status}`);
  const bare = await startBare({ method: 'GET', url: '/gate/:roomId', verifies }, sample);
  try {
    return await use(bare);
  } finally {
    await bare.stop();
  }
}

function passesFile({ directory }: BenchStage, passes: readonly string[]): string {
  const file = `${directory}/passes`;
  writeFileSync(file, passes.join('\n'));
  return file;
}

/** Checks at fixed moments, while joins come at half the rate that so many busy connections reach. */
async function besideJoins(
  { roomId, service }: BenchStage,
  signer: PassSigner,
  { isShort, say }: BenchOptions,
): Promise<RowResult> {
  const { hostname: host, port } = new URL(service.publicUrl);
  const target = { host, port: Number(port) };
  const join = { ...target, request: joinRequests(roomId) };
  const check = { ...target, request: gateRequests(roomId, signer.sign(isShort ? 500 : warmPasses)) };
  const reachSeconds = isShort ? 1 : secondsToReach;
  await closedLoop(join, { connections, seconds: reachSeconds });
  const reached = await closedLoop(join, { connections, seconds: reachSeconds });
  const joinsPerSecond = Math.floor(reached.length / reachSeconds / 2);
  const bothFor = async (seconds: number): Promise<number> => {
    const [joined, checked] = await Promise.all([
      openLoop(join, { ratePerSecond: joinsPerSecond, seconds }),
      openLoop(check, { ratePerSecond: checksPerSecond, seconds }),
    ]);
    if (joined.some(({ status }) => status !== 201)) throw new Error('half the rate of joins was not served');
    if (checked.some(({ status }) => status !== 200)) throw new Error('a check did not let through');
    const times = checked.map(({ tookMs }) => tookMs);
    return quantile(times, 0.99);
  };
  // What sends at fixed moments warms up, too.
  await bothFor(reachSeconds);
  const p99sMs: number[] = [];
  for (let round = 1; round <= (isShort ? 1 : roundsBeside); round += 1) {
    p99sMs.push(await bothFor(isShort ? 1 : secondsBeside));
  }
  const rates = `${checksPerSecond} checks/s beside ${joinsPerSecond} joins/s`;
  const rounds = p99sMs.map((ms) => ms.toFixed(1)).join(', ');
  say(`p99 at ${rates}: ${rounds} ms`);
  return atMost(20, {
    name: 'gate: p99 of a check beside joins at half their maximum rate',
    value: median(p99sMs),
    unit: 'ms',
    beside: `${rates}, half of what ${connections} connections reach; ${rounds}`,
  });
}
