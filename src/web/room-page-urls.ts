/** The page's addresses, and the forms that lead to them: language and target are always carried along. */
import { type Html, type HtmlPart, html } from './html.ts';
import type { Language } from './phrases/phrases.ts';

/** What every address of the page carries along. */
export type PageAddress = { room: { roomId: string }; language: Language; target: string | null };

/** The page's own address, or one of its actions. */
export function roomUrl(
  { room, language, target }: PageAddress,
  action: string | null = null,
  more: Readonly<Record<string, string>> = {},
): string {
  const query = new URLSearchParams({ lang: language });
  if (target !== null) query.set('t', target);
  for (const [name, value] of Object.entries(more)) query.set(name, value);
  return `/rooms/${room.roomId}${action === null ? '' : `/${action}`}?${query.toString()}`;
}

/** How a form for an action is written: with its fields and its button. */
export type Form = (action: string, content: HtmlPart) => Html;

/** A form that posts to an action of the page. */
export function formOf(page: PageAddress, action: string, content: HtmlPart): Html {
  return html`<form method="post" action="${roomUrl(page, action)}">${content}</form>`;
}
