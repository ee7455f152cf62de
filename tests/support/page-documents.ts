/** Every page there is, as the document that a browser gets: the waiting page in every state, and problems without a room. */
import { problemSentence } from '../../src/web/languages.ts';
import type { Language } from '../../src/web/phrases/phrases.ts';
import { type AssetUrls, renderProblemPage, renderRoomPage } from '../../src/web/room-page.ts';
import type { RoomPage, TicketView } from '../../src/web/room-page-model.ts';
import { everyPage } from './room-pages.ts';

export type PageDocument = {
  language: Language;
  /** What the live connection says of the ticket; null: there is none to ask about. */
  view: TicketView | null;
  /** Whether news stay away, and the page is to say so. */
  isInterrupted: boolean;
  /** Whether a script of its own keeps it up to date. */
  hasScript: boolean;
  /** The markup; a ticket's proof is what the page shall hold as its queue token. */
  markup: (assets: AssetUrls, queueToken: string) => string;
};

/** By a name. A state that everyPage() gains is here as well. */
export function everyDocument(language: Language): Map<string, PageDocument> {
  const pages = [...everyPage(language)];
  const interrupted = pages
    .filter(([, { ticket }]) => ticket?.view.kind === 'waiting')
    .slice(0, 1)
    .map(
      ([name, page]) => [`${name}, news stay away`, { ...page, updates: 'interrupted' as const }] as const,
    );
  return new Map([
    ...[...pages, ...interrupted].map(([name, page]) => [name, roomDocument(page)] as const),
    ['problem', problemDocument(language, problemSentence('room-unknown', language), null)],
    [
      'problem, to try again',
      problemDocument(language, problemSentence('store-unavailable', language), '/rooms/loisirs'),
    ],
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
    isInterrupted: updates === 'interrupted',
    hasScript: true,
    markup: (assets, token) =>
      renderRoomPage({ ...page, queueToken: queueToken === null ? null : token }, assets),
  };
}

function problemDocument(language: Language, problem: string, retryUrl: string | null): PageDocument {
  return {
    language,
    view: null,
    isInterrupted: false,
    hasScript: false,
    markup: (assets) => renderProblemPage({ language, problem, retryUrl }, assets),
  };
}

/** The markup as a browser without scripts takes it. */
export function withoutScripts(markup: string): string {
  return markup.replace(/<script\b[^>]*>[^]*?<\/script>/gi, '').replace(/<\/?noscript\b[^>]*>/gi, '');
}
