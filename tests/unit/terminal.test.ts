import { expect, onTestFinished, test } from 'vitest';
import { ownTerminal } from '../../src/cli/terminal.ts';

test.each([
  [80, 80],
  [0, 120],
  [undefined, 120],
])('a terminal that says its width is %s is %i wide', (said, columns) => {
  const before = Object.getOwnPropertyDescriptor(process.stdout, 'columns');
  onTestFinished(() => void Object.defineProperty(process.stdout, 'columns', before ?? { value: undefined }));
  Object.defineProperty(process.stdout, 'columns', { value: said, configurable: true, writable: true });
  expect(ownTerminal().columns()).toBe(columns);
});
