/**
 * The whole service for tests: in this process, on free ports, with keys of every scope, its log kept as lines and
 * every response checked against its schema; or as the real process (`node src/main.ts`), with all its output.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, inject, onTestFinished } from 'vitest';
import { type App, createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import type { Clock } from '../../src/domain/clock.ts';
import type { PolicyInput } from '../../src/domain/room.ts';
import { newKeysFile } from '../../src/service/signing-keys.ts';
import type { ApiKeyStore } from '../../src/store/api-key-store.ts';
import type { QueueStore } from '../../src/store/queue-store.ts';
import { ManualClock } from './manual-clock.ts';
import type { QuickClock } from './quick-clock.ts';
import { RouteWatch } from './route-watch.ts';
import { storesOn } from './stores-on-clock.ts';
import { type Answer, ask, LiveClient, type LiveOptions, type Question } from './wire-client.ts';

export type Scope = 'admin' | 'operator' | 'viewer' | 'origin';
export const scopes: readonly Scope[] = ['admin', 'operator', 'viewer', 'origin'];

/** One line of the log. */
export type LogLine = { readonly level: number; readonly msg: string; readonly [field: string]: unknown };

export type TestServiceOptions = {
  /** Absent: the memory store. */
  redisUrl?: string;
  /** Absent: the machine's clock. With it the store's wall clock is the test's, too. */
  clock?: ManualClock | QuickClock;
  /** How far this replica's wall clock is ahead of that one, which stays the store's; negative: behind. */
  wallAheadMs?: number;
  /** Further settings. */
  environment?: Readonly<Record<string, string>>;
  /** A replica of that one: the same keys. */
  replicaOf?: TestService;
  /** Absent: the public URL has no certificate to look at. */
  certificate?: () => Promise<number | null>;
  /** Between the service and its store. */
  wrapStore?: (store: QueueStore) => QueueStore;
  /** The same for API keys; with a clock only. */
  wrapApiKeys?: (store: ApiKeyStore) => ApiKeyStore;
  /** Where the first admin key is shown, as on a terminal. */
  tell?: (text: string) => void;
};

/** The issuer of passes in tests. */
export const testPublicUrl = 'https://tickets.example.org';

/** A room id that no other test has. */
export function newRoomId(): string {
  return `room-${randomUUID()}`;
}

/** Starts the service in this process. The caller closes it, or has it closed by `serviceForTest`. */
export async function startService(options: TestServiceOptions = {}): Promise<TestService> {
  const { redisUrl, clock, environment, replicaOf, tell, wallAheadMs = 0 } = options;
  const { wrapStore = (store: QueueStore) => store } = options;
  const directory = await mkdtemp(join(tmpdir(), 'guichet-service-'));
  const keysText = replicaOf?.signingKeys ?? newKeysFile();
  const keysFile = join(directory, 'signing-keys.json');
  await writeFile(keysFile, keysText, { mode: 0o600 });
  const keys = replicaOf?.keys ?? newApiKeys();
  const config = readConfig({
    GUICHET_PUBLIC_PORT: '0',
    GUICHET_INTERNAL_PORT: '0',
    GUICHET_PUBLIC_URL: testPublicUrl,
    GUICHET_ADMIN_KEY: keys.admin,
    GUICHET_OPERATOR_KEY: keys.operator,
    GUICHET_VIEWER_KEY: keys.viewer,
    GUICHET_ORIGIN_KEY: keys.origin,
    GUICHET_SIGNING_KEYS_FILE: keysFile,
    GUICHET_DRAIN_MS: '0',
    GUICHET_AUDIT_FILE: join(directory, 'audit.jsonl'),
    ...(redisUrl === undefined || clock !== undefined ? {} : { REDIS_URL: redisUrl }),
    ...environment,
  });
  const withEmails = environment?.['GUICHET_SMTP_URL'] !== undefined;
  const own = clock === undefined ? null : await storesOn(clock, redisUrl, withEmails);
  if (own && options.wrapApiKeys) own.apiKeys = options.wrapApiKeys(own.apiKeys);
  const lines: LogLine[] = [];
  const log = pino(
    { level: 'info', base: null },
    { write: (line) => void lines.push(JSON.parse(line) as LogLine) },
  );
  const app = await createApp({
    config,
    log,
    strictResponses: true,
    certificate: options.certificate ?? (async () => null),
    wrapStore: (store) => wrapStore(own?.queue ?? store),
    ...(own === null ? {} : { otherStores: own }),
    ...(clock === undefined ? {} : { clock: ahead(clock, wallAheadMs) }),
    ...(tell === undefined ? {} : { tell }),
  });
  await app.start();
  const close = async (): Promise<void> => {
    const stopped = app.stop();
    await (clock instanceof ManualClock ? clock.during(stopped) : stopped);
    await rm(directory, { recursive: true, force: true });
  };
  return new TestService({ app, keys, lines, signingKeys: keysText, directory, close });
}

/** The same time, told by a wall clock that is wrong. */
function ahead(clock: Clock, wallAheadMs: number): Clock {
  return {
    wallMs: () => clock.wallMs() + wallAheadMs,
    monotonicMs: () => clock.monotonicMs(),
    sleep: (ms, signal) => clock.sleep(ms, signal),
  };
}

/** The same for one test, after which nothing of it is open. */
export async function serviceForTest(options: TestServiceOptions = {}): Promise<TestService> {
  const service = await startService(options);
  onTestFinished(() => service.close());
  return service;
}

/**
 * The service on both stores for all tests of a suite, on a clock moved by hand. Each suite names a database of its own
 * on the shared Redis: replicas tick every room that they find, and two clocks in one room are one too many.
 */
export function useService(
  kind: 'memory' | 'redis',
  database: number,
  environment: Readonly<Record<string, string>> = {},
): TestService & { clock: ManualClock } {
  const clock = new ManualClock();
  const holder: { service?: TestService } = {};
  beforeAll(async () => {
    holder.service = await startService(
      kind === 'memory' ? { clock, environment } : { clock, environment, redisUrl: redisDatabase(database) },
    );
  });
  afterAll(() => holder.service?.close());
  const get = (_: object, name: string | symbol): unknown => {
    if (name === 'clock') return clock;
    const value: unknown = Reflect.get(holder.service ?? {}, name);
    return typeof value === 'function' ? (value.bind(holder.service) as unknown) : value;
  };
  return new Proxy<TestService & { clock: ManualClock }>({} as never, { get });
}

/** A database of the Redis that the contract suite shares. */
function redisDatabase(database: number): string {
  const url = new URL(inject('redisUrl'));
  url.pathname = `/${database}`;
  return url.href;
}

function newApiKeys(): { readonly [scope in Scope]: string } {
  const key = (): string => randomBytes(24).toString('base64url');
  return { admin: key(), operator: key(), viewer: key(), origin: key() };
}

type TestServiceParts = {
  app: App;
  keys: { readonly [scope in Scope]: string };
  lines: LogLine[];
  signingKeys: string;
  /** Its own: signing keys, audit file. */
  directory: string;
  close: () => Promise<void>;
};

/** A visitor with a ticket. */
export type Visitor = { roomId: string; ticketId: string; number: number; queueToken: string; kind: string };

/** The service under test, and what visitors, operators and origins do to it. */
export class TestService {
  readonly app: App;
  readonly keys: { readonly [scope in Scope]: string };
  readonly lines: LogLine[];
  readonly signingKeys: string;
  readonly directory: string;
  readonly #close: () => Promise<void>;
  readonly #routes: RouteWatch;
  #closing: Promise<void> | undefined;

  constructor({ app, keys, lines, signingKeys, directory, close }: TestServiceParts) {
    this.directory = directory;
    this.app = app;
    this.keys = keys;
    this.lines = lines;
    this.signingKeys = signingKeys;
    this.#close = close;
    this.#routes = new RouteWatch(app);
  }

  get publicUrl(): string {
    return this.app.publicServer.listeningOrigin;
  }

  get internalUrl(): string {
    return this.app.internalServer.listeningOrigin;
  }

  /** Stops everything; again: the same. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Asks the public listener. Rejects when the answer is one that the API document does not foretell. */
  async public(path: string, question?: Question): Promise<Answer> {
    const answer = await ask(`${this.publicUrl}${path}`, question);
    this.#routes.heard('public', { path, method: question?.method ?? 'GET', answer });
    return answer;
  }

  /** Asks the internal listener with the key of a scope; rejects likewise. */
  async internal(path: string, question: Question & { as?: Scope } = {}): Promise<Answer> {
    const { as: scope = 'admin', ...rest } = question;
    const answer = await ask(`${this.internalUrl}${path}`, { bearer: this.keys[scope], ...rest });
    this.#routes.heard('internal', { path, method: rest.method ?? 'GET', answer });
    return answer;
  }

  /** A room that is open and holds nobody back; throws what the service says otherwise. */
  async openRoom(policy: PolicyInput = {}, roomId = newRoomId()): Promise<string> {
    await this.makeRoom(policy, roomId);
    expectStatus(await this.internal(`/v1/rooms/${roomId}/open`, { method: 'POST' }), 200);
    return roomId;
  }

  /** A room as it is made: scheduled. */
  async makeRoom(policy: PolicyInput = {}, roomId = newRoomId()): Promise<string> {
    expectStatus(await this.internal(`/v1/rooms/${roomId}`, { method: 'PUT', body: policy }), 201);
    return roomId;
  }

  /** A key for all rooms, beside those of the settings. */
  async makeKey(scope: Scope): Promise<{ keyId: string; key: string }> {
    const answer = await this.internal('/v1/keys', {
      method: 'POST',
      body: { name: `another ${scope}`, scope },
    });
    expectStatus(answer, 201);
    return answer.body as { keyId: string; key: string };
  }

  async join(roomId: string, question: Question = {}): Promise<Visitor> {
    const answer = await this.public(`/v1/rooms/${roomId}/tickets`, { method: 'POST', ...question });
    expectStatus(answer, 201);
    return { roomId, ...(answer.body as Omit<Visitor, 'roomId'>) };
  }

  look({ roomId, queueToken }: Visitor): Promise<Answer> {
    return this.public(`/v1/rooms/${roomId}/ticket`, { bearer: queueToken });
  }

  /** POST …/ticket/{verb}. */
  act({ roomId, queueToken }: Visitor, verb: 'enter' | 'extend' | 'return', body?: unknown): Promise<Answer> {
    return this.public(`/v1/rooms/${roomId}/ticket/${verb}`, { method: 'POST', bearer: queueToken, body });
  }

  /** A live connection, closed when the running test is over. */
  async live(roomId: string, options: LiveOptions): Promise<LiveClient> {
    const client = await LiveClient.open(this.publicUrl, roomId, options);
    onTestFinished(() => client.close());
    return client;
  }
}

/** Throws with the whole answer when its status is another. */
export function expectStatus(answer: Answer, status: number): void {
  if (answer.status !== status) throw new Error(`answered ${answer.status}, not ${status}: ${answer.text}`);
}
