/**
 * The API as people read it, on the internal listener, without a key: `/docs`, and `/docs/visitors` for the other
 * listener's. Made once for each language, when it is first asked for.
 */
import type { FastifyInstance } from 'fastify';
import type { ApiDocument } from '../web/api-document.ts';
import { apiStyleHash, renderApiPage } from '../web/api-page.ts';
import { type ApiPageLanguage, apiPageLanguages } from '../web/api-words.ts';
import { sendText } from './compression.ts';
import { languageOf } from './room-page-visit.ts';

const contentPolicy = [
  "default-src 'none'",
  `style-src '${apiStyleHash}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Registers `/docs`, `/docs/visitors`, `/openapi.json` and `/openapi-public.json`. */
export function apiPageRoutes(app: FastifyInstance, publicServer: FastifyInstance): void {
  const hidden = { schema: { hide: true } };
  const documents = {
    internal: { of: app, path: '/docs', documentPath: '/openapi.json' },
    public: { of: publicServer, path: '/docs/visitors', documentPath: '/openapi-public.json' },
  } as const;
  for (const listener of ['internal', 'public'] as const) {
    const { of, path, documentPath } = documents[listener];
    const otherPath = documents[listener === 'internal' ? 'public' : 'internal'].path;
    const pages = new Map<ApiPageLanguage, string>();
    const pageIn = (language: ApiPageLanguage): string => {
      const made = pages.get(language);
      if (made !== undefined) return made;
      const document = of.swagger() as unknown as ApiDocument;
      const page = renderApiPage({ document, language, listener, path, otherPath, documentPath });
      pages.set(language, page);
      return page;
    };
    app.get(documentPath, hidden, async () => of.swagger());
    app.get(path, hidden, async (request, reply) => {
      const language = languageOf(request, apiPageLanguages) as ApiPageLanguage;
      void reply.headers({
        'content-type': 'text/html; charset=utf-8',
        'content-language': language,
        'content-security-policy': contentPolicy,
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
        'x-robots-tag': 'noindex',
        'cache-control': 'no-cache',
      });
      return sendText(request, reply, pageIn(language));
    });
  }
}
