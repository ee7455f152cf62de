/** docs/integrations/caddy.md, its configuration in Debian's Caddy. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../../src/dev/redis-server.ts';
import { documentAt, fencedBlock, withValues } from '../support/fenced-blocks.ts';
import { testProxy } from '../support/proxy-guarantees.ts';
import { available, ProxyProcess } from '../support/proxy-process.ts';

testProxy({
  name: 'Caddy',
  program: await available('caddy', 'caddy'),
  configuration: fencedBlock(documentAt('integrations/caddy.md'), 'caddyfile'),
  make: async (command, configuration, { port, certificate, key, site, guichet, directory }) => {
    const file = join(directory, 'Caddyfile');
    const filledIn = withValues(configuration, {
      'http_port 80\n': `http_port ${await freePort()}\n`,
      'https_port 443\n': `https_port ${port}\n`,
      '0.0.0.0': '127.0.0.1',
      '/etc/ssl/site/certificate.pem': certificate,
      '/etc/ssl/site/key.pem': key,
      '127.0.0.1:3000': site,
      '127.0.0.1:8080': guichet,
    });
    await writeFile(file, filledIn);
    const words = ['--config', file, '--adapter', 'caddyfile'];
    // Where it would keep certificates and its last configuration.
    const environment = { XDG_DATA_HOME: directory, XDG_CONFIG_HOME: directory };
    const checkWords = ['validate', ...words];
    return new ProxyProcess({ command, checkWords, runWords: ['run', ...words], port, environment });
  },
});
