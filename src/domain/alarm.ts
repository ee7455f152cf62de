/**
 * What alarms there are: what visitors notice and what to do first, in words for the people who are woken by them. The
 * conditions are in service/alarm-conditions.ts, docs/operations.md has a section for each, and monitoring/alerts.yaml
 * has the same ones for Prometheus.
 */

/** Urgent: people suffer now. Soon: within days they will. */
export type AlarmUrgency = 'urgent' | 'soon';

type Words = { fr: string; en: string };

export type AlarmWords = {
  /** Of one room, or of the service. */
  of: 'room' | 'service';
  urgency: AlarmUrgency;
  /** How long its condition holds in one replica's eyes before it is raised, and how long not before it is cleared. */
  raiseAfterMs: number;
  clearAfterMs: number;
  title: Words;
  visitors: Words;
  first: Words;
};

export const alarmCatalogue = {
  'promise-broken': {
    of: 'room',
    urgency: 'urgent',
    raiseAfterMs: 0,
    clearAfterMs: 0,
    title: { fr: 'Une promesse de la file a été rompue', en: 'A promise of the queue was broken' },
    visitors: {
      fr: 'Le site peut recevoir plus de monde, ou plus vite, que prévu; l’ordre de la file reste affiché.',
      en: 'The site may get more people, or faster, than it was to; what is shown of the queue goes on.',
    },
    first: {
      fr: 'Mettez la salle en pause si le site souffre, et regardez le profil de Redis\u00a0: le journal nomme la promesse.',
      en: 'Pause the room if the site suffers, and look at the profile of Redis: the log names the promise.',
    },
  },
  'store-unreachable': {
    of: 'service',
    urgency: 'urgent',
    raiseAfterMs: 15_000,
    clearAfterMs: 0,
    title: { fr: 'Redis ne répond pas', en: 'Redis does not answer' },
    visitors: {
      fr: 'Personne n’est admis et personne ne peut prendre un billet; chaque écran dit que chaque tour est gardé.',
      en: 'Nobody is admitted and nobody can take a ticket; every screen says that every turn is kept.',
    },
    first: {
      fr: 'Remettez Redis en route; les répliques de Guichet n’ont besoin d’aucun redémarrage.',
      en: 'Get Redis going again; the replicas of Guichet need no restart.',
    },
  },
  'nobody-admitted': {
    of: 'room',
    urgency: 'urgent',
    raiseAfterMs: 0,
    clearAfterMs: 5_000,
    title: {
      fr: 'Personne n’est admis alors qu’il y a de la place',
      en: 'Nobody is admitted though there is room',
    },
    visitors: {
      fr: 'La file n’avance pas, et aucune raison n’est affichée.',
      en: 'The queue does not move, and no reason is shown.',
    },
    first: {
      fr: 'Regardez le journal des répliques («\u00a0A tick failed\u00a0») et l’horloge de la machine de Redis.',
      en: 'Look at the replicas’ log ("A tick failed") and at the clock of the machine of Redis.',
    },
  },
  'batches-undelivered': {
    of: 'room',
    urgency: 'urgent',
    raiseAfterMs: 0,
    clearAfterMs: 5_000,
    title: {
      fr: 'Le site n’entend pas parler des admissions',
      en: 'The site does not hear of admissions',
    },
    visitors: {
      fr: 'La file s’arrête après le délai de la salle, ou des personnes admises sont inconnues du site.',
      en: 'The queue stops after the room’s delay, or people who are admitted are not known to the site.',
    },
    first: {
      fr: 'Remettez en route ce qui reçoit les lots du site, puis renvoyez ceux qui ont été abandonnés.',
      en: 'Get the site’s receiver of batches going again, then send those that were given up once more.',
    },
  },
  'completions-stopped': {
    of: 'room',
    urgency: 'urgent',
    raiseAfterMs: 0,
    clearAfterMs: 0,
    title: { fr: 'Plus personne n’arrive au bout', en: 'Nobody gets to the end any more' },
    visitors: {
      fr: 'Ceux qui entrent ne peuvent pas terminer\u00a0: le site est en panne derrière la file, ou ne dit plus rien.',
      en: 'Those who enter cannot finish: the site is broken behind the queue, or says nothing any more.',
    },
    first: {
      fr: 'Faites vous-même une démarche complète; si elle échoue, mettez la salle en pause avec une raison.',
      en: 'Go through the site yourself to the end; if that fails, pause the room with a reason.',
    },
  },
  'event-loop-late': {
    of: 'service',
    urgency: 'urgent',
    raiseAfterMs: 30_000,
    clearAfterMs: 60_000,
    title: { fr: 'Une réplique n’arrive plus à suivre', en: 'A replica cannot keep up' },
    visitors: {
      fr: 'Les pages s’ouvrent lentement et les mises à jour arrivent en retard.',
      en: 'Pages open slowly and updates come late.',
    },
    first: {
      fr: 'Ajoutez une réplique, et regardez ce qui prend du temps de processeur à côté d’elle.',
      en: 'Add a replica, and look for what takes processor time beside it.',
    },
  },
  'certificate-ending': {
    of: 'service',
    urgency: 'soon',
    raiseAfterMs: 0,
    clearAfterMs: 0,
    title: {
      fr: 'Le certificat du site public arrive à sa fin',
      en: 'The public certificate is near its end',
    },
    visitors: {
      fr: 'Rien encore; après sa fin, aucun navigateur n’ouvre plus la file.',
      en: 'Nothing yet; after its end no browser opens the queue any more.',
    },
    first: {
      fr: 'Renouvelez le certificat du proxy, et cherchez pourquoi il ne l’a pas été de lui-même.',
      en: 'Renew the proxy’s certificate, and look for why that did not happen by itself.',
    },
  },
  'key-over': {
    of: 'service',
    urgency: 'soon',
    raiseAfterMs: 0,
    clearAfterMs: 0,
    title: { fr: 'Une clé retirée peut être enlevée', en: 'A retired signing key can be dropped' },
    visitors: {
      fr: 'Rien; mais qui aurait cette clé pourrait encore fabriquer des billets.',
      en: 'Nothing; but whoever had that key could still forge tickets.',
    },
    first: {
      fr: 'Finissez la rotation\u00a0: «\u00a0keys drop\u00a0», puis le même fichier à chaque réplique.',
      en: 'Finish the rotation: "keys drop", then the same file to every replica.',
    },
  },
  'replica-not-ready': {
    of: 'service',
    urgency: 'urgent',
    raiseAfterMs: 60_000,
    clearAfterMs: 5_000,
    title: { fr: 'Une réplique manque ou n’est pas prête', en: 'A replica is missing or not ready' },
    visitors: {
      fr: 'Rien si une autre réplique sert; sinon des connexions sont refusées.',
      en: 'Nothing while another replica serves; else connections are refused.',
    },
    first: {
      fr: 'Demandez /readyz à chaque réplique\u00a0: la réponse dit pourquoi; redémarrez celle qui ne répond pas.',
      en: 'Ask /readyz of each replica: its answer says why; start the one again that does not answer.',
    },
  },
} as const satisfies { [kind: string]: AlarmWords };

export type AlarmKind = keyof typeof alarmCatalogue;
export const alarmKinds = Object.keys(alarmCatalogue) as AlarmKind[];

/** What alarms are about: one condition, of one room or (null) of the service. */
export type AlarmSubject = { kind: AlarmKind; roomId: string | null };

/** What a replica adds to the words: figures and names, never a visitor. */
export type AlarmFacts = { [name: string]: string | number };

/** An alarm that was raised, as every replica tells of it. */
export type Alarm = AlarmSubject & {
  /** The same wherever it is told of, and in each of its messages. */
  alarmId: string;
  /** Wall times, ms; null: it is still raised. */
  raisedAtMs: number;
  clearedAtMs: number | null;
  facts: AlarmFacts;
};

/** Names a subject, to compare: `nobody-admitted swimming`; of the service `store-unreachable -`. */
export function subjectKey({ kind, roomId }: AlarmSubject): string {
  return `${kind} ${roomId ?? '-'}`;
}

/** The subject of such a name; null when it is none that this version knows. */
export function subjectOf(key: string): AlarmSubject | null {
  const [kind = '', roomId = '-'] = key.split(' ');
  if (!Object.hasOwn(alarmCatalogue, kind)) return null;
  return { kind: kind as AlarmKind, roomId: roomId === '-' ? null : roomId };
}

/** Where docs/operations.md tells what to do. */
export function alarmGuide(kind: AlarmKind): string {
  return `docs/operations.md#${kind}`;
}

/** What facts are called in messages for people. */
export const factWords: { readonly [fact: string]: Words } = {
  promise: { fr: 'promesse', en: 'promise' },
  waiting: { fr: 'en attente', en: 'waiting' },
  freeSeats: { fr: 'places libres', en: 'free seats' },
  batches: { fr: 'lots en route', en: 'batches on their way' },
  oldestSeconds: { fr: 'âge du plus ancien (s)', en: 'age of the oldest (s)' },
  deadLetters: { fr: 'lots abandonnés', en: 'batches given up' },
  entries: { fr: 'entrées depuis', en: 'entries since then' },
  lateMs: { fr: 'retard (ms)', en: 'late by (ms)' },
  endsAt: { fr: 'fin', en: 'end' },
  ring: { fr: 'clés', en: 'keys' },
  missing: { fr: 'répliques absentes', en: 'replicas missing' },
  why: { fr: 'raison donnée', en: 'reason given' },
};
