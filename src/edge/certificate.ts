/** When the certificate of an https address ends. */
import { isIP } from 'node:net';
import { connect } from 'node:tls';

const answerWithinMs = 5_000;

/**
 * Wall time, ms, at which the certificate that the server shows ends; null: it is no https address, or no certificate was
 * seen. A certificate that browsers would refuse is read too. Never rejects; the signal gives up.
 */
export function certificateEnd(address: string, signal: AbortSignal): Promise<number | null> {
  const { protocol, hostname, port } = new URL(address);
  if (protocol !== 'https:' || signal.aborted) return Promise.resolve(null);
  const host = hostname.replace(/^\[|\]$/g, '');
  return new Promise((resolve) => {
    // The certificate is looked at and nothing is sent: whoever shows a false one learns nothing.
    const socket = connect({
      host,
      port: Number(port || 443),
      ...(isIP(host) ? {} : { servername: host }),
      rejectUnauthorized: false,
    });
    const end = (endsAtMs: number | null): void => {
      signal.removeEventListener('abort', giveUp);
      socket.destroy();
      resolve(endsAtMs);
    };
    const giveUp = (): void => end(null);
    signal.addEventListener('abort', giveUp);
    socket.setTimeout(answerWithinMs, giveUp);
    socket.on('error', giveUp);
    socket.on('close', giveUp);
    socket.on('secureConnect', () => {
      const endsAtMs = Date.parse(socket.getPeerCertificate().valid_to);
      end(Number.isNaN(endsAtMs) ? null : endsAtMs);
    });
  });
}
