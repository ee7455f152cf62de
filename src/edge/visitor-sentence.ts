/** The plain sentence of a problem, in the language that the visitor's browser asks for. */
import type { FastifyRequest } from 'fastify';
import { errorCatalogue, type GuichetError } from '../domain/errors.ts';
import { languages, preferredLanguage, problemSentence } from '../web/languages.ts';

/** Null where the error says more than its code: which field, which bound. That is for programmers. */
export function visitorSentence(error: GuichetError, { headers }: FastifyRequest): string | null {
  if (error.message !== errorCatalogue[error.code].title) return null;
  return problemSentence(error.code, preferredLanguage(headers['accept-language'], languages));
}
