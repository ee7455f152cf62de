/**
 * npm start: the whole thing on one machine, to walk through in a browser. The service with a demo room, behind it a
 * registration site that holds 5 people, and before it a town's page with the widget. In memory, or on REDIS_URL. What
 * must outlive a restart (signing keys, API keys, the audit, the replica's memory) is kept in .guichet/, which is not
 * under version control.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createApp } from '../app.ts';
import { ConfigError, readConfig } from '../config.ts';
import type { PolicyInput } from '../domain/room.ts';
import { newKeysFile } from '../service/signing-keys.ts';
import { createLogger } from '../telemetry/logger.ts';
import { startDemoOrigin } from './demo-origin.ts';
import { startDemoTown } from './demo-town.ts';

const folder = '.guichet';
const roomId = 'demo';
const originPort = 8081;
const townPort = 8082;
const capacity = 5;
const sessionTtlMs = 120_000;

/** The text of a file in the folder, made the first time. */
function kept(name: string, make: () => string): { path: string; text: string } {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, name);
  if (!existsSync(path)) writeFileSync(path, make(), { mode: 0o600 });
  return { path, text: readFileSync(path, 'utf8').trim() };
}

const newApiKey = (): string => `${randomBytes(24).toString('base64url')}\n`;

function demoPolicy({ targetUrl, townUrl }: { targetUrl: string; townUrl: string }): PolicyInput {
  return {
    name: {
      fr: 'Inscriptions de démonstration',
      en: 'Demonstration registrations',
      es: 'Inscripciones de demostración',
      ar: 'تسجيلات تجريبية',
    },
    owner: {
      fr: 'Ville de démonstration',
      en: 'Demonstration City',
      es: 'Ciudad de demostración',
      ar: 'مدينة تجريبية',
    },
    contact: {
      fr: 'téléphone 555-0100, du lundi au vendredi, de 8 h 30 à 16 h 30',
      en: 'phone 555-0100, Monday to Friday, 8:30 to 4:30',
    },
    languages: ['fr', 'en', 'es', 'ar'],
    targetUrl,
    allowedOrigins: [townUrl],
    capacity,
    outflowPerMinute: 60,
    enterWithinMs: 120_000,
    sessionTtlMs,
  };
}

async function callInternal(url: string, adminKey: string, method: string, body?: object): Promise<void> {
  const response = await fetch(url, {
    method,
    headers: { authorization: `Bearer ${adminKey}`, ...(body ? { 'content-type': 'application/json' } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${await response.text()}`);
}

async function run(): Promise<void> {
  const adminKey = kept('admin-key', newApiKey);
  const originKey = kept('origin-key', newApiKey);
  const settings = readConfig(undefined, {
    GUICHET_LOG_LEVEL: 'warn',
    GUICHET_DRAIN_MS: '0',
    GUICHET_SIGNING_KEYS_FILE: kept('signing-keys.json', () => newKeysFile({ withRsa: true })).path,
    GUICHET_ADMIN_KEY: adminKey.text,
    GUICHET_ORIGIN_KEY: originKey.text,
    GUICHET_AUDIT_FILE: join(folder, 'audit.jsonl'),
  });
  // In memory everything ends with the process, and a new one starts with an empty room.
  const stateDir = settings.stateDir ?? (settings.redisUrl ? join(folder, 'state') : null);
  const config = { ...settings, stateDir };
  const internalUrl = `http://${config.internalHost}:${config.internalPort}`;
  const app = await createApp({ config, log: createLogger(config.logLevel) });
  await app.start();
  const origin = await startDemoOrigin({
    port: originPort,
    roomId,
    gate: 'guichet',
    guichetPublicUrls: [config.publicUrl],
    guichetInternalUrls: [internalUrl],
    originKey: config.originKey ?? originKey.text,
    sessionTtlMs,
    capacity,
  });
  const targetUrl = `${origin.url}/`;
  const town = await startDemoTown({
    port: townPort,
    roomId,
    guichetUrl: config.publicUrl,
    siteUrl: targetUrl,
  });
  const adminKeyUsed = config.adminKey ?? adminKey.text;
  const policy = demoPolicy({ targetUrl, townUrl: town.url });
  await callInternal(`${internalUrl}/v1/rooms/${roomId}`, adminKeyUsed, 'PUT', policy);
  await callInternal(`${internalUrl}/v1/rooms/${roomId}/open`, adminKeyUsed, 'POST');
  console.log(`
  Guichet is running. ${config.redisUrl ? 'The store is Redis.' : 'The store is in memory: tickets live as long as this process (REDIS_URL uses Redis).'}

  A town's page  ${town.url}/   (with the widget)
  Waiting page   ${config.publicUrl}/rooms/${roomId}
  Demo site      ${origin.url}/   (holds ${capacity} people; without a pass it sends you to the waiting page)
  API            ${internalUrl}/docs   (to read; for programs: /openapi.json, for visitors' clients: /openapi-public.json)
  Metrics        ${internalUrl}/metrics
  Admin key      in ${adminKey.path}
  Command line   GUICHET_API_KEY_FILE=${adminKey.path} npm run guichet -- watch
  Audit          ${config.auditFile ?? 'here, among the log'}   (who did what, one JSON object a line)

  Stop with Ctrl-C.
`);
  const stop = (): void => {
    void Promise.all([app.stop(), origin.close(), town.close()]).then(() => process.exit(0));
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}

run().catch((error: unknown) => {
  console.error(error instanceof ConfigError ? error.message : error);
  process.exit(1);
});
