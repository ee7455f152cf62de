/** Answers compressed for those who can read them so. */
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';

const gzipAsync = promisify(gzip);
/** Most of the gain for little time: a page is compressed anew for each visitor. */
const pageLevel = 4;

/** Whether the client reads gzip. */
export function takesGzip({ headers }: FastifyRequest): boolean {
  return /\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/.test(headers['accept-encoding'] ?? '');
}

/** Sends a text, compressed where that is read. Off the event loop. */
export async function sendText(
  request: FastifyRequest,
  reply: FastifyReply,
  text: string,
): Promise<FastifyReply> {
  void reply.header('vary', 'accept-encoding');
  if (!takesGzip(request)) return reply.send(text);
  const bytes = await gzipAsync(text, { level: pageLevel });
  return reply.header('content-encoding', 'gzip').send(bytes);
}
