import type { Reporter, TestModule } from 'vitest/node';

/**
 * Says as the very last line of a run how many tests passed and failed, for whoever reads only that line.
 *
 * A file that could not be loaded and an error outside any test each count as one failed: a run that exits
 * non-zero never ends with "0 failed". Skipped tests are told on a line before.
 */
export default class CountsReporter implements Reporter {
  #passed = 0;
  #failed = 0;
  #skipped = 0;
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
    this.#skipped = 0;
    this.#failed = unhandledErrors.length;
    for (const module of modules) {
      let failedInModule = 0;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed') this.#passed += 1;
        else if (state === 'failed') failedInModule += 1;
        else this.#skipped += 1;
      }
      // A failing import or a hook of the whole file fails no test by name.
      if (failedInModule === 0 && module.state() === 'failed') failedInModule = 1;
      this.#failed += failedInModule;
    }
  }

  #print(): void {
    const unexplained = this.#failed === 0 && (!this.#ended || (process.exitCode ?? 0) !== 0);
    const failed = unexplained ? 1 : this.#failed;
    if (this.#skipped > 0) process.stdout.write(`${this.#skipped} skipped\n`);
    process.stdout.write(`${this.#passed} passed, ${failed} failed\n`);
  }
}
