/**
 * A secret that looks different in every answer. Pages are compressed on their way, by us or by a proxy, and what an
 * attacker can have put into a page beside a secret then shows in its length how much of the secret it repeats (BREACH);
 * of a text that never looks the same there is nothing to repeat. Runs on the server and in browsers.
 */

/** The text (Latin letters only) behind fresh random bytes. */
export function masked(text: string): string {
  const pad = crypto.getRandomValues(new Uint8Array(text.length));
  const mixed = [...pad].map((byte, index) => byte ^ text.charCodeAt(index));
  return btoa(String.fromCharCode(...pad, ...mixed));
}

/** The text again. */
export function unmasked(mask: string): string {
  const bytes = atob(mask);
  const { length } = bytes;
  return Array.from({ length: length / 2 }, (_, index) =>
    String.fromCharCode(bytes.charCodeAt(index) ^ bytes.charCodeAt(length / 2 + index)),
  ).join('');
}
