/**
 * The widget's files as the service serves them. Each release of the widget has a number, and what has once been
 * released under a number never changes: a town pins its page to it with an integrity hash. Under the name without a
 * number is the newest one. src/dev/build-assets.ts writes the files.
 */
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { type Asset, readAsset } from './assets.ts';

/** The version that is built from the sources here. */
export const widgetVersion = 1;
/** The languages that come with the script; a page in another one asks for its file. */
export const bundledLanguages: readonly string[] = ['fr', 'en'];

const folder = new URL('assets/', import.meta.url);
const versioned = /^widget\.v(\d+)\.(.+)$/;

export type WidgetAsset = Asset & {
  /** Never changes. */
  isPinned: boolean;
  /** For `integrity="…"`. */
  integrity: string;
};

/** The files, by the name under which they are served. Reads them at once: for the start of the service. */
export function readWidgetAssets(): ReadonlyMap<string, WidgetAsset> {
  const assets = new Map<string, WidgetAsset>();
  for (const name of readdirSync(folder).toSorted()) {
    const [, version, ending] = versioned.exec(name) ?? [];
    if (version === undefined || ending === undefined) continue;
    const asset = readAsset(name);
    const integrity = `sha384-${createHash('sha384').update(asset.bytes).digest('base64')}`;
    assets.set(name, { ...asset, isPinned: true, integrity });
    if (Number(version) !== widgetVersion || ending.endsWith('.json')) continue;
    assets.set(`widget.${ending}`, { ...asset, isPinned: false, integrity });
  }
  return assets;
}
