/**
 * HTML by a tagged template that escapes what is put into it. Only `Html` made here passes unescaped, so a text
 * from a visitor, an operator or an address cannot become markup. Runs on the server and in browsers.
 */

/** Markup that is safe to write out as it is. */
export class Html {
  readonly markup: string;
  constructor(markup: string) {
    this.markup = markup;
  }
}

/** What may stand in a template: nothing (`null`, `false`), a text or number to escape, markup, or several of them. */
export type HtmlPart = Html | string | number | null | false | readonly HtmlPart[];

/** Markup with each value escaped, in texts and in double-quoted attributes alike. */
export function html(literals: TemplateStringsArray, ...values: readonly HtmlPart[]): Html {
  let markup = literals[0] ?? '';
  for (const [index, value] of values.entries()) markup += markupOf(value) + (literals[index + 1] ?? '');
  return new Html(markup);
}

function markupOf(part: HtmlPart): string {
  if (part instanceof Html) return part.markup;
  if (part === null || part === false) return '';
  if (typeof part === 'object') return part.map(markupOf).join('');
  return escaped(String(part));
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/**
 * A value as JSON for a data block (`<script type="application/json">`). Nothing in it can end the block or begin a
 * comment, whatever the value holds.
 */
export function jsonData(value: unknown): Html {
  return new Html(JSON.stringify(value).replace(/</g, '\\u003c'));
}
