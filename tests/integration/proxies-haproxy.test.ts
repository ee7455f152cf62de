/** docs/integrations/haproxy.md, its configuration and its Lua action in Debian's HAProxy. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../../src/dev/redis-server.ts';
import { documentAt, fencedBlock, withValues } from '../support/fenced-blocks.ts';
import { testProxy } from '../support/proxy-guarantees.ts';
import { available, ProxyProcess } from '../support/proxy-process.ts';

const page = documentAt('integrations/haproxy.md');

testProxy({
  name: 'HAProxy',
  program: await available('haproxy', 'haproxy'),
  configuration: fencedBlock(page, 'haproxy'),
  make: async (command, configuration, { port, pem, site, guichet, directory }) => {
    const [file, action] = [join(directory, 'haproxy.cfg'), join(directory, 'guichet.lua')];
    const asked = { '127.0.0.1:8079': `127.0.0.1:${await freePort()}` };
    await writeFile(action, withValues(fencedBlock(page, 'lua'), asked));
    await writeFile(
      file,
      withValues(configuration, {
        'bind :443': `bind 127.0.0.1:${port}`,
        '/etc/haproxy/site.pem': pem,
        '/etc/haproxy/guichet.lua': action,
        '127.0.0.1:3000': site,
        '127.0.0.1:8080': guichet,
        ...asked,
      }),
    );
    return new ProxyProcess({
      command,
      // A warning is an error.
      checkWords: ['-dW', '-c', '-f', file],
      runWords: ['-db', '-f', file],
      port,
    });
  },
});
