/** The preview of a room's page for operators: reads the room, and touches nothing else. */
import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Clock } from '../domain/clock.ts';
import { GuichetError } from '../domain/errors.ts';
import { completePolicy, type Room } from '../domain/room.ts';
import type { RoomBoard } from '../service/room-board.ts';
import type { Rooms } from '../service/rooms.ts';
import { spokenLanguages } from '../web/languages.ts';
import type { Language } from '../web/phrases/phrases.ts';
import { type PreviewDocument, previewDocuments, renderPreview } from '../web/preview-page.ts';
import type { RoomPage } from '../web/room-page-model.ts';
import { localized } from '../web/room-page-situation.ts';
import type { RequireScope } from './api-keys.ts';
import { sendText } from './compression.ts';
import { policySchema } from './policy-schema.ts';
import { basePage } from './room-page-view.ts';
import * as wire from './wire-schemas.ts';

/** Where nobody has joined yet, the page is shown with people on it. */
const waitingExample = 1_834;
const placesLeftExample = 940;

/** Like the page's own, without what it may load and send; the sandbox holds where a browser opens it alone. */
const contentPolicy = [
  "default-src 'none'",
  'style-src data:',
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  'sandbox',
].join('; ');

const querystring = z.object({
  state: z
    .string()
    .max(80)
    .optional()
    .meta({ description: 'One state only, as it is named in the file.', examples: ['turn'] }),
  lang: z
    .string()
    .max(20)
    .optional()
    .meta({ description: 'One of the room’s languages only.', examples: ['fr'] }),
});
type Asked = z.infer<typeof querystring>;

const file = {
  200: {
    description:
      'One HTML file that asks for nothing: every state in each language, or what the query names.',
    content: { 'text/html': { schema: z.string().meta({ examples: ['<!doctype html>…'] }) } },
  },
};
const config = { answerHeaders: ['cache-control'] } as const;

export type PreviewParts = { rooms: Rooms; clock: Clock; offersEmail: boolean };

export function previewRoutes(
  instance: FastifyInstance,
  parts: PreviewParts,
  requireScope: RequireScope,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const onRequest = requireScope('viewer');
  const shared = { tags: ['preview'], params: wire.roomParams, querystring, response: file };
  app.get(
    '/v1/rooms/:roomId/preview',
    {
      onRequest,
      config,
      schema: { ...shared, summary: 'Every state of the room’s page, in each language' },
    },
    async (request, reply) => {
      const board = await parts.rooms.resolve(request.params.roomId);
      return answer(request, reply, { parts, board, room: board.room as Room, asked: request.query });
    },
  );
  app.post(
    '/v1/rooms/:roomId/preview',
    {
      onRequest,
      config,
      schema: {
        ...shared,
        summary: 'The same with a policy that is not saved',
        body: policySchema,
      },
    },
    async (request, reply) => {
      const { roomId } = request.params;
      const policy = completePolicy(roomId, request.body);
      const board = await parts.rooms.resolve(roomId);
      const room = { ...(board.room as Room), policy };
      return answer(request, reply, { parts, board, room, asked: request.query });
    },
  );
}

type Preview = { parts: PreviewParts; board: RoomBoard; room: Room; asked: Asked };

async function answer(request: FastifyRequest, reply: FastifyReply, preview: Preview): Promise<FastifyReply> {
  const { asked, room } = preview;
  const spoken = spokenLanguages(room.policy.languages);
  const languages = asked.lang === undefined ? spoken : spoken.filter((language) => language === asked.lang);
  if (languages.length === 0)
    throw new GuichetError('request-invalid', { detail: `lang must be one of ${spoken.join(', ')}` });
  const byLanguage = new Map<Language, Map<string, PreviewDocument>>();
  for (const language of languages) {
    byLanguage.set(language, documentsIn(language, preview));
    // Rendering takes some tens of milliseconds a language: others have their turn between.
    await turnOfTheLoop();
  }
  const [first] = byLanguage.values();
  const alone = asked.lang === undefined || asked.state === undefined ? undefined : first?.get(asked.state);
  const [language = 'en'] = languages;
  const name = localized(room.policy.name, language)?.text ?? room.roomId;
  void reply.headers({
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': contentPolicy,
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-robots-tag': 'noindex',
    'cache-control': 'no-store',
  });
  return sendText(request, reply, alone?.document ?? renderPreview(name, byLanguage));
}

function documentsIn(
  language: Language,
  { parts, board, room, asked }: Preview,
): Map<string, PreviewDocument> {
  const documents = previewDocuments(examplePage(language, { parts, board, room }));
  if (asked.state === undefined) return documents;
  const document = documents.get(asked.state);
  if (document === undefined) {
    const detail = `state must be one of: ${[...documents.keys()].join('; ')}`;
    throw new GuichetError('request-invalid', { detail });
  }
  return new Map([[asked.state, document]]);
}

/** The page as if the room were open. */
function examplePage(language: Language, { parts, board, room }: Omit<Preview, 'asked'>): RoomPage {
  const { clock, offersEmail } = parts;
  const email = offersEmail ? 'offered' : 'not-offered';
  const nowMs = clock.wallMs();
  const page = basePage(board, room, { language, target: null, joinKey: null, email }, nowMs);
  const { places } = room.policy;
  const placesLeft =
    places === null
      ? null
      : { count: Math.min(places, placesLeftExample), asOf: new Date(nowMs).toISOString() };
  return {
    ...page,
    room: { ...page.room, state: 'open', reason: null, waiting: waitingExample, placesLeft },
  };
}
