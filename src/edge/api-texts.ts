/** What the OpenAPI documents say in words of their own: what each is for, how it is used, its groups of operations. */
import type { AnswerHeader, Listener } from './problem.ts';

const problemsText = `Errors are RFC 9457 problems (\`application/problem+json\`). Their \`code\` is stable and meant for programs; \`title\` and \`detail\` are for people. Each operation lists the codes that it can answer. \`Retry-After\` (seconds) says when to try again; after 503 \`store-unavailable\` the change may have been made: read before you repeat it.`;

const operatorsText = `Rooms, their policy, and the steering of an opening, for operators; sessions, for the sites that rooms protect.

**Keys.** \`Authorization: Bearer <API key>\`. A \`viewer\` reads; an \`operator\` also steers; an \`admin\` may do everything; an \`origin\` serves its rooms' sessions. A key may be for some rooms only.

**Texts** (name, rule, reason, notice) are one string for all, or one string per language: \`{"fr": "…", "en": "…"}\`.

**Times** are ISO 8601, or milliseconds in fields whose names end in \`Ms\`.

**Two at once.** A room has a version, which rises with each change and is told as its \`ETag\`. Send it back as \`If-Match\`, and the change is made for that version only: 412 \`version-outdated\` says that somebody else was quicker, and that nothing was changed. Without \`If-Match\` a change is made on top of any other.

**Trying out.** With \`?dryRun=true\` a change of a room is not made: the answer says what it would do to those who wait, and whether it would need a second person. Where an effect cannot be predicted, \`dryRun\` is refused, and nothing is done.

**A second person.** Where the policy says so (\`secondPersonFor\`), a change is answered 202 with a \`proposal\`: nothing has happened yet. It waits, at most an hour, until somebody with another key confirms it, or it is taken off.

**Repeating.** PUT, PATCH and DELETE may be repeated. Where an operation takes an \`Idempotency-Key\` (a UUID), a repeat with the same key gets the same answer.

**Problems.** ${problemsText}

Without a key: \`/livez\` (the process lives), \`/readyz\` (it should get traffic), \`/metrics\` (Prometheus), \`/docs\`, \`/openapi.json\` and \`/openapi-public.json\`.`;

const visitorsText = `What waiting pages, widgets and apps call. A visitor joins, keeps the queue token, looks at its standing as often as \`pollAfterMs\` says, and enters when its turn has come.

**The queue token** is the only proof of a ticket (\`Authorization: Bearer <queue token>\`), and a secret: whoever holds it holds the turn.

**Live.** \`GET /v1/rooms/{roomId}/live\` is a WebSocket (subprotocol \`guichet.v1\`); its first message is \`{"type":"hello","queueToken":"…"}\`.

**Repeating.** Send an \`Idempotency-Key\` (a UUID made by the client, as secret as the token) with a join: a repeat finds the same ticket on any replica, after any failure.

**Other sites' pages** may call it when the room's policy names them in \`allowedOrigins\`.

**Problems.** ${problemsText}`;

/** Of each listener's document. */
export const apiInfo: { readonly [listener in Listener]: { title: string; description: string } } = {
  public: { title: 'Guichet: for visitors', description: visitorsText },
  internal: { title: 'Guichet: for operators and origins', description: operatorsText },
};

/** What each group of operations is; one that is not here has its name only. */
export const apiTags: { readonly [tag: string]: string } = {
  rooms:
    'Make, read, change and delete rooms. A room’s policy says how many people get in, how fast, and in which words.',
  steering:
    'What changes while people wait: state, pace and notice. Each takes effect within two ticks (two seconds) on every replica.',
  tickets: 'For people at a desk or on the phone: take a ticket for them, and find one again.',
  figures: 'A room in figures: as it is now, and as it was.',
  alarms: 'What is wrong, for whom, and what was lately.',
  keys: 'API keys of people and systems: made, listed, revoked.',
  'second person':
    'What one operator alone may not do, where a policy says so: the change waits, at most an hour, for another key.',
  audit: 'Who did what, when and why: a chain of records that shows whether one was doctored.',
  origin: 'For the protected site and its proxy: redeem a hand-over, renew a session, end it.',
  delivery: 'How the site hears of each release, and what could not be delivered.',
  preview: 'What visitors will see, before anybody does.',
  room: 'What anyone may read.',
  ticket: 'Join, look, leave.',
  turn: 'What one does when the turn has come, or was missed.',
  devices: 'Take a ticket from one device to another.',
  email: 'One e-mail when the turn is near. There only where the service has a mail server.',
};

type Header = { description: string; required?: boolean; schema: { type: string; minimum?: number } };

/** Headers of answers. */
export const headersOfAnswers: { readonly [name in AnswerHeader]: Header } = {
  etag: {
    description: 'The version of what was read or written, for `If-Match`.',
    schema: { type: 'string' },
  },
  'retry-after': { description: 'When to ask again, in seconds.', schema: { type: 'integer', minimum: 0 } },
  'cache-control': {
    description: '`no-store`: no cache on the way may keep it.',
    schema: { type: 'string' },
  },
  'content-language': { description: 'The language of the page.', schema: { type: 'string' } },
};

/** Beside an answer of a route that counts requests. */
export const rateLimitHeaders: { readonly [name: string]: Header } = {
  RateLimit: {
    description: 'What is left for this network and when it is whole again: `"join";r=5999;t=1`.',
    schema: { type: 'string' },
  },
  'RateLimit-Policy': { description: 'The limit: `"join";q=6000;w=60`.', schema: { type: 'string' } },
};

/** For a success that its schema has no words for. */
export const successTexts: { readonly [status: string]: string } = {
  200: 'Done, or found.',
  201: 'Made.',
  202: 'Not done yet: it waits for a second person.',
  204: 'Done; there is nothing to tell.',
};
