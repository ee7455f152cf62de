import { configDefaults, defineConfig } from 'vitest/config';

/** A project runs when the ones of a lower order are done: what measures time or kills processes runs alone. */
const project = (name: string, order: number, options: { globalSetup?: string; workers?: number } = {}) => ({
  extends: true as const,
  test: {
    name,
    include: [`tests/${name}/**/*.test.ts`],
    ...(options.globalSetup === undefined ? {} : { globalSetup: options.globalSetup }),
    maxWorkers: options.workers ?? 2,
    sequence: { groupOrder: order },
  },
});
/** Of two cores: journeys through a browser wait more than they work, and processes and stores wait most of the time. */
const browses = { workers: 3 };
const waits = { workers: 5 };
const alone = { workers: 1 };

export default defineConfig({
  test: {
    pool: 'forks',
    testTimeout: 20_000,
    hookTimeout: 30_000,
    teardownTimeout: 5_000,
    setupFiles: ['tests/support/leaks.ts'],
    reporters: [
      ['default', { summary: false }],
      './tests/support/reporter.ts',
      './tests/support/route-outcomes.ts',
    ],
    exclude: configDefaults.exclude,
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      exclude: ['src/dev/**', 'src/web/client/**'],
      reporter: ['text', 'lcov'],
    },
    projects: [
      project('unit', 0),
      project('contract', 1, { globalSetup: 'tests/support/shared-redis.ts', ...waits }),
      project('integration', 1, waits),
      project('pages', 2, browses),
      // Takes both cores by itself.
      project('a11y', 3, alone),
      project('e2e', 4, alone),
      project('chaos', 5, browses),
    ],
  },
});
