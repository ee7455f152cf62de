/** The text of Redis' INFO, and of its lists of names and values, as fields. */

export function infoFields(info: string): Map<string, string> {
  const lines = info.split('\r\n').filter((line) => line.includes(':'));
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]));
}

/** Replicas that have all of the data and take what is new. */
export function onlineReplicas(info: ReadonlyMap<string, string>): number {
  return [...info].filter(([name, value]) => /^slave\d+$/.test(name) && value.includes('state=online'))
    .length;
}

/** `[name, value, name, value …]`, as Sentinels answer. */
export function listFields(list: readonly string[]): Map<string, string> {
  const fields = new Map<string, string>();
  for (let at = 0; at + 1 < list.length; at += 2) fields.set(list[at] as string, list[at + 1] as string);
  return fields;
}
