/**
 * At the end of a run of all contract tests: has every route of both listeners been seen, by a test that passed, to
 * succeed, to refuse what is invalid, whoever shows no key, and whoever's key may not? Routes and what each owes come from
 * the API documents, what was seen from the answers themselves (route-watch.ts), so that a route without its tests cannot
 * be overlooked. A run of some files, or of tests by name, is not judged.
 */
import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import type { Reporter, TestModule, Vitest } from 'vitest/node';
import type { RouteOutcomes } from './route-watch.ts';

const contractFolder = new URL('../contract/', import.meta.url);

/** The outcomes that nobody has seen: `internal PUT /v1/rooms/{roomId}: forbidden`. */
export function unseenOutcomes(owed: RouteOutcomes, seen: RouteOutcomes): string[] {
  return Object.entries(owed).flatMap(([route, outcomes]) =>
    outcomes
      .filter((outcome) => !(seen[route] ?? []).includes(outcome))
      .map((outcome) => `${route}: ${outcome}`),
  );
}

/** What tests that passed have told, taken together; `owed` null: none told what is owed. */
export function outcomesOf(modules: readonly TestModule[]): {
  owed: RouteOutcomes | null;
  seen: RouteOutcomes;
} {
  let owed: RouteOutcomes | null = null;
  const seen: RouteOutcomes = {};
  for (const module of modules) {
    for (const test of module.children.allTests('passed')) {
      const meta = test.meta();
      owed = meta.owed ?? owed;
      for (const [route, outcomes] of Object.entries(meta.outcomes ?? {}))
        seen[route] = [...(seen[route] ?? []), ...outcomes];
    }
  }
  return { owed, seen };
}

export default class RouteOutcomesReporter implements Reporter {
  #isByName = false;

  onInit({ config }: Vitest): void {
    this.#isByName = config.testNamePattern !== undefined;
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    const ran = new Set(modules.map(({ moduleId }) => basename(moduleId)));
    const files = readdirSync(contractFolder).filter((name) => name.endsWith('.test.ts'));
    if (this.#isByName || !files.every((name) => ran.has(name))) return;
    const { owed, seen } = outcomesOf(modules);
    const unseen = owed === null ? ['no test told which routes there are'] : unseenOutcomes(owed, seen);
    if (unseen.length === 0) return;
    process.stdout.write(`\nRoutes without a test (tests/support/route-outcomes.ts):\n`);
    for (const line of unseen) process.stdout.write(`  ${line}\n`);
    process.exitCode = 1;
  }
}
