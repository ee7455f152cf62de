import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** A file of tests/in-page in one piece, for a browser: what it exports is then under a global name. */
export async function inPageScript(file: string, globalName: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(`../in-page/${file}`, import.meta.url))],
    bundle: true,
    minify: true,
    format: 'iife',
    globalName,
    // Nothing of it stays in the document that it is put into.
    footer: { js: 'document.currentScript?.remove();' },
    legalComments: 'none',
    write: false,
    logLevel: 'error',
  });
  return outputFiles[0]?.text ?? '';
}
