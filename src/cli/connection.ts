/**
 * Where the service is and whose key is shown to it. The only file of the command line that looks at the environment; the
 * doctor reads the service's own settings from it by config.ts.
 *
 * The key is never an argument: arguments stand in the list of processes, which every account of the machine can read.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Refusal, usageRefusal } from './refusal.ts';

/** What a state directory holds once the service made its first admin key by itself. */
const adminKeyFileName = 'admin-key';
const defaultPort = '9090';

/** The environment of this process. */
export const ownEnvironment: NodeJS.ProcessEnv = process.env;

/** The internal listener's address without a trailing slash. Throws Refusal when it is none. */
export function apiUrlOf(asked: string | undefined, environment: NodeJS.ProcessEnv): string {
  const port = environment['GUICHET_INTERNAL_PORT'] || defaultPort;
  const given = asked ?? (environment['GUICHET_API_URL'] || `http://127.0.0.1:${port}`);
  const isUrl = URL.canParse(given) && /^https?:$/.test(new URL(given).protocol);
  // A login in an address would be shown where addresses are.
  if (!isUrl || new URL(given).username !== '') {
    throw usageRefusal({
      en: `${isUrl ? 'The address of the API takes no user name' : `${given} is no address of the API`}: it is as http://127.0.0.1:9090`,
      fr: `${isUrl ? 'L’adresse de l’API ne prend pas de nom d’utilisateur' : `${given} n’est pas une adresse de l’API`} : elle est comme http://127.0.0.1:9090`,
    });
  }
  const { origin, pathname } = new URL(given);
  return `${origin}${pathname.replace(/\/+$/, '')}`;
}

/** Variables that may hold the key, the first one that is set counts. */
const keyNames = ['GUICHET_API_KEY', 'GUICHET_ADMIN_KEY'] as const;

/**
 * The API key: GUICHET_API_KEY, else GUICHET_ADMIN_KEY (each also as a file by `_FILE`), else the file that the service
 * wrote into its state directory. Throws Refusal where there is none, and never with a key in it.
 */
export function apiKeyOf(environment: NodeJS.ProcessEnv): string {
  for (const name of keyNames) {
    const [value, path] = [environment[name], environment[`${name}_FILE`]];
    if (value) return usable(value.trim(), name);
    if (path) return usable(readKey(path, `${name}_FILE`), `${name}_FILE`);
  }
  const stateDir = environment['GUICHET_STATE_DIR'];
  if (stateDir) {
    const path = join(stateDir, adminKeyFileName);
    const key = readIfThere(path);
    if (key !== null) return usable(key, path);
  }
  throw new Refusal({
    code: 'no-key',
    title: {
      en: 'No API key: set GUICHET_API_KEY_FILE to the path of a file that holds one',
      fr: 'Aucune clé d’API : mettez dans GUICHET_API_KEY_FILE le chemin d’un fichier qui en contient une',
    },
    exitCode: 2,
  });
}

/** What an HTTP header can carry. */
function usable(key: string, from: string): string {
  if (/^[\x21-\x7e]{1,2048}$/.test(key)) return key;
  throw usageRefusal({
    en: `What ${from} holds is no API key`,
    fr: `Ce que contient ${from} n’est pas une clé d’API`,
  });
}

function readKey(path: string, name: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? '';
    throw usageRefusal({
      en: `${name} cannot be read: ${path} (${why})`,
      fr: `${name} ne peut pas être lu : ${path} (${why})`,
    });
  }
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return null;
  }
}
