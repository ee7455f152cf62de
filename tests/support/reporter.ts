import type { Reporter, TestModule } from 'vitest/node';

/** Where everything that tests need can be had, a skipped test is one that nobody runs. */
const skipsFail = process.env['TEST_SKIPS'] === 'fail';

/**
 * Says as the very last line of a run how many tests passed and failed, for whoever reads only that line.
 *
 * A file that could not be loaded and an error outside any test each count as one failed: a run that exits
 * non-zero never ends with "0 failed". Skipped tests are told on a line before; with TEST_SKIPS=fail, where every test
 * can run, they make the run fail and are named.
 */
export default class CountsReporter implements Reporter {
  #passed = 0;
  #failed = 0;
  #skipped: string[] = [];
  #ended = false;

  onInit(): void {
    // At exit, because the coverage table and npm's own words come after the end of the run.
    process.once('exit', () => this.#print());
  }

  onTestRunStart(): void {
    this.#ended = false;
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    this.#ended = true;
    this.#passed = 0;
    this.#skipped = [];
    this.#failed = unhandledErrors.length;
    for (const module of modules) {
      let failedInModule = 0;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed') this.#passed += 1;
        else if (state === 'failed') failedInModule += 1;
        else this.#skipped.push(`${module.relativeModuleId} > ${test.fullName}`);
      }
      // A failing import or a hook of the whole file fails no test by name.
      if (failedInModule === 0 && module.state() === 'failed') failedInModule = 1;
      this.#failed += failedInModule;
    }
    if (this.#skipped.length === 0 || !skipsFail) return;
    this.#failed += this.#skipped.length;
    process.exitCode = 1;
  }

  #print(): void {
    const unexplained = this.#failed === 0 && (!this.#ended || (process.exitCode ?? 0) !== 0);
    const failed = unexplained ? 1 : this.#failed;
    const skipped = this.#skipped.length;
    if (skipped > 0 && skipsFail) {
      for (const name of this.#skipped) process.stdout.write(`skipped: ${name}\n`);
      process.stdout.write(`${skipped} skipped, and TEST_SKIPS=fail allows none: each counts as failed\n`);
    } else if (skipped > 0) process.stdout.write(`${skipped} skipped\n`);
    process.stdout.write(`${this.#passed} passed, ${failed} failed\n`);
  }
}
