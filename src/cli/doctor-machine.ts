/** Is this machine fit: its time zone data, disk, limits and versions, and the mail server it would use? */
import { constants, readFileSync } from 'node:fs';
import { access, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Config } from '../config.ts';
import { probeMailServer } from '../edge/smtp.ts';
import { type Finding, ok, skipped, whyOf, wrong } from './finding.ts';
import type { RoomBody } from './room-words.ts';
import type { Voice } from './voice.ts';

const mebibyte = 1_048_576;
const spaceFaultBytes = 64 * mebibyte;
const spaceWarningBytes = 512 * mebibyte;
/** Redis, logs, proxies, and requests beside the sockets. */
const otherDescriptors = 1_000;
const nodeMajor = 24;

/** The moment before a clock moves in 2027 and the hour that it then shows. */
const knownRules: readonly (readonly [timeZone: string, at: string, hour: string])[] = [
  ['America/Toronto', '2027-03-14T07:00:00Z', '03'],
  ['America/Toronto', '2027-11-07T06:00:00Z', '01'],
  ['Europe/Paris', '2027-03-28T01:00:00Z', '03'],
];

/** `rooms` null: they could not be asked for. */
export async function machineFindings(
  config: Config,
  { rooms, voice }: { rooms: readonly RoomBody[] | null; voice: Voice },
): Promise<Finding[]> {
  const { stateDir } = config;
  // Named by a setting of its own where the service has one.
  const { auditFile } = config;
  return [
    timeZonesFinding(rooms ?? []),
    await directoryFinding(stateDir),
    await auditFinding(auditFile),
    await spaceFinding(stateDir ?? auditFile ?? '.', voice),
    descriptorsFinding(config, voice),
    nodeFinding(),
    await mailFinding(config),
  ];
}

function timeZonesFinding(rooms: readonly RoomBody[]): Finding {
  const unknown = [...new Set(rooms.map(({ policy }) => policy.timeZone))].filter(
    (zone) => hourIn(zone) === null,
  );
  const misruled = knownRules.filter(([zone, at, hour]) => hourIn(zone, at) !== hour).map(([zone]) => zone);
  const data = `ICU ${process.versions['icu']}, tz ${process.versions['tz']}`;
  if (unknown.length + misruled.length === 0) return ok('time-zones', data, data);
  const zones = [...new Set([...unknown, ...misruled])].join(', ');
  return wrong('fault', 'time-zones', {
    sentence: {
      en: `The time zone data (${data}) is wrong for ${zones}: rooms would open at a wrong time`,
      fr: `Les fuseaux horaires (${data}) sont faux pour ${zones} : des salles ouvriraient à une mauvaise heure`,
    },
    advice: {
      en: 'Use an official build of Node.js, which has all of them',
      fr: 'Prenez une version officielle de Node.js, qui les a tous',
    },
  });
}

/** The hour that clocks show there; null: the zone is not known. */
function hourIn(timeZone: string, at = '2027-01-01T00:00:00Z'): string | null {
  try {
    return new Intl.DateTimeFormat('en', { timeZone, hour: '2-digit', hourCycle: 'h23' }).format(
      new Date(at),
    );
  } catch {
    return null;
  }
}

async function directoryFinding(stateDir: string | null): Promise<Finding> {
  if (stateDir === null) {
    return wrong('warning', 'state-directory', {
      sentence: {
        en: 'No state directory: a replica that stops forgets the rooms, and cannot give them back to a Redis that lost them',
        fr: 'Pas de répertoire d’état : une réplique qui s’arrête oublie les salles, et ne peut les rendre à un Redis qui les a perdues',
      },
      advice: {
        en: 'Set GUICHET_STATE_DIR, one for each replica',
        fr: 'Définissez GUICHET_STATE_DIR, un par réplique',
      },
    });
  }
  const problem = await writeProblem(stateDir);
  if (problem === null)
    return ok('state-directory', `${stateDir} can be written`, `${stateDir} est inscriptible`);
  return wrong('fault', 'state-directory', {
    sentence: {
      en: `${stateDir} cannot be written: ${problem}`,
      fr: `${stateDir} n’est pas inscriptible : ${problem}`,
    },
    advice: {
      en: 'Give it to the account that runs Guichet, with mode 0700',
      fr: 'Donnez-le au compte qui fait tourner Guichet, en mode 0700',
    },
  });
}

/** Writes and removes a small file where the directory is; else asks whether it could be made. */
async function writeProblem(directory: string): Promise<string | null> {
  try {
    const found = await stat(directory).catch(() => null);
    if (found === null) {
      await access(await nearestParent(directory), constants.W_OK);
      return null;
    }
    if (!found.isDirectory()) return 'it is no directory';
    const path = join(directory, `doctor-${process.pid}`);
    await writeFile(path, '', { flag: 'wx', mode: 0o600 });
    await rm(path);
    return null;
  } catch (error) {
    return whyOf(error);
  }
}

async function nearestParent(path: string): Promise<string> {
  let parent = dirname(resolve(path));
  while (parent !== dirname(parent) && (await stat(parent).catch(() => null)) === null)
    parent = dirname(parent);
  return parent;
}

async function auditFinding(auditFile: string | null): Promise<Finding> {
  if (auditFile === null)
    return skipped('audit-file', 'The audit goes to no file', 'Le journal d’audit ne va dans aucun fichier');
  try {
    const found = await stat(auditFile).catch(() => null);
    await access(found === null ? await nearestParent(auditFile) : auditFile, constants.W_OK);
    return ok('audit-file', `${auditFile} can be written`, `${auditFile} est inscriptible`);
  } catch (error) {
    const why = whyOf(error);
    return wrong('fault', 'audit-file', {
      sentence: {
        en: `The audit’s file ${auditFile} cannot be written: ${why}`,
        fr: `Le fichier d’audit ${auditFile} n’est pas inscriptible : ${why}`,
      },
      advice: {
        en: 'Give its directory to the account that runs Guichet',
        fr: 'Donnez son répertoire au compte qui fait tourner Guichet',
      },
    });
  }
}

async function spaceFinding(path: string, voice: Voice): Promise<Finding> {
  const known = (await stat(path).catch(() => null)) === null ? await nearestParent(path) : path;
  const { bavail, bsize } = await statfs(known);
  const bytes = bavail * bsize;
  const free = `${voice.number(Math.floor(bytes / mebibyte))} MiB`;
  if (bytes >= spaceWarningBytes) return ok('disk-space', `${free} are free`, `${free} sont libres`);
  return wrong(bytes < spaceFaultBytes ? 'fault' : 'warning', 'disk-space', {
    sentence: {
      en: `Only ${free} are free where ${known} is`,
      fr: `Il ne reste que ${free} là où est ${known}`,
    },
    advice: { en: 'Make room before the opening', fr: 'Faites de la place avant l’ouverture' },
  });
}

function descriptorsFinding({ socketsMax }: Config, voice: Voice): Finding {
  const limit = descriptorLimit();
  if (limit === null)
    return skipped('open-files', 'This system does not tell its limit', 'Ce système ne dit pas sa limite');
  const [shown, sockets] = [voice.number(limit), voice.number(socketsMax)];
  if (limit >= socketsMax + otherDescriptors)
    return ok('open-files', `${shown} may be open`, `${shown} peuvent être ouverts`);
  return wrong('warning', 'open-files', {
    sentence: {
      en: `GUICHET_SOCKETS_MAX is ${sockets} and a process may open ${shown} files: the last visitors would get no connection`,
      fr: `GUICHET_SOCKETS_MAX est ${sockets} et un processus peut ouvrir ${shown} fichiers : les derniers visiteurs n’auraient pas de connexion`,
    },
    advice: {
      en: `Raise the limit (LimitNOFILE) to ${voice.number(socketsMax + otherDescriptors)} or more`,
      fr: `Portez la limite (LimitNOFILE) à ${voice.number(socketsMax + otherDescriptors)} ou plus`,
    },
  });
}

/** Of this process; Node raises its own up to the hard one. Null where it cannot be read. */
function descriptorLimit(): number | null {
  try {
    const [, hard] = /^Max open files\s+\d+\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return hard === undefined ? null : Number(hard);
  } catch {
    return null;
  }
}

function nodeFinding(): Finding {
  const { version } = process;
  if (Number(version.slice(1).split('.')[0]) === nodeMajor)
    return ok('node-version', `Node.js ${version}`, `Node.js ${version}`);
  return wrong('warning', 'node-version', {
    sentence: {
      en: `This is Node.js ${version}; Guichet is tested on ${nodeMajor}`,
      fr: `Ceci est Node.js ${version} ; Guichet est essayé sur la ${nodeMajor}`,
    },
    advice: { en: `Run it on Node.js ${nodeMajor}`, fr: `Faites-le tourner sur Node.js ${nodeMajor}` },
  });
}

async function mailFinding({ smtpUrl }: Config): Promise<Finding> {
  if (smtpUrl === null)
    return skipped('mail-server', 'No mail server is set', 'Aucun serveur de courriel n’est défini');
  const problem = await probeMailServer(smtpUrl);
  if (problem === null) return ok('mail-server', 'The mail server answers', 'Le serveur de courriel répond');
  return wrong('fault', 'mail-server', {
    sentence: {
      en: `The mail server cannot be used: ${problem}`,
      fr: `Le serveur de courriel ne peut pas servir : ${problem}`,
    },
    advice: {
      en: 'See host, port, login and certificate in GUICHET_SMTP_URL',
      fr: 'Voyez hôte, port, identifiants et certificat dans GUICHET_SMTP_URL',
    },
  });
}
