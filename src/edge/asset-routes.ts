/** The waiting page's style sheet and script: names change with the content, so browsers keep them for good. */
import type { FastifyInstance } from 'fastify';
import { GuichetError } from '../domain/errors.ts';
import type { Asset } from '../web/assets.ts';
import { takesGzip } from './compression.ts';

/** Registers `GET /assets/*`. */
export function registerAssets(app: FastifyInstance, assets: ReadonlyMap<string, Asset>): void {
  app.get('/assets/:name', { schema: { hide: true } }, async (request, reply) => {
    const asset = assets.get((request.params as { name: string }).name);
    if (!asset) throw new GuichetError('route-unknown');
    void reply.headers({
      'content-type': asset.contentType,
      'cache-control': 'public, max-age=31536000, immutable',
      vary: 'accept-encoding',
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
    });
    if (!takesGzip(request)) return reply.send(asset.bytes);
    return reply.header('content-encoding', 'gzip').send(asset.gzipBytes);
  });
}
