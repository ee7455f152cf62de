/** Debian's nginx on a server of a document, which stands where its own main file includes it. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withValues } from './fenced-blocks.ts';
import { ProxyProcess } from './proxy-process.ts';
import type { StageValues } from './proxy-stage.ts';

/** What a server needs around it; everything that nginx writes is in the directory. */
function mainFile(directory: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `${kind}_temp_path ${directory}/${kind};`)
    .join(' ');
  // One process: what ends it ends all of it.
  return `daemon off; master_process off; pid ${directory}/nginx.pid; error_log stderr;
    events {}
    http { access_log ${directory}/access.log; ${temporary} include ${directory}/site.conf; }\n`;
}

/** nginx on the configuration of a document, with the stage's values for the document's examples and others. */
export async function nginxOn(
  command: string,
  configuration: string,
  { port, certificate, key, site, guichet, directory }: StageValues,
  others: Readonly<Record<string, string>> = {},
): Promise<ProxyProcess> {
  const main = join(directory, 'nginx.conf');
  await writeFile(main, mainFile(directory));
  await writeFile(
    join(directory, 'site.conf'),
    withValues(configuration, {
      'listen 443': `listen 127.0.0.1:${port}`,
      '/etc/ssl/site/certificate.pem': certificate,
      '/etc/ssl/site/key.pem': key,
      '127.0.0.1:3000': site,
      '127.0.0.1:8080': guichet,
      ...others,
    }),
  );
  const words = ['-c', main, '-p', directory, '-e', 'stderr'];
  return new ProxyProcess({ command, checkWords: ['-t', ...words], runWords: words, port });
}
