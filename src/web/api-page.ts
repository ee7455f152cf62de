/**
 * The API as people read it: one page made from the OpenAPI document, complete without a script and without anything from
 * elsewhere, so that it can be saved, printed and read with no network. Its frame speaks French and English.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { ApiDocument, ApiOperation } from './api-document.ts';
import type { JsonSchema } from './api-example.ts';
import { inline, prose, SchemaView, shapeId } from './api-schema-view.ts';
import { apiLanguageNames, type ApiPageLanguage, apiPageLanguages, apiWords } from './api-words.ts';
import { Html, html } from './html.ts';

const style = readFileSync(new URL('api.css', import.meta.url), 'utf8');
/** Of the style sheet, for the page's content policy. */
export const apiStyleHash = `sha256-${createHash('sha256').update(style).digest('base64')}`;

export type ApiPage = {
  document: ApiDocument;
  language: ApiPageLanguage;
  listener: 'internal' | 'public';
  /** Of this page; the same with `?lang=` in another language. */
  path: string;
  /** Of the page of the other listener, and of this document for programs. */
  otherPath: string;
  documentPath: string;
};

type Shown = { path: string; method: string; operation: ApiOperation };

/** The whole document. */
export function renderApiPage(page: ApiPage): string {
  const { document, language, listener, path, otherPath, documentPath } = page;
  const words = apiWords[language];
  const view = new SchemaView(document.components.schemas, words);
  const operations = Object.entries(document.paths).flatMap(([route, methods]) =>
    Object.entries(methods).map(([method, operation]): Shown => ({ path: route, method, operation })),
  );
  const groups = document.tags.map((tag) => ({
    ...tag,
    operations: operations.filter(({ operation }) => operation.tags?.includes(tag.name)),
  }));
  const languages = apiPageLanguages.map((one) =>
    one === language
      ? html`<li><span aria-current="true">${apiLanguageNames[one]}</span></li>`
      : html`<li><a href="${path}?lang=${one}" lang="${one}" hreflang="${one}">${apiLanguageNames[one]}</a></li>`,
  );
  return html`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${document.info.title}</title>
<style>${new Html(style)}</style>
</head>
<body>
<a class="skip" href="#content">${words.skip}</a>
<header>
<nav aria-label="${words.languages}"><ul class="languages">${languages}</ul></nav>
<h1 lang="en">${document.info.title}</h1>
<p><a href="${otherPath}?lang=${language}">${words.otherDocument[listener]}</a> · <a href="${documentPath}">${words.machine}</a></p>
</header>
<main id="content" tabindex="-1">
${prose(document.info.description)}
<nav class="contents" aria-label="${words.contents}"><h2>${words.contents}</h2><ul>${groups.map(contentsOf)}<li><a href="#shapes">${words.shapes}</a></li></ul></nav>
${groups.map(
  ({ name, description, operations: shown }) => html`<section aria-labelledby="${name}">
<h2 id="${name}" lang="en">${name}</h2>
${description !== undefined && prose(description)}
${shown.map((one) => operationView(one, page, view))}
</section>`,
)}
<section aria-labelledby="shapes"><h2 id="shapes">${words.shapes}</h2>
${Object.entries(document.components.schemas).map(([name, schema]) => shapeView(name, schema, view))}
</section>
</main>
</body>
</html>
`.markup;
}

function contentsOf({ name, operations }: { name: string; operations: readonly Shown[] }): Html {
  const items = operations.map(
    ({ operation }) => html`<li><a href="#${operation.operationId}">${operation.summary}</a></li>`,
  );
  return html`<li lang="en"><a href="#${name}">${name}</a><ul>${items}</ul></li>`;
}

function operationView(shown: Shown, page: ApiPage, view: SchemaView): Html {
  const { path, method, operation } = shown;
  const words = apiWords[page.language];
  const { operationId, summary, description, parameters = [], requestBody, responses } = operation;
  const bodies = Object.values(requestBody?.content ?? {});
  return html`<article aria-labelledby="${operationId}">
<h3 id="${operationId}" lang="en">${summary}</h3>
<p class="route"><span class="method">${method.toUpperCase()}</span> <code>${path}</code></p>
${description !== undefined && prose(description)}
<p>${words.who} ${whoMay(operation, page)}</p>
${
  parameters.length > 0 &&
  html`<h4>${words.parameters}</h4>
<dl class="fields">${parameters.map(
    ({
      name,
      in: place,
      required,
      description: meaning,
      schema,
    }) => html`<dt><code>${name}</code> <span class="type">${words[place as 'path' | 'query' | 'header']}, ${view.type(schema)}${required === true && ` · ${words.required}`}</span></dt>
<dd lang="en">${meaning !== undefined && inline(meaning)}</dd>`,
  )}</dl>`
}
${bodies.map(
  ({ schema }) => html`<h4>${words.body}</h4>
${requestBody?.required === false && html`<p>${words.bodyOptional}</p>`}
${schema !== undefined && (schema.$ref === undefined ? view.fields(schema) : html`<p>${view.type(schema)}</p>`)}`,
)}
<h4>${words.example}</h4>
<pre><code>${curlOf(shown, page)}</code></pre>
<h4>${words.answers}</h4>
${successes(responses, page, view)}
<details><summary>${words.problems}</summary><dl class="fields">${problems(responses)}</dl></details>
</article>`;
}

function whoMay({ security = [] }: ApiOperation, { language }: ApiPage): Html {
  const words = apiWords[language];
  const scope = security[0]?.['apiKey']?.[0];
  if (scope !== undefined) return html`${words.apiKey} <strong>${scope}</strong>.`;
  if (security.some((way) => 'queueToken' in way))
    return html`${security.length > 1 ? words.queueTokenMaybe : words.queueToken}`;
  return html`${words.nobody}`;
}

function successes(responses: ApiOperation['responses'], { language }: ApiPage, view: SchemaView): Html {
  const words = apiWords[language];
  const shown = Object.entries(responses).filter(([status]) => Number(status) < 400);
  return html`${shown.map(([status, { description, content = {} }]) => {
    const media = Object.entries(content).map(([type, { schema, examples = {} }]) => {
      const example = Object.values(examples)[0]?.value;
      const isText = !type.endsWith('json');
      return html`<p><code>${type}</code>${schema !== undefined && html`: ${view.type(schema)}`}</p>
${schema !== undefined && schema.$ref === undefined && view.fields(schema)}
${example !== undefined && !isText && html`<pre><code>${JSON.stringify(example, null, 2)}</code></pre>`}`;
    });
    return html`<details><summary><strong>${status}</strong> <span lang="en">${inline(description)}</span></summary>
${media.length > 0 ? media : html`<p>${words.noBody}</p>`}</details>`;
  })}`;
}

function problems(responses: ApiOperation['responses']): Html {
  const refused = Object.entries(responses).filter(([status]) => Number(status) >= 400);
  return html`${refused.flatMap(([status, { content }]) =>
    Object.entries(content?.['application/problem+json']?.examples ?? {}).map(
      ([code, { summary = '' }]) =>
        html`<dt><code>${code}</code> <span class="type">${status}</span></dt><dd lang="en">${summary}</dd>`,
    ),
  )}`;
}

function shapeView(name: string, schema: JsonSchema, view: SchemaView): Html {
  const example = schema.examples?.[0];
  return html`<article aria-labelledby="${shapeId(name)}"><h3 id="${shapeId(name)}" lang="en">${name}</h3>
${schema['description'] !== undefined && prose(schema['description'] as string)}
${view.fields(schema) ?? html`<p>${view.type(schema)}</p>`}
${example !== undefined && html`<pre><code>${JSON.stringify(example, null, 2)}</code></pre>`}</article>`;
}

/** What does the operation in a shell. */
function curlOf({ path, method, operation }: Shown, { listener, document }: ApiPage): string {
  const { parameters = [], requestBody, security = [] } = operation;
  const exampleOf = (name: string): string => {
    const found = parameters.find((parameter) => parameter.name === name);
    const example = found?.example ?? found?.schema.examples?.[0];
    return typeof example === 'string' ? example : `$${name.replace(/[^a-z]/gi, '_').toUpperCase()}`;
  };
  const base = listener === 'public' ? (document.servers[0]?.url ?? '') : '$GUICHET';
  const url = base + path.replace(/\{(\w+)\}/g, (_, name: string) => exampleOf(name));
  const lines = [`curl${method === 'get' ? '' : ` -X ${method.toUpperCase()}`} "${url}"`];
  const isQueueToken = security.some((way) => 'queueToken' in way) && security.length === 1;
  if (security[0]?.['apiKey']) lines.push('-H "Authorization: Bearer $GUICHET_KEY"');
  else if (isQueueToken) lines.push('-H "Authorization: Bearer $QUEUE_TOKEN"');
  for (const { name, in: place, required } of parameters)
    if (place === 'header' && required === true) lines.push(`-H "${name}: ${exampleOf(name)}"`);
  const [media] = Object.values(requestBody?.content ?? {});
  const example = Object.values(media?.examples ?? {})[0]?.value;
  if (example !== undefined) {
    lines.push("-H 'Content-Type: application/json'");
    lines.push(`-d '${JSON.stringify(example).replaceAll("'", String.raw`'\''`)}'`);
  }
  return lines.join(' \\\n  ');
}
