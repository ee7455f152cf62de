/**
 * Posts messages over HTTP(S), on connections that are kept for the next one. No redirect is followed, no answer is
 * read beyond a small bound, and nothing is sent to an address that the rule refuses (receiver-address.ts).
 */
import { Agent as HttpAgent, type IncomingMessage, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import type { WebhookAnswer, WebhookRequest, WebhookSender } from '../service/webhook-sender.ts';
import { AddressRefusedError, type AddressRule, guardedLookup, literalAddress } from './receiver-address.ts';

/** Of an answer's body, read so that the connection can be used again; one with more is closed. */
const answerBytesMax = 16 * 1_024;
/** How long the rest of an answer is waited for once its head was read. */
const bodyWithinMs = 2_000;
const answerHeaderBytesMax = 16 * 1_024;
/** An idle connection is closed before most servers close it. */
const idleMs = 4_000;

export type WebhookSenderOptions = {
  rule: AddressRule;
  /** Tests resolve names themselves. */
  lookup?: LookupFunction;
};

export function webhookSender({ rule, lookup = guardedLookup(rule) }: WebhookSenderOptions): WebhookSender {
  const kept = { keepAlive: true, timeout: idleMs, maxFreeSockets: 100 };
  const agents = { 'http:': new HttpAgent(kept), 'https:': new HttpsAgent(kept) };
  return {
    async send({ url: text, headers, body }, signal) {
      const url = URL.canParse(text) ? new URL(text) : null;
      if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:')) return { kind: 'refused' };
      const literal = literalAddress(url);
      if (literal !== null && !rule(literal)) return { kind: 'refused' };
      const request = { headers, body, url: text };
      const way = { agent: agents[url.protocol], lookup, signal };
      const answer = await post(url, request, way);
      // The server closed an idle connection while we took it for the next message.
      if (answer !== 'stale') return answer;
      const again = await post(url, request, { ...way, isLast: true });
      return again === 'stale' ? { kind: 'unanswered', code: 'ECONNRESET' } : again;
    },
    close() {
      for (const agent of Object.values(agents)) agent.destroy();
    },
  };
}

type Way = { agent: HttpAgent; lookup: LookupFunction; signal: AbortSignal; isLast?: true };

function post(
  url: URL,
  { headers, body }: WebhookRequest,
  { agent, lookup, signal, isLast }: Way,
): Promise<WebhookAnswer | 'stale'> {
  return new Promise((resolve) => {
    const outgoing = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, {
      method: 'POST',
      agent,
      lookup,
      signal,
      maxHeaderSize: answerHeaderBytesMax,
      headers: {
        ...headers,
        'content-length': Buffer.byteLength(body),
        'user-agent': 'Guichet',
        accept: '*/*',
      },
    });
    outgoing.on('response', (response) => {
      resolve({
        kind: 'answered',
        status: response.statusCode ?? 0,
        retryAfter: response.headers['retry-after'] ?? null,
      });
      readLittle(response);
    });
    // Also what comes after the answer: it changes nothing any more.
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      const isStale = outgoing.reusedSocket && error.code === 'ECONNRESET' && !isLast;
      if (isStale) resolve('stale');
      else if (error instanceof AddressRefusedError) resolve({ kind: 'refused' });
      else resolve({ kind: 'unanswered', code: error.code ?? error.name });
    });
    // Whatever else may come instead of an answer, as a switch of protocols, which is no error to node:http.
    outgoing.on('close', () => resolve({ kind: 'unanswered', code: 'ECONNRESET' }));
    outgoing.end(body);
  });
}

/** Lets the connection go back to the agent if the answer ends soon, and closes it otherwise. */
function readLittle(response: IncomingMessage): void {
  let bytes = 0;
  const late = setTimeout(() => response.destroy(), bodyWithinMs);
  late.unref();
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > answerBytesMax) response.destroy();
  });
  response.on('close', () => clearTimeout(late));
  response.on('error', () => {});
}
