/** Any answer of the API as lines for people: names as words, `…Ms` as durations, instants in the machine's time zone. */
import type { Voice } from './voice.ts';

/** Deeper than any answer is. */
const depthMax = 6;
const indent = '  ';

export function plainLines(value: object, voice: Voice, depth = 0): string[] {
  return Object.entries(value).flatMap(([name, field]) => {
    const label = `${indent.repeat(depth)}${labelOf(name)}${voice.say({ en: ':', fr: ' :' })}`;
    const short = shortText(name, field, voice);
    if (short !== null) return [`${label} ${short}`];
    return depth === depthMax ? [] : [label, ...plainLines(field as object, voice, depth + 1)];
  });
}

/** On the line of its name; null: on lines of its own. */
function shortText(name: string, value: unknown, voice: Voice): string | null {
  if (value === null || value === undefined) return '–';
  if (typeof value === 'boolean')
    return value ? voice.say({ en: 'yes', fr: 'oui' }) : voice.say({ en: 'no', fr: 'non' });
  if (typeof value === 'number') return name.endsWith('Ms') ? voice.duration(value) : voice.number(value);
  if (typeof value === 'string') {
    return /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(value) && !Number.isNaN(Date.parse(value))
      ? voice.instant(value)
      : value;
  }
  if (Array.isArray(value)) {
    if (value.length === 0) return '–';
    return value.every((item) => typeof item !== 'object') ? value.map(String).join(', ') : null;
  }
  const { low, high } = value as { low?: unknown; high?: unknown };
  return typeof low === 'number' && typeof high === 'number' ? voice.range({ low, high }) : null;
}

/** `expectedWaitMs` → `expected wait` */
function labelOf(name: string): string {
  return name
    .replace(/Ms$/, '')
    .replace(/([a-z])([A-Z])/g, (_, before: string, after: string) => `${before} ${after.toLowerCase()}`);
}
