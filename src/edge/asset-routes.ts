/**
 * What browsers get of ours: the waiting page's style sheet and script, whose names change with the content, and the
 * widget, which pages of other sites load.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { GuichetError } from '../domain/errors.ts';
import type { Asset } from '../web/assets.ts';
import type { WidgetAsset } from '../web/widget-assets.ts';
import { takesGzip } from './compression.ts';

const forGood = 'public, max-age=31536000, immutable';
/** A mended widget reaches every page within minutes; a day longer where the service does not answer. */
const forMinutes = 'public, max-age=300, stale-while-revalidate=300, stale-if-error=86400';

/** Registers `GET /assets/*`. */
export function registerAssets(app: FastifyInstance, assets: ReadonlyMap<string, Asset>): void {
  app.get('/assets/:name', { schema: { hide: true } }, async (request, reply) => {
    const asset = assets.get((request.params as { name: string }).name);
    if (!asset) throw new GuichetError('route-unknown');
    void reply.headers({ 'cache-control': forGood, 'cross-origin-resource-policy': 'same-origin' });
    return sendAsset(request, reply, asset);
  });
}

/** Registers `GET /widget.js` and the widget's other files. Any page may read them: there is nothing in them of anyone. */
export function registerWidget(app: FastifyInstance, assets: ReadonlyMap<string, WidgetAsset>): void {
  for (const [name, asset] of assets) {
    const etag = `W/"${asset.integrity.slice(-16)}"`;
    app.get(`/${name}`, { schema: { hide: true } }, async (request, reply) => {
      void reply.headers({
        'cache-control': asset.isPinned ? forGood : forMinutes,
        'access-control-allow-origin': '*',
        'cross-origin-resource-policy': 'cross-origin',
        etag,
      });
      if (request.headers['if-none-match'] !== etag) return sendAsset(request, reply, asset);
      return reply.header('vary', 'accept-encoding').code(304).send();
    });
  }
}

function sendAsset(
  request: FastifyRequest,
  reply: FastifyReply,
  { contentType, bytes, gzipBytes }: Asset,
): FastifyReply {
  void reply.headers({
    'content-type': contentType,
    vary: 'accept-encoding',
    'x-content-type-options': 'nosniff',
  });
  if (!takesGzip(request)) return reply.send(bytes);
  return reply.header('content-encoding', 'gzip').send(gzipBytes);
}
