/** The documents that others build upon name one another, and addresses of Guichet that exist. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const docs = new URL('../../docs/', import.meta.url);
const pages = [
  'operations.md',
  'redis.md',
  ...readdirSync(new URL('integrations/', docs)).map((name) => `integrations/${name}`),
];

/** The name by which a heading is linked to. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, '')
    .replaceAll(' ', '-');

test.each(pages)('%s links to what is there', (page) => {
  const at = new URL(page, docs);
  const text = readFileSync(at, 'utf8');
  for (const [, link = ''] of text.matchAll(/\]\((?!https?:)([^)]+)\)/g)) {
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? at : new URL(path, at);
    expect(existsSync(target), link).toBe(true);
    if (anchor === undefined) continue;
    const headings = [...readFileSync(target, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
      anchorOf(heading),
    );
    expect(headings, link).toContain(anchor);
  }
});
