/** Are the signing keys there, usable, and nobody else's to read? */
import { readFileSync, statSync } from 'node:fs';
import type { Config } from '../config.ts';
import { listKeys } from '../service/key-rotation.ts';
import { parseKeysFile, parseStoredKeys } from '../service/signing-keys.ts';
import { type Finding, ok, skipped, whyOf, wrong } from './finding.ts';
import type { RoomBody } from './room-words.ts';

/** Others may do nothing with the file, the group may read it (as the mounts of an orchestrator have it). */
const forbiddenMode = 0o037;

/** `rooms` null: they could not be asked for. */
export function signingKeyFindings(
  { signingKeysFile: path }: Pick<Config, 'signingKeysFile'>,
  { rooms, nowMs }: { rooms: readonly RoomBody[] | null; nowMs: number },
): Finding[] {
  if (path === null) {
    return [
      skipped(
        'signing-keys',
        'No file is set: keys are made for each run, for the memory store only',
        'Aucun fichier n’est défini : des clés sont créées à chaque démarrage, pour la mémoire seulement',
      ),
    ];
  }
  let text: string;
  let mode: number;
  try {
    text = readFileSync(path, 'utf8');
    ({ mode } = statSync(path));
    parseKeysFile(text);
  } catch (error) {
    return [...modeFindings(path), unusable(path, whyOf(error))];
  }
  return [
    ok('signing-keys', `${path} is usable`, `${path} est utilisable`),
    modeFinding(path, mode),
    retiredFinding(path, text, nowMs),
    algorithmFinding(path, { text, rooms }),
  ];
}

function unusable(path: string, why: string): Finding {
  return wrong('fault', 'signing-keys', {
    sentence: {
      en: `The signing keys in ${path} cannot be used: ${why}`,
      fr: `Les clés de signature de ${path} ne peuvent pas servir : ${why}`,
    },
    advice: {
      en: 'Bring the file back from another replica. Only where there is none: keys new FILE, which makes every ticket void',
      fr: 'Reprenez le fichier d’une autre réplique. Seulement s’il n’y en a pas : keys new FILE, qui annule tous les billets',
    },
  });
}

function modeFindings(path: string): Finding[] {
  try {
    return [modeFinding(path, statSync(path).mode)];
  } catch {
    return [];
  }
}

function modeFinding(path: string, mode: number): Finding {
  const shown = (mode & 0o777).toString(8).padStart(4, '0');
  if ((mode & forbiddenMode) === 0)
    return ok('signing-keys-mode', `Its mode is ${shown}`, `Son mode est ${shown}`);
  return wrong('fault', 'signing-keys-mode', {
    sentence: {
      en: `${path} has mode ${shown}: other accounts of this machine can make tokens and passes`,
      fr: `${path} a le mode ${shown} : d’autres comptes de cette machine peuvent fabriquer jetons et laissez-passer`,
    },
    advice: {
      en: `chmod 600 ${path}; and if others used this machine, rotate the keys (docs/keys.md)`,
      fr: `chmod 600 ${path} ; et si d’autres ont utilisé cette machine, changez les clés (docs/keys.md)`,
    },
  });
}

function retiredFinding(path: string, text: string, nowMs: number): Finding {
  const over = listKeys(parseStoredKeys(text)).filter(
    ({ overAt }) => overAt !== null && Date.parse(overAt) <= nowMs,
  );
  if (over.length === 0)
    return ok('signing-keys-retired', 'No retired key is over', 'Aucune clé retirée n’est périmée');
  const kids = over.map(({ use, kid }) => `${use} ${kid}`).join(', ');
  return wrong('warning', 'signing-keys-retired', {
    sentence: {
      en: `Retired keys are no longer needed: ${kids}`,
      fr: `Des clés retirées ne servent plus : ${kids}`,
    },
    advice: { en: `keys drop ${path}`, fr: `keys drop ${path}` },
  });
}

function algorithmFinding(
  path: string,
  { text, rooms }: { text: string; rooms: readonly RoomBody[] | null },
): Finding {
  if (rooms === null)
    return skipped(
      'signing-keys-algorithm',
      'The rooms could not be asked for',
      'Les salles n’ont pas pu être demandées',
    );
  const needing = rooms.filter(({ policy }) => policy.passAlgorithm === 'RS256').map(({ roomId }) => roomId);
  if (needing.length === 0 || parseKeysFile(text).passRsa !== null)
    return ok(
      'signing-keys-algorithm',
      'Every room’s passes have a key',
      'Les laissez-passer de chaque salle ont une clé',
    );
  return wrong('fault', 'signing-keys-algorithm', {
    sentence: {
      en: `No key signs RS256, which ${needing.join(', ')} ask for: nobody can enter`,
      fr: `Aucune clé ne signe RS256, que demandent ${needing.join(', ')} : personne ne peut entrer`,
    },
    advice: { en: `keys add ${path}, then keys use`, fr: `keys add ${path}, puis keys use` },
  });
}
