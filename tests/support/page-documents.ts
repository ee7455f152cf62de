/**
 * Every page there is, as the document that a browser gets: the waiting page in every state, the page on which one takes
 * one's place back, and problems without a room.
 */
import type { AssetUrls } from '../../src/web/page-document.ts';
import type { Language } from '../../src/web/phrases/phrases.ts';
import { renderProblemPage } from '../../src/web/problem-page.ts';
import { renderResumePage } from '../../src/web/resume-page.ts';
import { renderRoomPage } from '../../src/web/room-page.ts';
import type { PageProblem, RoomPage, TicketView } from '../../src/web/room-page-model.ts';
import { problemText } from '../../src/web/room-page-problem.ts';
import { resumeStates, RoomPageStates } from '../../src/web/room-page-states.ts';
import { everyPage, roomPage } from './room-pages.ts';

export type PageDocument = {
  language: Language;
  /** What the live connection says of the ticket; null: there is none to ask about. */
  view: TicketView | null;
  /** How news come: a page that says they do not is kept without them. */
  updates: RoomPage['updates'];
  /** Whether a script of its own keeps it up to date. */
  hasScript: boolean;
  /** The markup; a ticket's proof is what the page shall hold as its queue token. */
  markup: (assets: AssetUrls, queueToken: string) => string;
};

/** By a name. A state that everyPage() gains is here as well. */
export function everyDocument(language: Language): Map<string, PageDocument> {
  const pages = [...everyPage(language)];
  return new Map([
    ...pages.map(([name, page]) => [name, roomDocument(page)] as const),
    ...documentsAround(language),
  ]);
}

/** Those that have no script of their own. */
export function documentsAround(language: Language): Map<string, PageDocument> {
  const resumed = [...resumeStates(new RoomPageStates(roomPage(language)))];
  return new Map([
    ...resumed.map(
      ([name, { page, code, replaces }]) => [name, resumeDocument(page, code, replaces)] as const,
    ),
    ['no room', problemDocument(language, 'room-unknown', null)],
    ['no room, to try again', problemDocument(language, 'store-unavailable', '/rooms/loisirs')],
  ]);
}

/** The page of each kind that comes first: the five of the manual grid, and the end. */
export function mainDocuments(language: Language): Map<string, PageDocument> {
  const kinds = new Set<string>();
  return new Map(
    [...everyPage(language)].flatMap(([name, page]) => {
      const kind = page.ticket?.view.kind ?? 'none';
      if (kinds.has(kind)) return [];
      kinds.add(kind);
      return [[name, roomDocument(page)]];
    }),
  );
}

function roomDocument(page: RoomPage): PageDocument {
  const { language, ticket, updates, queueToken } = page;
  return {
    language,
    view: queueToken === null || ticket === null ? null : ticket.view,
    updates,
    hasScript: true,
    markup: (assets, token) =>
      renderRoomPage({ ...page, queueToken: queueToken === null ? null : token }, assets),
  };
}

function resumeDocument(page: RoomPage, code: string, replaces: number | null): PageDocument {
  const key = '3b9f6f64-8c5e-4d52-9a1b-2f3c4d5e6f71';
  return {
    language: page.language,
    view: null,
    updates: 'by-hand',
    hasScript: false,
    markup: (assets) => renderResumePage(page, { code, key, replaces }, assets),
  };
}

function problemDocument(language: Language, code: PageProblem, retryUrl: string | null): PageDocument {
  const problem = { code, text: problemText(code, language) };
  return {
    language,
    view: null,
    updates: 'by-hand',
    hasScript: false,
    markup: (assets) => renderProblemPage({ language, problem, retryUrl }, assets),
  };
}

/** The markup as a browser without scripts takes it. */
export function withoutScripts(markup: string): string {
  return markup.replace(/<script\b[^>]*>[^]*?<\/script>/gi, '').replace(/<\/?noscript\b[^>]*>/gi, '');
}
