/** Writes docs/settings.md from the table in settings.ts: `npm run docs`. A test compares the two. */
import { writeFile } from 'node:fs/promises';
import type { Setting } from '../setting-kinds.ts';
import { settings } from '../settings.ts';

const introduction = `# Settings

Guichet is set up by environment variables, read once at start. All problems are reported at once and the service
does not start with any. An empty variable counts as absent. A setting marked *secret* can also be read from a file:
put the path into the same name with \`_FILE\` behind it.

This page is generated from \`src/config.ts\` by \`npm run docs\`.
`;

/** Where the page lies. */
export const settingsPageUrl = new URL('../../docs/settings.md', import.meta.url);

/** The page as it should be. */
export function settingsPage(): string {
  const rows = Object.values<Setting<unknown>>(settings).map(
    ({ name, meaning, default: fallback, accepted, secret }) =>
      `| \`${name}\`${secret ? ' (secret)' : ''} | ${meaning} | ${fallback} | ${accepted} |`,
  );
  return [introduction, '| variable | meaning | default | accepted |', '|---|---|---|---|', ...rows, ''].join(
    '\n',
  );
}

if (import.meta.main) await writeFile(settingsPageUrl, settingsPage());
