/** Network namespaces of this machine. */

/** A program with its arguments, to run in that namespace. */
export function inNamespace(
  namespace: string,
  command: string,
  words: readonly string[],
): [string, string[]] {
  return ['ip', ['netns', 'exec', namespace, command, ...words]];
}
