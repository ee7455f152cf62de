/**
 * The public URL as a visitor's device meets it: its certificate, an answer, a WebSocket. A certificate that is not trusted
 * is told of once; what else is looked at goes on behind it.
 */
import { type IncomingHttpHeaders, request } from 'node:http';
import { request as requestSecurely } from 'node:https';
import { isIP } from 'node:net';
import { checkServerIdentity, connect, type DetailedPeerCertificate } from 'node:tls';
import { WebSocket } from 'ws';

const answerWithinMs = 5_000;
const bodyBytesMax = 64 * 1_024;
/** Certificates of a chain that are looked at. */
const chainMax = 10;

export type PublicAnswer = {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  /** This machine's clock, half-way between question and answer. */
  atMs: number;
};

/** Rejects when no answer comes. What is longer than needed is cut off. */
export function askPublic(url: string): Promise<PublicAnswer> {
  const askedAtMs = Date.now();
  return new Promise((resolve, reject) => {
    const send = url.startsWith('https:') ? requestSecurely : request;
    const headers = { accept: 'application/json', 'cache-control': 'no-cache' };
    const signal = AbortSignal.timeout(answerWithinMs);
    const outgoing = send(url, { agent: false, headers, rejectUnauthorized: false, signal });
    outgoing.on('error', (error) => reject(signal.aborted ? new Error('no answer in time') : error));
    outgoing.on('response', (response) => {
      const atMs = (askedAtMs + Date.now()) / 2;
      const chunks: Buffer[] = [];
      let bytes = 0;
      const done = (): void =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(chunks).toString(),
          atMs,
        });
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        bytes += chunk.length;
        if (bytes <= bodyBytesMax) return;
        done();
        outgoing.destroy();
      });
      response.on('end', done);
      response.on('error', reject);
    });
    outgoing.end();
  });
}

export type CertificateSeen = {
  /** OpenSSL's word for what is wrong with the chain; null: it is trusted. Names and dates have fields of their own. */
  chainError: string | null;
  nameError: string | null;
  /** When the first certificate of the chain ends, ms since the Unix epoch. */
  endsAtMs: number;
};

/** Rejects when no TLS connection comes about at all. */
export function readCertificate(url: string): Promise<CertificateSeen> {
  const { hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  return new Promise((resolve, reject) => {
    const socket = connect({
      host,
      port: Number(port || 443),
      rejectUnauthorized: false,
      ...(isIP(host) === 0 ? { servername: host } : {}),
    });
    socket.setTimeout(answerWithinMs, () => socket.destroy(new Error('no answer in time')));
    socket.on('error', reject);
    socket.on('secureConnect', () => {
      const leaf = socket.getPeerCertificate(true);
      // A word, whatever the types say.
      const error: unknown = socket.authorizationError;
      socket.destroy();
      const code = typeof error === 'string' ? error : error instanceof Error ? error.message : null;
      const isOther = code === 'CERT_HAS_EXPIRED' || code === 'ERR_TLS_CERT_ALTNAME_INVALID';
      resolve({
        chainError: isOther ? null : code,
        nameError: checkServerIdentity(host, leaf)?.message ?? null,
        endsAtMs: Math.min(...chainOf(leaf).map(({ valid_to: until }) => Date.parse(until))),
      });
    });
  });
}

/** From the server's own up to the last one below the root: roots are the reader's. */
function chainOf(leaf: DetailedPeerCertificate): DetailedPeerCertificate[] {
  const chain = [leaf];
  for (let next = leaf.issuerCertificate; chain.length < chainMax; next = next.issuerCertificate) {
    const isRoot = next === undefined || next.issuerCertificate === next;
    if (isRoot || chain.includes(next)) break;
    chain.push(next);
  }
  return chain;
}

/** How far a live connection came. */
export type LiveSeen =
  | { kind: 'refused'; why: string }
  | { kind: 'no-subprotocol' }
  | { kind: 'silent' }
  | { kind: 'closed'; code: number };

/** Opens a live connection of that room and says hello with a token that is none. Never rejects. */
export function tryLive(publicUrl: string, roomId: string, subprotocol: string): Promise<LiveSeen> {
  const address = `${publicUrl.replace(/^http/, 'ws')}/v1/rooms/${roomId}/live`;
  return new Promise((resolve) => {
    const socket = new WebSocket(address, subprotocol, {
      handshakeTimeout: answerWithinMs,
      rejectUnauthorized: false,
      perMessageDeflate: false,
    });
    let isOpen = false;
    let timer: NodeJS.Timeout | undefined;
    const end = (seen: LiveSeen): void => {
      clearTimeout(timer);
      resolve(seen);
      socket.terminate();
    };
    socket.on('open', () => {
      isOpen = true;
      // The handshake has a limit of its own.
      timer = setTimeout(() => end({ kind: 'silent' }), answerWithinMs);
      socket.send(JSON.stringify({ type: 'hello', queueToken: 'doctor' }));
    });
    socket.on('unexpected-response', (_request, response) => {
      response.resume();
      end({ kind: 'refused', why: `HTTP ${response.statusCode}` });
    });
    socket.on('error', (error) => {
      if (isOpen) return;
      end(
        /subprotocol/i.test(error.message)
          ? { kind: 'no-subprotocol' }
          : { kind: 'refused', why: error.message },
      );
    });
    socket.on('close', (code) => end({ kind: 'closed', code }));
  });
}
