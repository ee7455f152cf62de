/** A JSON schema as people read it: the fields of an object, each with its type, bounds, default and meaning. */
import { type JsonSchema, resolved, type SchemaNames } from './api-example.ts';
import type { apiWords } from './api-words.ts';
import { type Html, html } from './html.ts';

type Words = (typeof apiWords)['en'];
/** Objects within objects that are opened; deeper ones are named only. */
const depthMax = 4;

/** `code`, **strong** and paragraphs: as much of Markdown as the descriptions use. */
export function prose(text: string): Html {
  const paragraphs = text.split(/\n{2,}/).map((paragraph) => html`<p>${inline(paragraph)}</p>`);
  return html`<div lang="en">${paragraphs}</div>`;
}

/** The same within a line. */
export function inline(text: string): Html {
  const parts = text.split(/(`[^`]+`|\*\*[^*]+\*\*)/).map((part) => {
    if (part.startsWith('`')) return html`<code>${part.slice(1, -1)}</code>`;
    return part.startsWith('**') ? html`<strong>${part.slice(2, -2)}</strong>` : html`${part}`;
  });
  return html`${parts}`;
}

/** Where a named shape is shown on the page. */
export function shapeId(name: string): string {
  return `shape-${name}`;
}

export class SchemaView {
  readonly #names: SchemaNames;
  readonly #words: Words;

  constructor(names: SchemaNames, words: Words) {
    this.#names = names;
    this.#words = words;
  }

  /** What a value is, in one line. */
  type(schema: JsonSchema): Html {
    const words = this.#words;
    if (schema.$ref !== undefined) {
      const name = schema.$ref.split('/').at(-1) ?? '';
      return html`<a href="#${shapeId(name)}">${name}</a>`;
    }
    const choices = schema.anyOf ?? schema.oneOf;
    if (choices) {
      const isNull = (choice: JsonSchema): boolean => choice.type === 'null';
      const others = choices.filter((choice) => !isNull(choice)).map((choice) => this.type(choice));
      const joined = others.map((other, index) => html`${index > 0 && ' | '}${other}`);
      return html`${joined}${choices.some(isNull) && ` ${words.orNull}`}`;
    }
    if (schema.enum) return html`${words.oneOf} ${list(schema.enum)}`;
    if ('const' in schema) return html`<code>${String(schema.const)}</code>`;
    if (schema.type === 'array' && schema.items) return html`${words.listOf} ${this.type(schema.items)}`;
    const { additionalProperties } = schema;
    if (schema.type === 'object' && typeof additionalProperties === 'object' && !schema.properties)
      return html`object, ${words.textsBy} ${this.type(additionalProperties as JsonSchema)}`;
    return html`${[schema.type ?? 'any'].flat().join(' | ')}${bounds(schema)}`;
  }

  /** The fields of an object; null where there are none to tell of. */
  fields(given: JsonSchema, depth = 0): Html | null {
    if (depth > depthMax) return null;
    const schema = depth === 0 ? resolved(given, this.#names) : given;
    const inner = schema.items ?? undefined;
    if (inner && !inner.$ref) return this.fields(inner, depth + 1);
    const choices = (schema.anyOf ?? schema.oneOf ?? []).filter((choice) => choice.properties);
    if (choices.length > 0) return html`${choices.map((choice) => this.fields(choice, depth + 1))}`;
    const entries = Object.entries(schema.properties ?? {});
    if (entries.length === 0) return null;
    const rows = entries.map(([name, field]) => {
      const isRequired = schema.required?.includes(name) ?? false;
      return html`<dt><code>${name}</code> <span class="type">${this.type(field)}${this.#default(field)}${isRequired && ` · ${this.#words.required}`}</span></dt>
<dd>${field['description'] !== undefined && html`<span lang="en">${inline(field['description'] as string)}</span>`}${this.fields(field, depth + 1)}</dd>`;
    });
    return html`<dl class="fields">${rows}</dl>`;
  }

  #default({ default: value }: JsonSchema): Html | null {
    return value === undefined
      ? null
      : html`, ${this.#words.byDefault} <code>${JSON.stringify(value)}</code>`;
  }
}

function list(values: readonly unknown[]): Html {
  return html`${values.map((value, index) => html`${index > 0 && ', '}<code>${String(value)}</code>`)}`;
}

function bounds(schema: JsonSchema): Html | null {
  const { minimum, format } = schema;
  const maximum = schema['maximum'] as number | undefined;
  const maxLength = schema['maxLength'] as number | undefined;
  const range =
    minimum === undefined && maximum === undefined
      ? null
      : html` ${minimum ?? ''}–${maximum === undefined ? '' : maximum}`;
  const length = maxLength === undefined ? null : html` ≤ ${maxLength}`;
  return html`${range}${length}${format !== undefined && ` (${format})`}`;
}
