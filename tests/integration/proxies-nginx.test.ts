/** docs/integrations/nginx.md, its configuration in Debian's nginx. */
import { documentAt, fencedBlock } from '../support/fenced-blocks.ts';
import { nginxOn } from '../support/nginx.ts';
import { testProxy } from '../support/proxy-guarantees.ts';
import { available } from '../support/proxy-process.ts';

testProxy({
  name: 'nginx',
  program: await available('nginx', 'nginx'),
  configuration: fencedBlock(documentAt('integrations/nginx.md'), 'nginx'),
  make: nginxOn,
});
