/**
 * A proxy on stage: a Redis and Guichet as processes of their own, a site that records what reaches it, and the proxy in
 * front of it with a certificate, on the document's configuration. Ports, paths and addresses are free ones; names are
 * those of the documents.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { vi } from 'vitest';
import { ensureCommand } from '../../src/dev/provision.ts';
import { freePort, type RedisServer, startRedisServer } from '../../src/dev/redis-server.ts';
import { makeApiKeys, makeSigningKeys, ServiceProcess } from '../../src/dev/service-processes.ts';
import type { PolicyInput } from '../../src/domain/room.ts';
import type { ProxyProcess } from './proxy-process.ts';
import { RecordingSite } from './recording-site.ts';
import { expectStatus } from './service.ts';
import { type Answer, ask, type Question } from './wire-client.ts';

/** As the documents have them. */
export const roomId = 'swimming';
export const siteUrl = 'https://www.example.org';
const publicUrl = 'https://wait.example.org';

const admittedAtOnce = 12;
const turnWait = { timeout: 5_000, interval: 50 };

/** Someone who took a number. */
export type Ticket = { ticketId: string; queueToken: string };

/** Someone who entered; `arrivalPath`: where the room sends them, with the hand-over in it. */
export type Inside = Ticket & { pass: string; arrivalPath: string };

/** What a document's examples become. */
export type StageValues = {
  /** The proxy's own. */
  port: number;
  certificate: string;
  key: string;
  /** Certificate and key in one file. */
  pem: string;
  /** host:port */
  site: string;
  guichet: string;
  guichetInternal: string;
  originKey: string;
  directory: string;
};

/** A proxy on a configuration; called again to start it on another one. */
export type MakeProxy = (values: StageValues) => Promise<ProxyProcess>;

type StageParts = {
  redis: RedisServer;
  guichet: ServiceProcess;
  site: RecordingSite;
  values: StageValues;
  adminKey: string;
  trusted: string;
};

export class ProxyStage {
  readonly redis: RedisServer;
  readonly guichet: ServiceProcess;
  readonly site: RecordingSite;
  readonly values: StageValues;
  readonly #adminKey: string;
  readonly #trusted: string;
  readonly #admitted: Ticket[] = [];
  #proxy: ProxyProcess | null = null;

  private constructor({ redis, guichet, site, values, adminKey, trusted }: StageParts) {
    this.redis = redis;
    this.guichet = guichet;
    this.site = site;
    this.values = values;
    this.#adminKey = adminKey;
    this.#trusted = trusted;
  }

  /** Everything but the proxy, with the room of the documents open. */
  static async open(policy: PolicyInput): Promise<ProxyStage> {
    const directory = await mkdtemp(join(tmpdir(), 'guichet-proxy-'));
    const apiKeys = makeApiKeys();
    const keysFile = join(directory, 'signing-keys.json');
    const [redis, site, certificate] = await Promise.all([
      startRedisServer(),
      RecordingSite.start(),
      makeCertificate(directory),
      makeSigningKeys(keysFile),
    ]);
    const environment = {
      REDIS_URL: redis.url,
      GUICHET_PUBLIC_URL: publicUrl,
      GUICHET_SIGNING_KEYS_FILE: keysFile,
      GUICHET_JOINS_PER_MINUTE_PER_PREFIX: '0',
    };
    const guichet = await ServiceProcess.create({ name: 'guichet', directory, apiKeys, environment });
    await guichet.start();
    const values: StageValues = {
      port: await freePort(),
      ...certificate,
      site: site.address,
      guichet: new URL(guichet.publicUrl).host,
      guichetInternal: new URL(guichet.internalUrl).host,
      originKey: apiKeys.origin,
      directory,
    };
    const trusted = await readFile(certificate.certificate, 'utf8');
    const stage = new ProxyStage({ redis, guichet, site, values, adminKey: apiKeys.admin, trusted });
    const room = `/v1/rooms/${roomId}`;
    expectStatus(await stage.internal(room, { method: 'PUT', body: policy }), 201);
    expectStatus(await stage.internal(`${room}/open`, { method: 'POST' }), 200);
    return stage;
  }

  /** Puts the proxy in front of the site, in place of the one that is there. */
  async putInFront(make: MakeProxy): Promise<void> {
    await this.#proxy?.stop();
    this.#proxy = await make(this.values);
    await this.#proxy.start();
  }

  /** Ends everything; what the proxy wrote is returned. */
  async close(): Promise<string> {
    await Promise.all([this.#proxy?.stop(), this.guichet.kill(), this.redis.stop(), this.site.stop()]);
    await rm(this.values.directory, { recursive: true, force: true });
    return this.#proxy?.log ?? '';
  }

  /** Asks the site through the proxy, as a browser that is at its address. */
  through(path: string, { pass, headers, ...question }: Question & { pass?: string } = {}): Promise<Answer> {
    return ask(`https://127.0.0.1:${this.values.port}${path}`, {
      ...question,
      trusted: this.#trusted,
      // Whatever name the request gives.
      serverName: new URL(siteUrl).host,
      headers: {
        host: new URL(siteUrl).host,
        ...(pass === undefined ? {} : { cookie: `other=1; guichet_pass_${roomId}=${pass}` }),
        ...headers,
      },
    });
  }

  /** Asks Guichet's internal listener as an admin. */
  internal(path: string, question: Question = {}): Promise<Answer> {
    return ask(`${this.guichet.internalUrl}${path}`, { bearer: this.#adminKey, ...question });
  }

  /** Changes the room's policy. */
  async change(policy: PolicyInput): Promise<void> {
    expectStatus(await this.internal(`/v1/rooms/${roomId}`, { method: 'PATCH', body: policy }), 200);
  }

  /** A ticket of the room. */
  async join(): Promise<Ticket> {
    const answer = await ask(`${this.guichet.publicUrl}/v1/rooms/${roomId}/tickets`, { method: 'POST' });
    expectStatus(answer, 201);
    return answer.body as Ticket;
  }

  async look(queueToken: string): Promise<Answer['body']> {
    const path = `${this.guichet.publicUrl}/v1/rooms/${roomId}/ticket`;
    return (await ask(path, { bearer: queueToken })).body;
  }

  /** Enters as soon as it is their turn. */
  async enter({ ticketId, queueToken }: Ticket): Promise<Inside> {
    const isTheirTurn = async (): Promise<void> => {
      const { kind } = await this.look(queueToken);
      if (kind !== 'admitted') throw new Error(`${String(kind)}, not admitted`);
    };
    await vi.waitFor(isTheirTurn, turnWait);
    const path = `${this.guichet.publicUrl}/v1/rooms/${roomId}/ticket/enter`;
    const answer = await ask(path, { method: 'POST', bearer: queueToken });
    expectStatus(answer, 200);
    const { pass, redirectUrl } = answer.body as { pass: string; redirectUrl: string };
    const { pathname, search } = new URL(redirectUrl);
    return { ticketId, queueToken, pass, arrivalPath: pathname + search };
  }

  /** Someone who joined and entered: there is room for them. Many are admitted at once, for those who ask next. */
  async entered(): Promise<Inside> {
    if (this.#admitted.length === 0) {
      const joined = Array.from({ length: admittedAtOnce }, () => this.join());
      this.#admitted.push(...(await Promise.all(joined)));
    }
    return this.enter(this.#admitted.pop() as Ticket);
  }
}

/** A certificate for the site's name that signs itself. */
async function makeCertificate(directory: string): Promise<Pick<StageValues, 'certificate' | 'key' | 'pem'>> {
  const openssl = await ensureCommand('openssl', 'openssl');
  const [certificate, key, pem] = [
    join(directory, 'certificate.pem'),
    join(directory, 'key.pem'),
    join(directory, 'both.pem'),
  ];
  const name = new URL(siteUrl).host;
  const words = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const subject = ['-days', '2', '-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`];
  await promisify(execFile)(openssl, [...words, ...subject, '-out', certificate, '-keyout', key]);
  await writeFile(pem, (await readFile(certificate, 'utf8')) + (await readFile(key, 'utf8')));
  return { certificate, key, pem };
}

/** The pass in the one cookie of ours that an answer sets; null where it sets none. */
export function passIn({ headers }: Answer): string | null {
  const ours = (headers['set-cookie'] ?? []).filter((cookie) => cookie.startsWith('guichet_pass_'));
  if (ours.length > 1) throw new Error(`${ours.length} cookies of ours in one answer`);
  const pattern = new RegExp(`^guichet_pass_${roomId}=([^;]+); HttpOnly; Secure; SameSite=Lax; Path=/$`);
  return ours.length === 0 ? null : (pattern.exec(ours[0] ?? '')?.[1] ?? null);
}

/** The room's page, as visitors are sent to it. */
export function roomUrl(search: Readonly<Record<string, string>> = {}): string {
  const url = new URL(`/rooms/${roomId}`, publicUrl);
  for (const [name, value] of Object.entries(search)) url.searchParams.set(name, value);
  return url.href;
}
