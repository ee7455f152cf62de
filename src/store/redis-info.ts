/** The text of Redis' INFO, and of its lists of names and values, as fields. */

export function infoFields(info: string): Map<string, string> {
  const lines = info.split('\r\n').filter((line) => line.includes(':'));
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]));
}

/** A replica says every second how far it is. Redis itself goes on calling one online that hangs, for a minute. */
const replicaSilentMaxS = 5;

/** Replicas that have all of the data and take what is new. */
export function onlineReplicas(info: ReadonlyMap<string, string>): number {
  return [...info].filter(([name, value]) => {
    const [, lagS] = /\bstate=online\b.*\blag=(\d+)/.exec(value) ?? [];
    return /^slave\d+$/.test(name) && lagS !== undefined && Number(lagS) <= replicaSilentMaxS;
  }).length;
}

/** `[name, value, name, value …]`, as Sentinels answer. */
export function listFields(list: readonly string[]): Map<string, string> {
  const fields = new Map<string, string>();
  for (let at = 0; at + 1 < list.length; at += 2) fields.set(list[at] as string, list[at + 1] as string);
  return fields;
}
