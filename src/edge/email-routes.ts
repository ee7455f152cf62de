/** The one e-mail, "your turn is near", for programs: ask for it, withdraw it. There only where there is a mail server. */
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { emailMinutes } from '../domain/email.ts';
import type { EmailNotices } from '../service/email-notices.ts';
import type { Rooms } from '../service/rooms.ts';
import { languages, preferredLanguage, spokenLanguages } from '../web/languages.ts';
import type { PrefixLimit } from './prefix-limit.ts';
import { queueTokenOf } from './ticket-wire.ts';
import * as wire from './wire-schemas.ts';

/** E-mails that one network may ask for in a minute on one replica: a classroom at once, and no mail bomb. */
export const emailAsksPerMinute = 30;

const emailBody = z.strictObject({
  // Read with care by the service, which has a code and a sentence of its own for it.
  address: z.string().meta({ examples: ['camille@example.org'] }),
  underMinutes: z.literal([...emailMinutes]),
  language: z.enum(languages as [string, ...string[]]).optional(),
});

const asked = z.object({
  kind: z.enum(['kept', 'not-waiting', 'sent-before']).meta({
    description:
      'Only `kept` keeps the address. `not-waiting`: the turn has come; `sent-before`: this ticket had its one e-mail, or it is on its way.',
  }),
});
const withdrawn = z.object({
  kind: z.enum(['withdrawn', 'sent-before']).meta({
    description:
      'The address is deleted either way. `sent-before`: the e-mail has gone out, or may still arrive.',
  }),
});

export type EmailRouteParts = { notices: EmailNotices; rooms: Rooms; emailLimit: PrefixLimit };

export function emailRoutes(
  instance: FastifyInstance,
  { notices, rooms, emailLimit }: EmailRouteParts,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.put(
    '/v1/rooms/:roomId/ticket/email',
    {
      config: {
        problems: [
          'token-missing',
          'token-refused',
          'email-invalid',
          'ticket-over',
          'ticket-moved',
          'emails-full',
          'rate-limited',
        ],
      },
      schema: {
        tags: ['email'],
        summary: 'Ask for one e-mail when the expected wait has fallen under a choice',
        params: wire.roomParams,
        body: emailBody,
        response: { 200: asked },
      },
    },
    async (request, reply) => {
      const { roomId } = request.params;
      const { address, underMinutes, language } = request.body;
      const queueToken = queueTokenOf(request);
      emailLimit(request, reply);
      const spoken = spokenLanguages((await rooms.resolve(roomId)).room?.policy.languages ?? []);
      const kind = await notices.ask(roomId, queueToken, {
        address,
        underMinutes,
        language: language ?? preferredLanguage(request.headers['accept-language'], spoken),
      });
      return { kind };
    },
  );

  app.delete(
    '/v1/rooms/:roomId/ticket/email',
    {
      config: { problems: ['token-missing', 'token-refused', 'ticket-over', 'ticket-moved'] },
      schema: {
        tags: ['email'],
        summary: 'Withdraw the e-mail: its address is deleted',
        params: wire.roomParams,
        response: { 200: withdrawn },
      },
    },
    async (request) => ({
      kind: await notices.withdraw(request.params.roomId, queueTokenOf(request)),
    }),
  );
}
