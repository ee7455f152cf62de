/** Does the service answer at its internal listener, to this key, and is it ready? */
import { version as ours } from '../version.ts';
import type { ApiClient } from './api-client.ts';
import { type Finding, ok, skipped, wrong } from './finding.ts';
import { Refusal } from './refusal.ts';
import type { RoomBody } from './room-words.ts';

const answerWithinMs = 5_000;

/** `rooms` null: they could not be asked for. */
export type ServiceSeen = { findings: Finding[]; rooms: readonly RoomBody[] | null; isThere: boolean };

export async function lookAtService(api: ApiClient): Promise<ServiceSeen> {
  const alive = await probe(`${api.url}/livez`);
  if (alive === null || alive.status !== 200)
    return { findings: [away(api.url)], rooms: null, isThere: false };
  const there = ok('internal-api', `Guichet answers at ${api.url}`, `Guichet répond à ${api.url}`);
  const ready = readyFinding(await probe(`${api.url}/readyz`));
  try {
    const { body } = await api.ask('/v1/rooms');
    const { rooms } = body as { rooms: RoomBody[] };
    const accepted = ok('api-key', `It sees ${rooms.length} rooms`, `Elle voit ${rooms.length} salles`);
    return { findings: [there, accepted, ready, await versionFinding(api, rooms)], rooms, isThere: true };
  } catch (error) {
    return { findings: [there, keyFinding(error), ready], rooms: null, isThere: true };
  }
}

function away(url: string): Finding {
  return wrong('fault', 'internal-api', {
    sentence: {
      en: `Guichet does not answer at ${url}`,
      fr: `Guichet ne répond pas à ${url}`,
    },
    advice: {
      en: 'Start it, or say where its internal listener is: --url, or GUICHET_API_URL',
      fr: 'Démarrez-le, ou dites où est son écoute interne : --url, ou GUICHET_API_URL',
    },
  });
}

/** Without a key: probes need none. */
async function probe(url: string): Promise<{ status: number; text: string } | null> {
  try {
    const signal = AbortSignal.timeout(answerWithinMs);
    const response = await fetch(url, { signal, redirect: 'manual', headers: { connection: 'close' } });
    return { status: response.status, text: await response.text() };
  } catch {
    return null;
  }
}

function readyFinding(answer: { status: number; text: string } | null): Finding {
  if (answer?.status === 200) return ok('service-ready', 'The replica is ready', 'La réplique est prête');
  const why = answer?.text ?? '';
  return wrong('fault', 'service-ready', {
    sentence: {
      en: `The replica is not ready${why === '' ? '' : `: ${why}`}`,
      fr: `La réplique n’est pas prête${why === '' ? '' : ` : ${why}`}`,
    },
    advice: {
      en: 'Look at its log; without Redis nobody can join',
      fr: 'Regardez son journal ; sans Redis, personne ne peut entrer dans la file',
    },
  });
}

function keyFinding(error: unknown): Finding {
  const { code, title } = error instanceof Refusal ? error : { code: 'failed', title: { en: '', fr: '' } };
  if (code === 'no-key') {
    return wrong('warning', 'api-key', {
      sentence: title,
      advice: { en: 'A viewer’s key is enough', fr: 'Une clé de portée viewer suffit' },
    });
  }
  const isAboutKey = code === 'key-missing' || code === 'key-forbidden';
  return wrong(isAboutKey ? 'fault' : 'warning', 'api-key', {
    sentence: isAboutKey
      ? { en: 'The API key is not accepted', fr: 'La clé d’API n’est pas acceptée' }
      : {
          en: `The rooms could not be asked for: ${title.en}`,
          fr: `Les salles n’ont pas pu être demandées : ${title.fr}`,
        },
    advice: {
      en: 'Compare GUICHET_API_KEY or GUICHET_ADMIN_KEY with what the service was started with',
      fr: 'Comparez GUICHET_API_KEY ou GUICHET_ADMIN_KEY avec ce qui a servi à démarrer le service',
    },
  });
}

/** Of every replica that a snapshot tells of. */
async function versionFinding(api: ApiClient, rooms: readonly RoomBody[]): Promise<Finding> {
  const theirs = rooms[0] === undefined ? [] : await replicaVersions(api, rooms[0].roomId);
  if (theirs.length === 0) {
    return skipped(
      'guichet-version',
      `This is ${ours}; the replicas do not tell theirs`,
      `Ceci est ${ours} ; les répliques ne disent pas la leur`,
    );
  }
  const others = [...new Set(theirs)].filter((version) => version !== ours);
  if (others.length === 0) return ok('guichet-version', `All are ${ours}`, `Toutes sont ${ours}`);
  return wrong('warning', 'guichet-version', {
    sentence: {
      en: `This is ${ours}, and replicas are ${others.join(', ')}`,
      fr: `Ceci est ${ours}, et des répliques sont ${others.join(', ')}`,
    },
    advice: { en: 'Bring them all to one version', fr: 'Mettez-les toutes à la même version' },
  });
}

async function replicaVersions(api: ApiClient, roomId: string): Promise<string[]> {
  try {
    const { body } = await api.ask(`/v1/rooms/${roomId}/snapshot`);
    const { replicas } = body as { replicas?: { list: { version: string }[] } };
    return (replicas?.list ?? []).map(({ version }) => version);
  } catch {
    return [];
  }
}
