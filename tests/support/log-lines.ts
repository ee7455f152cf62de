import type { LogLine, TestService } from './service.ts';

/** The log lines that something leaves behind: a refusal after it says that they are all there. */
export async function linesOf(service: TestService, act: () => Promise<unknown>): Promise<LogLine[]> {
  const { lines } = service;
  const before = lines.length;
  await act();
  const isMarker = ({ listener, route }: LogLine): boolean => listener === 'internal' && route === 'unknown';
  const marked = lines.filter(isMarker).length;
  await service.internal('/marker');
  for (let turns = 0; lines.filter(isMarker).length === marked && turns < 1_000; turns += 1) {
    await new Promise(setImmediate);
  }
  return lines.slice(before).filter((line) => !isMarker(line));
}
