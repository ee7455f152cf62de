/** The import rules hold only if the tool reads every file: one that understands nothing reports nothing either. */
import { execFile } from 'node:child_process';
import { cp, glob, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
const outputBytesMax = 64 * 1024 * 1024;

const cruiseResult = z.object({
  modules: z.array(z.object({ source: z.string() })),
  summary: z.object({
    violations: z.array(z.object({ from: z.string(), rule: z.object({ name: z.string() }) })),
  }),
});

/** Runs dependency-cruiser with the project's rules over `src` of a directory. */
async function cruise(directory: string): Promise<z.infer<typeof cruiseResult>> {
  const tool = join(root, 'node_modules/.bin/depcruise');
  const words = [tool, '--config', '.dependency-cruiser.mjs', '--output-type', 'json', 'src'];
  const { stdout } = await run(process.execPath, words, { cwd: directory, maxBuffer: outputBytesMax });
  return cruiseResult.parse(JSON.parse(stdout));
}

/** A project of the given files under the project's own rules. */
async function projectOf(files: Readonly<Record<string, string>>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'guichet-imports-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  for (const name of ['package.json', 'tsconfig.json', '.dependency-cruiser.mjs']) {
    await cp(join(root, name), join(directory, name));
  }
  await symlink(join(root, 'node_modules'), join(directory, 'node_modules'));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(directory, name)), { recursive: true });
    await writeFile(join(directory, name), text);
  }
  return directory;
}

test('dependency-cruiser sees every TypeScript file under src and finds nothing forbidden', async () => {
  const onDisk: string[] = [];
  for await (const path of glob('src/**/*.ts', { cwd: root })) onDisk.push(path);
  const { modules, summary } = await cruise(root);
  const seen = modules.map(({ source }) => source).filter((source) => source.startsWith('src/'));
  expect(seen.filter((source) => source.endsWith('.ts')).toSorted()).toEqual(onDisk.toSorted());
  expect(summary.violations.map(({ from, rule }) => `${rule.name}: ${from}`)).toEqual([]);
});

/** A file that imports what it must not, and the rule that refuses it. */
const planted: readonly (readonly [file: string, text: string, rule: string])[] = [
  [
    'domain/a.ts',
    "import type { Target } from '../store/target.ts'; export type A = Target;",
    'domain-imports-nothing',
  ],
  ['domain/b.ts', "import { z } from 'zod'; export const b = z.string();", 'domain-imports-nothing'],
  ['store/a.ts', "import '../service/target.ts';", 'store-imports-domain'],
  ['service/a.ts', "import '../store/target.ts';", 'service-imports-domain-and-port'],
  ['service/b.ts', "export * from '../edge/target.ts';", 'service-imports-domain-and-port'],
  [
    'service/c.ts',
    "export const c = await import('../telemetry/target.ts');",
    'service-imports-domain-and-port',
  ],
  [
    'edge/z.ts',
    "import { createTransport } from 'nodemailer'; export const z = createTransport;",
    'nodemailer-in-one-file',
  ],
  ['service/d.ts', "import { Redis } from 'ioredis'; export const d = Redis;", 'ioredis-in-store'],
  ['service/e.ts', "import fastify from 'fastify'; export const e = fastify;", 'fastify-in-edge'],
  ['edge/a.ts', "import '../store/target.ts';", 'edge-imports-service'],
  ['edge/b.ts', "import '../config.ts';", 'edge-imports-service'],
  [
    'edge/c.ts',
    "import type { JWK } from 'jose'; export type C = JWK;",
    'nothing-shipped-imports-dev-dependencies',
  ],
  ['telemetry/a.ts', "import '../service/target.ts';", 'telemetry-imports-domain'],
  ['web/a.ts', "import '../edge/target.ts';", 'web-imports-domain'],
  ['web/client/a.ts', "import '../../domain/target.ts';", 'browser-imports-web'],
  ['web/client/b.ts', "import 'node:fs';", 'browser-imports-web'],
  ['cli/a.ts', "import '../dev/target.ts';", 'nothing-shipped-imports-dev'],
  ['edge/d.ts', "import '../app.ts';", 'only-the-wiring-is-above'],
  ['config.ts', "import './edge/target.ts';", 'config-imports-nothing'],
  ['dev/a.ts', "import './missing.ts';", 'resolvable'],
];

test('each planted import that points outward is refused by its rule', async () => {
  const folders = ['domain', 'store', 'service', 'edge', 'telemetry', 'web', 'dev'];
  const targets = folders.map(
    (folder) => [`src/${folder}/target.ts`, 'export type Target = string;'] as const,
  );
  const violators = planted.map(([file, text]) => [`src/${file}`, text] as const);
  const directory = await projectOf({
    ...Object.fromEntries([...targets, ...violators]),
    'src/app.ts': 'export {};',
  });
  const { summary } = await cruise(directory);
  const refused = new Set(
    summary.violations.map(({ from, rule }) => `${relative('src', from)} ${rule.name}`),
  );
  expect(planted.filter(([file, , rule]) => !refused.has(`${file} ${rule}`))).toEqual([]);
});

test('what the rules allow is not refused', async () => {
  const directory = await projectOf({
    'src/domain/a.ts': "import { createHash } from 'node:crypto'; export const a = createHash;",
    'src/store/queue-store.ts': "import { a } from '../domain/a.ts'; export const port = a;",
    'src/store/adapter.ts': "import { Redis } from 'ioredis'; export const adapter = Redis;",
    'src/service/a.ts': "import { port } from '../store/queue-store.ts'; export const use = port;",
    'src/edge/a.ts':
      "import fastify from 'fastify'; import { use } from '../service/a.ts'; export default { fastify, use };",
    'src/app.ts':
      "import a from './edge/a.ts'; import { adapter } from './store/adapter.ts'; export default { a, adapter };",
  });
  expect((await cruise(directory)).summary.violations).toEqual([]);
});
