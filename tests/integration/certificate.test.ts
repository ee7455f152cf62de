/** When a certificate ends, as a real TLS server shows it. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createPlain } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import type { AddressInfo, Server } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { ensureCommand } from '../../src/dev/provision.ts';
import { certificateEnd } from '../../src/edge/certificate.ts';

const never = new AbortController().signal;

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(async () => {
    await new Promise((resolve) => {
      server.close(resolve);
    });
  });
  return (server.address() as AddressInfo).port;
}

test('is read also of one that browsers would refuse', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'guichet-certificate-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const [key, cert] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
  const words = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 10 -subj /CN=localhost';
  execFileSync(
    await ensureCommand('openssl', 'openssl'),
    [...words.split(' '), '-keyout', key, '-out', cert],
    { stdio: 'ignore' },
  );
  const port = await listen(createServer({ key: readFileSync(key), cert: readFileSync(cert) }));
  const endsAtMs = (await certificateEnd(`https://127.0.0.1:${port}`, never)) ?? 0;
  expect(Math.abs(endsAtMs - Date.now() - 10 * 86_400_000)).toBeLessThan(120_000);
});

test('is not known where nobody answers, the answer is no TLS, or nothing is to be looked at', async () => {
  const gone = createPlain();
  const port = await listen(gone);
  gone.on('connection', (socket) => {
    socket.on('error', () => {});
    socket.end('HTTP/1.1 400 Bad Request\r\n\r\n', () => socket.destroy());
  });
  expect(await certificateEnd(`https://127.0.0.1:${port}`, never)).toBeNull();
  expect(await certificateEnd('https://127.0.0.1:1', never)).toBeNull();
  expect(await certificateEnd(`http://127.0.0.1:${port}`, never)).toBeNull();
  expect(await certificateEnd(`https://127.0.0.1:${port}`, AbortSignal.abort())).toBeNull();
});

test('is given up when the service stops while a server says nothing', async () => {
  const silent = createPlain((socket) => socket.on('error', () => {}));
  const port = await listen(silent);
  const stop = new AbortController();
  const asked = certificateEnd(`https://127.0.0.1:${port}`, stop.signal);
  await new Promise((resolve) => {
    silent.once('connection', resolve);
  });
  stop.abort();
  expect(await asked).toBeNull();
});
