import { configDefaults, defineConfig } from 'vitest/config';

/** A project runs when the ones of a lower order are done: what measures time or kills processes runs alone. */
const project = (
  name: string,
  order: number,
  options: { globalSetup?: string; alone?: boolean; waits?: boolean } = {},
) => ({
  extends: true as const,
  test: {
    name,
    include: [`tests/${name}/**/*.test.ts`],
    ...(options.globalSetup === undefined ? {} : { globalSetup: options.globalSetup }),
    maxWorkers: options.alone === true ? 1 : options.waits === true ? 3 : 2,
    sequence: { groupOrder: order },
  },
});

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
      project('contract', 1, { globalSetup: 'tests/support/shared-redis.ts' }),
      // Processes and journeys through a browser wait more than they work.
      project('integration', 2, { waits: true }),
      project('pages', 3, { waits: true }),
      project('e2e', 4, { alone: true }),
      project('a11y', 5, { alone: true }),
      project('chaos', 6, { alone: true }),
    ],
  },
});
