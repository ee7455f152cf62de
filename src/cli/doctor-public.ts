/** Does everything that visitors need come through to them, and nothing that they must not have? */
import type { Config } from '../config.ts';
import { clockFaultMs, clockWarningMs } from './doctor-redis.ts';
import { type Finding, type FindingId, ok, skipped, whyOf, wrong } from './finding.ts';
import {
  askPublic,
  type CertificateSeen,
  type LiveSeen,
  type PublicAnswer,
  readCertificate,
  tryLive,
} from './public-line.ts';
import type { Voice } from './voice.ts';

/** A room that nobody has: what is asked about it is refused, and touches no queue. */
const noRoom = 'doctor-has-no-such-room';
const dayMs = 86_400_000;
const expiryFaultMs = 7 * dayMs;
const expiryWarningMs = 21 * dayMs;
/** A Date header tells whole seconds. */
const dateStepMs = 1_000;

type Settings = Pick<Config, 'publicUrl' | 'trustedProxies' | 'joinsPerMinutePerPrefix'>;

export async function publicFindings(settings: Settings, voice: Voice): Promise<Finding[]> {
  const { publicUrl } = settings;
  const findings = [
    httpsFinding(publicUrl),
    proxiesFinding(settings),
    ...(await tlsFindings(publicUrl, voice)),
  ];
  let answer: PublicAnswer;
  try {
    answer = await askPublic(`${publicUrl}/v1/rooms/${noRoom}`);
  } catch (error) {
    return [...findings, unreachable(publicUrl, whyOf(error))];
  }
  const isGuichet = /^(room-unknown|store-unavailable)$/.test(codeIn(answer));
  if (!isGuichet)
    return [...findings, somethingElse(publicUrl, answer.status), await exposedFinding(publicUrl)];
  return [
    ...findings,
    ok('public-url', `Guichet answers at ${publicUrl}`, `Guichet répond à ${publicUrl}`),
    clockFinding(answer, voice),
    ...liveFindings(await tryLive(publicUrl, noRoom, 'guichet.v1')),
    await exposedFinding(publicUrl),
  ];
}

/** The code of a problem of ours; empty for anything else. */
function codeIn({ text }: Pick<PublicAnswer, 'text'>): string {
  try {
    const { code } = JSON.parse(text) as { code?: unknown };
    return typeof code === 'string' ? code : '';
  } catch {
    return '';
  }
}

function httpsFinding(publicUrl: string): Finding {
  const { protocol, hostname } = new URL(publicUrl);
  const isLoopback = hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.');
  if (protocol === 'https:' || isLoopback)
    return ok('public-https', 'Browsers keep the cookie there', 'Les navigateurs y gardent le témoin');
  return wrong('fault', 'public-https', {
    sentence: {
      en: `${publicUrl} is not https: browsers do not keep the cookie, and a reload loses the ticket`,
      fr: `${publicUrl} n’est pas en https : les navigateurs ne gardent pas le témoin, et recharger la page perd le billet`,
    },
    advice: {
      en: 'Put a proxy with a certificate in front, and its https address into GUICHET_PUBLIC_URL',
      fr: 'Mettez devant un mandataire avec un certificat, et son adresse https dans GUICHET_PUBLIC_URL',
    },
  });
}

function proxiesFinding({ publicUrl, trustedProxies, joinsPerMinutePerPrefix }: Settings): Finding {
  const isBehindProxy = publicUrl.startsWith('https:');
  if (!isBehindProxy || trustedProxies.length > 0 || joinsPerMinutePerPrefix === 0)
    return ok('trusted-proxies', 'Visitors are told apart', 'Les visiteurs sont distingués');
  return wrong('warning', 'trusted-proxies', {
    sentence: {
      en: `Visitors come through a proxy that is not trusted: all of them share one limit of ${joinsPerMinutePerPrefix} joins a minute`,
      fr: `Les visiteurs passent par un mandataire qui n’est pas reconnu : ils partagent une seule limite de ${joinsPerMinutePerPrefix} entrées dans la file par minute`,
    },
    advice: {
      en: 'Put the proxy’s address into GUICHET_TRUSTED_PROXIES',
      fr: 'Mettez l’adresse du mandataire dans GUICHET_TRUSTED_PROXIES',
    },
  });
}

async function tlsFindings(publicUrl: string, voice: Voice): Promise<Finding[]> {
  if (!publicUrl.startsWith('https:')) return [];
  try {
    const seen = await readCertificate(publicUrl);
    return [chainFinding(seen), nameFinding(publicUrl, seen), expiryFinding(seen, voice)];
  } catch {
    // That nothing answers there is told once, by the question that follows.
    return [];
  }
}

function chainFinding({ chainError }: CertificateSeen): Finding {
  if (chainError === null) return ok('tls-chain', 'The certificate is trusted', 'Le certificat est reconnu');
  return wrong('fault', 'tls-chain', {
    sentence: {
      en: `The certificate is not trusted (${chainError}): browsers refuse the page`,
      fr: `Le certificat n’est pas reconnu (${chainError}) : les navigateurs refusent la page`,
    },
    advice: {
      en: 'Serve the whole chain (fullchain.pem). For an authority of your own set NODE_EXTRA_CA_CERTS here, and install it on devices',
      fr: 'Servez toute la chaîne (fullchain.pem). Pour votre propre autorité, définissez ici NODE_EXTRA_CA_CERTS, et installez-la sur les appareils',
    },
  });
}

function nameFinding(publicUrl: string, { nameError }: CertificateSeen): Finding {
  const { hostname } = new URL(publicUrl);
  if (nameError === null) return ok('tls-name', `It is for ${hostname}`, `Il est pour ${hostname}`);
  return wrong('fault', 'tls-name', {
    sentence: {
      en: `The certificate is not for ${hostname}: browsers refuse the page`,
      fr: `Le certificat n’est pas pour ${hostname} : les navigateurs refusent la page`,
    },
    advice: {
      en: `Get one whose subjectAltName has ${hostname}`,
      fr: `Obtenez-en un dont le subjectAltName contient ${hostname}`,
    },
  });
}

function expiryFinding({ endsAtMs }: CertificateSeen, voice: Voice): Finding {
  const leftMs = endsAtMs - Date.now();
  const at = voice.instant(endsAtMs);
  if (leftMs > expiryWarningMs)
    return ok('tls-expiry', `It is good until ${at}`, `Il est bon jusqu’au ${at}`);
  const left = voice.duration(Math.abs(leftMs));
  return wrong(leftMs > expiryFaultMs ? 'warning' : 'fault', 'tls-expiry', {
    sentence:
      leftMs > 0
        ? {
            en: `The certificate ends in ${left}, on ${at}`,
            fr: `Le certificat finit dans ${left}, le ${at}`,
          }
        : {
            en: `The certificate ended ${left} ago, on ${at}`,
            fr: `Le certificat a fini il y a ${left}, le ${at}`,
          },
    advice: {
      en: 'Renew it, and see why it was not renewed by itself',
      fr: 'Renouvelez-le, et voyez pourquoi cela ne s’est pas fait tout seul',
    },
  });
}

function unreachable(publicUrl: string, why: string): Finding {
  return wrong('fault', 'public-url', {
    sentence: { en: `Nothing answers at ${publicUrl}: ${why}`, fr: `Rien ne répond à ${publicUrl} : ${why}` },
    advice: {
      en: 'See that GUICHET_PUBLIC_URL is the address that visitors use, and that this machine may ask it',
      fr: 'Voyez si GUICHET_PUBLIC_URL est l’adresse des visiteurs, et si cette machine peut l’interroger',
    },
  });
}

function somethingElse(publicUrl: string, status: number): Finding {
  return wrong('fault', 'public-url', {
    sentence: {
      en: `Something else than Guichet answers at ${publicUrl} (HTTP ${status})`,
      fr: `Autre chose que Guichet répond à ${publicUrl} (HTTP ${status})`,
    },
    advice: {
      en: 'Have the proxy pass every path of that host to Guichet’s public listener',
      fr: 'Faites passer par le mandataire tous les chemins de cet hôte à l’écoute publique de Guichet',
    },
  });
}

function clockFinding({ headers, atMs }: PublicAnswer, voice: Voice): Finding {
  const date = Date.parse(headers.date ?? '');
  if (Number.isNaN(date) || headers['age'] !== undefined)
    return skipped(
      'public-clock',
      'Its answers carry no time of their own',
      'Ses réponses ne portent pas d’heure à elles',
    );
  const aheadMs = date + dateStepMs / 2 - atMs;
  const offMs = Math.max(0, Math.abs(aheadMs) - dateStepMs);
  if (offMs < clockWarningMs) return ok('public-clock', 'The clocks agree', 'Les horloges sont d’accord');
  const duration = voice.duration(offMs);
  return wrong(offMs < clockFaultMs ? 'warning' : 'fault', 'public-clock', {
    sentence: {
      en: `The clock behind the public URL is ${duration} ${aheadMs > 0 ? 'ahead of' : 'behind'} this machine’s`,
      fr: `L’horloge derrière l’adresse publique a ${duration} ${aheadMs > 0 ? 'd’avance sur' : 'de retard sur'} celle de cette machine`,
    },
    advice: {
      en: 'Have all machines follow the same time servers (chrony or systemd-timesyncd)',
      fr: 'Faites suivre à toutes les machines les mêmes serveurs de temps (chrony ou systemd-timesyncd)',
    },
  });
}

function liveFindings(seen: LiveSeen): Finding[] {
  if (seen.kind === 'refused') {
    return [
      wrong('fault', 'websocket-upgrade', {
        sentence: {
          en: `No WebSocket can be opened through the proxy (${seen.why}): waiting pages ask again and again instead`,
          fr: `Aucun WebSocket ne s’ouvre à travers le mandataire (${seen.why}) : les pages d’attente redemandent sans cesse`,
        },
        advice: {
          en: 'Have the proxy pass on Upgrade and Connection over HTTP/1.1 (docs/integrations/gate.md has each proxy’s lines)',
          fr: 'Faites passer Upgrade et Connection en HTTP/1.1 par le mandataire (docs/integrations/gate.md a les lignes de chacun)',
        },
      }),
    ];
  }
  const upgraded = ok('websocket-upgrade', 'A WebSocket can be opened', 'Un WebSocket s’ouvre');
  if (seen.kind === 'no-subprotocol') {
    return [
      upgraded,
      wrong('fault', 'websocket-subprotocol', {
        sentence: {
          en: 'The proxy drops Sec-WebSocket-Protocol: browsers close the connection at once',
          fr: 'Le mandataire retire Sec-WebSocket-Protocol : les navigateurs ferment aussitôt la connexion',
        },
        advice: {
          en: 'Have it pass that header on, both ways',
          fr: 'Faites-lui passer cet en-tête, dans les deux sens',
        },
      }),
    ];
  }
  const kept = ok('websocket-subprotocol', 'The subprotocol comes through', 'Le sous-protocole passe');
  // Refused by us: no such room, a token that is none. Asked to come back: it is stopping, or without its store.
  if (seen.kind === 'closed' && [4_504, 4_501, 1_012].includes(seen.code))
    return [upgraded, kept, ok('websocket-messages', 'Messages come through', 'Les messages passent')];
  return [upgraded, kept, messagesFault(seen)];
}

function messagesFault(seen: LiveSeen): Finding {
  const how = seen.kind === 'closed' ? ` (${seen.code})` : '';
  return wrong('fault', 'websocket-messages', {
    sentence: {
      en: `Messages on a WebSocket do not come through${how}: the proxy holds them back or cuts the line`,
      fr: `Les messages d’un WebSocket ne passent pas${how} : le mandataire les retient ou coupe la ligne`,
    },
    advice: {
      en: 'Switch its buffering off for Guichet, and have it keep silent connections for 60 seconds or more',
      fr: 'Désactivez sa mise en tampon pour Guichet, et faites-lui garder 60 secondes ou plus les connexions muettes',
    },
  });
}

/** What only the internal listener serves, and how its answer is known. */
const internalRoutes: readonly (readonly [path: string, isOurs: (answer: PublicAnswer) => boolean])[] = [
  ['/metrics', ({ text }) => text.includes('guichet_')],
  ['/v1/rooms', (answer) => codeIn(answer).startsWith('key-') || answer.text.startsWith('{"rooms":')],
  ['/v1/keys', (answer) => codeIn(answer).startsWith('key-')],
  ['/livez', ({ text }) => text.startsWith('{"alive":')],
  ['/openapi.json', ({ text }) => text.includes('for operators and origins')],
];

async function exposedFinding(publicUrl: string): Promise<Finding> {
  const id: FindingId = 'internal-exposed';
  const exposed: string[] = [];
  for (const [path, isOurs] of internalRoutes) {
    const answer = await askPublic(`${publicUrl}${path}`).catch(() => null);
    if (answer !== null && isOurs(answer)) exposed.push(path);
  }
  if (exposed.length === 0)
    return ok(id, 'The internal listener is not public', 'L’écoute interne n’est pas publique');
  return wrong('fault', id, {
    sentence: {
      en: `The internal listener answers to everybody at ${publicUrl}: ${exposed.join(', ')}`,
      fr: `L’écoute interne répond à tous à ${publicUrl} : ${exposed.join(', ')}`,
    },
    advice: {
      en: 'Have the proxy pass on to the public listener (8080) only, and bind the internal one to a private address',
      fr: 'Ne faites passer par le mandataire que l’écoute publique (8080), et liez l’interne à une adresse privée',
    },
  });
}
