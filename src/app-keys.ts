/** The wiring of API keys: a part of app.ts. */
import type { FastifyInstance } from 'fastify';
import type { Config } from './config.ts';
import type { KeyHolder } from './domain/actor.ts';
import type { AuditTrail } from './domain/audit.ts';
import type { Clock } from './domain/clock.ts';
import type { Log } from './domain/log.ts';
import { apiKeys, type FindKey, keysOfSettings, type RequireScope } from './edge/api-keys.ts';
import { keyLimit } from './edge/key-limit.ts';
import { keyRoutes } from './edge/key-routes.ts';
import { ApiKeys } from './service/api-keys.ts';
import { FirstAdminKey } from './service/first-admin-key.ts';
import { KnownKeysFile } from './service/known-keys-file.ts';
import type { RoomLink } from './service/room-link.ts';
import type { KeyRing } from './service/signing-keys.ts';
import type { ApiKeyStore } from './store/api-key-store.ts';

export type KeyWiring = {
  config: Config;
  clock: Clock;
  log: Log;
  link: RoomLink;
  audit: AuditTrail;
  /** What secrets are derived from that a repeat is shown again. */
  ring: () => KeyRing;
  /** Shows a secret to whoever started the service; null: nobody looks. */
  tell: ((text: string) => void) | null;
};

/** What guards the routes, the operators' routes for keys, and the loop that follows the store. */
export function wireKeys(store: ApiKeyStore, { config, clock, log, link, audit, ring, tell }: KeyWiring) {
  const { adminKey, operatorKey, viewerKey, originKey, stateDir } = config;
  const ofSettings = keysOfSettings({
    admin: adminKey,
    operator: operatorKey,
    viewer: viewerKey,
    origin: originKey,
  });
  const retry = <Answer>(ask: () => Promise<Answer>): Promise<Answer> => link.retry(ask);
  const keys = new ApiKeys({ store, clock, log, audit, ring, retry, ofSettings: [...ofSettings.values()] });
  const file = stateDir === null ? null : new KnownKeysFile(stateDir, keys.known, log);
  if (file) keys.onKnown = () => file.write();
  if (adminKey === null) {
    const parts = { store, known: keys.known, clock, log, audit, directory: stateDir, tell };
    const first = new FirstAdminKey({ ...parts, onMade: () => keys.onKnown() });
    keys.onPolled = (version) => first.polled(version);
  }
  const find: FindKey = (hash): KeyHolder | null => {
    const holder = ofSettings.get(hash);
    if (holder === undefined) return keys.find(hash);
    keys.known.noteUse(holder.keyId);
    return holder;
  };
  return {
    isRevoked: (keyId: string): boolean => keys.known.revocation(keyId) !== null,
    guard: (app: FastifyInstance): RequireScope => apiKeys(app, find, keyLimit(clock)),
    register: (app: FastifyInstance, requireScope: RequireScope): void => keyRoutes(app, keys, requireScope),
    /** Reads what was known here, and what the store says if it answers at once. */
    async open(): Promise<void> {
      await file?.read();
      await keys.beat();
    },
    run: keys.run.bind(keys),
    close: (): Promise<void> => store.close(),
  };
}
