/**
 * What ends a command without success, and what the shell hears of it. People get one or two sentences on standard error;
 * with `--json` there is one object `{"error": {code, title, detail, status, retryAfterMs}}` there instead.
 */
import { type ErrorCode, errorCatalogue } from '../domain/errors.ts';
import { frenchTitles } from './french-titles.ts';
import type { Bilingual, Voice } from './voice.ts';

/** What the shell is told. */
export const exitCodes = {
  /** It was done. */
  done: 0,
  /** It was refused or failed, or the doctor found a fault. */
  failed: 1,
  /** The words were not understood; nothing was asked of the service. */
  usage: 2,
  /** It waits for a second person. */
  waits: 3,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

type RefusalParts = {
  /** Stable: one of the API's, or one of the command line's own (docs/command-line.md). */
  code: string;
  title: Bilingual;
  /** More, as it was told by whoever refused. */
  detail?: string | null;
  status?: number | null;
  retryAfterMs?: number | null;
  exitCode?: ExitCode;
};

/** Ends a command: thrown wherever it cannot go on. */
export class Refusal extends Error {
  readonly code: string;
  readonly title: Bilingual;
  readonly detail: string | null;
  /** HTTP; null: no answer came. */
  readonly status: number | null;
  readonly retryAfterMs: number | null;
  readonly exitCode: ExitCode;

  constructor(parts: RefusalParts) {
    super(parts.title.en);
    this.name = 'Refusal';
    this.code = parts.code;
    this.title = parts.title;
    this.detail = parts.detail ?? null;
    this.status = parts.status ?? null;
    this.retryAfterMs = parts.retryAfterMs ?? null;
    this.exitCode = parts.exitCode ?? exitCodes.failed;
  }
}

/** The words of the command cannot be used, for a reason that the parser does not see. */
export function usageRefusal(title: Bilingual): Refusal {
  return new Refusal({ code: 'usage', title, exitCode: exitCodes.usage });
}

/** A refusal of the service: its problem+json, or whatever stands in its place. */
export function problemRefusal(status: number, body: unknown, retryAfterMs: number | null): Refusal {
  const { code, title, detail } = (body ?? {}) as { [field: string]: unknown };
  if (typeof code !== 'string' || typeof title !== 'string') {
    return new Refusal({
      code: 'not-guichet',
      title: {
        en: `What answers there is not Guichet's internal listener (HTTP ${status})`,
        fr: `Ce qui répond là n’est pas l’écoute interne de Guichet (HTTP ${status})`,
      },
      status,
      retryAfterMs,
    });
  }
  const ours = errorCatalogue[code as ErrorCode]?.title ?? title;
  const said = typeof detail === 'string' && detail !== title && detail !== ours ? detail : null;
  const titles = { en: title, fr: frenchTitles[code] ?? title };
  return new Refusal({ code, title: titles, detail: said, status, retryAfterMs });
}

/** The lines for people. */
export function refusalLines({ code, title, detail, retryAfterMs }: Refusal, voice: Voice): string[] {
  // These two say nothing that the sentence does not.
  const isNamed = code !== 'failed' && code !== 'usage';
  const lines = [`${voice.say(title)}${isNamed ? ` (${code})` : ''}.`];
  if (detail !== null) {
    // The service's own words, which are English.
    const said = `${detail.replace(/[.]$/, '')}.`;
    lines.push(voice.say({ en: said, fr: `Précision du service : ${said}` }));
  }
  if (retryAfterMs !== null) {
    const duration = voice.duration(retryAfterMs);
    lines.push(voice.say({ en: `Try again in ${duration}.`, fr: `Réessayez dans ${duration}.` }));
  }
  return lines;
}

/** The one object for programs. */
export function refusalBody({ code, title, detail, status, retryAfterMs }: Refusal, voice: Voice): object {
  return { error: { code, title: voice.say(title), detail, status, retryAfterMs } };
}
