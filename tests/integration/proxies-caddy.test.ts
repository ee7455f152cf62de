/** docs/integrations/caddy.md, its configuration in Debian's Caddy. */
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../../src/dev/redis-server.ts';
import { documentAt, fencedBlock, withValues } from '../support/fenced-blocks.ts';
import { testProxy } from '../support/proxy-guarantees.ts';
import { available, ProxyProcess } from '../support/proxy-process.ts';
import { ProxyStage, type StageValues } from '../support/proxy-stage.ts';

const program = await available('caddy', 'caddy');
const documented = fencedBlock(documentAt('integrations/caddy.md'), 'caddyfile');

async function make(
  command: string,
  configuration: string,
  { port, certificate, key, site, guichet, directory }: StageValues,
): Promise<ProxyProcess> {
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
}

testProxy({ name: 'Caddy', program, configuration: documented, make });

/**
 * Before 2.11.5, a connection that Caddy dials for its question and then does not need may end at the site, is kept as one
 * to Guichet, and the site is asked who may come in.
 */
describe.skipIf(program.command === null)('Caddy, should it ask another who may come in,', () => {
  const asked: string[] = [];
  let connections = 0;
  const other = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.writeHead(200, { 'set-cookie': 'basket=3; Path=/', 'content-length': 0 }).end();
  });
  other.on('connection', () => {
    connections += 1;
  });
  const holder: { stage?: ProxyStage } = {};
  beforeAll(async () => {
    other.listen(0, '127.0.0.1');
    await once(other, 'listening');
    const guichet = `127.0.0.1:${(other.address() as AddressInfo).port}`;
    holder.stage = await ProxyStage.open({});
    await holder.stage.putInFront((values) => {
      return make(program.command ?? '', documented, { ...values, guichet });
    });
  });
  afterAll(async () => {
    await holder.stage?.close();
    other.closeAllConnections();
    other.close();
  });

  test('takes no other’s answer for Guichet’s, and keeps no connection for its questions', async () => {
    const stage = holder.stage as ProxyStage;
    for (const question of [{}, { pass: 'x' }, { method: 'POST', body: 'a=b' }]) {
      const { status, text } = await stage.through('/form', question);
      expect([status, text]).toEqual([503, expect.stringContaining('does not answer')]);
    }
    expect(asked).toEqual(Array(3).fill('/gate/swimming/redirect'));
    expect(connections).toBe(3);
    expect(stage.site.requests).toEqual([]);
  });
});
