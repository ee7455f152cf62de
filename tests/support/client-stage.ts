/** A site that uses a small client of ours, with Guichet behind lines on which answers can be lost. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { makeApiKeys, makeSigningKeys, ServiceProcess } from '../../src/dev/service-processes.ts';
import type { PolicyInput } from '../../src/domain/room.ts';
import { expectStatus } from './service.ts';
import { type Answer, ask, type Question } from './wire-client.ts';

export const clientRoomId = 'swimming';
export const issuer = 'https://wait.example.org';
export const siteUrl = 'https://www.example.org';

/** Forwards to an address; the next answers can be lost after they were given. */
class LossyLine {
  /** Answers that do not arrive from now on. */
  losing = 0;
  readonly #server: Server;

  private constructor(target: URL) {
    this.#server = createServer((incoming, outgoing) => this.#forward(target, incoming, outgoing));
  }

  static async to(targetUrl: string): Promise<LossyLine> {
    const line = new LossyLine(new URL(targetUrl));
    await new Promise<void>((resolve) => line.#server.listen(0, '127.0.0.1', resolve));
    return line;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #forward(target: URL, incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { method, url, headers } = incoming;
    const options = { host: target.hostname, port: target.port, method, path: url, headers, agent: false };
    const forwarded = request(options, (answer) => {
      if (this.losing > 0) {
        this.losing -= 1;
        answer.resume();
        outgoing.destroy();
        return;
      }
      outgoing.writeHead(answer.statusCode ?? 502, { ...answer.headers, connection: 'close' });
      answer.pipe(outgoing);
    });
    forwarded.on('error', () => outgoing.destroy());
    incoming.pipe(forwarded);
  }
}

export type Entered = { ticketId: string; queueToken: string; number: number; arrivalPath: string };

/** What a document's examples become. */
export type ClientValues = { public: string; internal: string; originKey: string; directory: string };

/** Guichet in memory with an open room, as a site of one of our clients reaches it. */
export class ClientStage {
  readonly values: ClientValues;
  readonly keysFile: string;
  /** To the internal listener, and to the public one. */
  readonly lines: { internal: LossyLine; public: LossyLine };
  readonly #guichet: ServiceProcess;
  readonly #adminKey: string;

  private constructor(
    guichet: ServiceProcess,
    {
      values,
      keysFile,
      adminKey,
      lines,
    }: Pick<ClientStage, 'values' | 'keysFile' | 'lines'> & { adminKey: string },
  ) {
    this.#guichet = guichet;
    this.values = values;
    this.keysFile = keysFile;
    this.lines = lines;
    this.#adminKey = adminKey;
  }

  static async open(policy: PolicyInput): Promise<ClientStage> {
    const directory = await mkdtemp(join(tmpdir(), 'guichet-client-'));
    const apiKeys = makeApiKeys();
    const keysFile = join(directory, 'signing-keys.json');
    await makeSigningKeys(keysFile);
    const environment = { GUICHET_PUBLIC_URL: issuer, GUICHET_SIGNING_KEYS_FILE: keysFile };
    const guichet = await ServiceProcess.create({ name: 'guichet', directory, apiKeys, environment });
    await guichet.start();
    const lines = {
      internal: await LossyLine.to(guichet.internalUrl),
      public: await LossyLine.to(guichet.publicUrl),
    };
    const stage = new ClientStage(guichet, {
      values: {
        public: lines.public.address,
        internal: lines.internal.address,
        originKey: apiKeys.origin,
        directory,
      },
      keysFile,
      adminKey: apiKeys.admin,
      lines,
    });
    const room = await stage.#asAdmin('', { method: 'PUT', body: { targetUrl: `${siteUrl}/`, ...policy } });
    expectStatus(room, 201);
    expectStatus(await stage.#asAdmin('/open', { method: 'POST' }), 200);
    return stage;
  }

  async close(): Promise<void> {
    await this.#guichet.kill();
    await Promise.all([this.lines.internal.close(), this.lines.public.close()]);
    await rm(this.values.directory, { recursive: true, force: true });
  }

  async change(policy: PolicyInput): Promise<void> {
    expectStatus(await this.#asAdmin('', { method: 'PATCH', body: policy }), 200);
  }

  /** The room as visitors see it. */
  async room(): Promise<Answer['body']> {
    return (await ask(this.#roomUrl)).body;
  }

  async look({ queueToken }: Entered): Promise<Answer['body']> {
    return (await ask(`${this.#roomUrl}/ticket`, { bearer: queueToken })).body;
  }

  /** Someone who joined and entered. */
  async entered(): Promise<Entered> {
    const joined = await ask(`${this.#roomUrl}/tickets`, { method: 'POST' });
    expectStatus(joined, 201);
    const ticket = joined.body as { ticketId: string; queueToken: string; number: number };
    const enter = async (): Promise<Answer> => {
      const question: Question = { method: 'POST', bearer: ticket.queueToken };
      const answer = await ask(`${this.#roomUrl}/ticket/enter`, question);
      expectStatus(answer, 200);
      return answer;
    };
    const { body } = await vi.waitFor(enter, { timeout: 5_000, interval: 50 });
    const { pathname, search } = new URL(body['redirectUrl'] as string);
    return { ...ticket, arrivalPath: pathname + search };
  }

  get #roomUrl(): string {
    return `${this.#guichet.publicUrl}/v1/rooms/${clientRoomId}`;
  }

  #asAdmin(path: string, question: Question): Promise<Answer> {
    const url = `${this.#guichet.internalUrl}/v1/rooms/${clientRoomId}${path}`;
    return ask(url, { bearer: this.#adminKey, ...question });
  }
}

/** The pass that an answer sets, as safely as the gate sets it; null: none. */
export function passKept({ headers }: Answer): string | null {
  const [cookie = ''] = headers['set-cookie'] ?? [];
  const [pair = '', ...attributes] = cookie.split('; ');
  const [, pass] = new RegExp(`^guichet_pass_${clientRoomId}=(.+)$`).exec(pair) ?? [];
  const kept = new Set(attributes.map((attribute) => attribute.toLowerCase()));
  const isSafe = ['httponly', 'secure', 'samesite=lax', 'path=/'].every((attribute) => kept.has(attribute));
  return pass !== undefined && isSafe ? pass : null;
}
