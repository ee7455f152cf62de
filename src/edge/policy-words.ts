/** What each field of a policy means, for whoever reads the API. Defaults and bounds stand in domain/room.ts. */
import type { deliveryNumbers, RoomPolicy } from '../domain/room.ts';

export const policyWords: { readonly [field in keyof RoomPolicy]: string } = {
  name: 'What visitors read as the room’s name. Default: the room id.',
  owner: 'Whose room it is, at the head of the page.',
  contact: 'How to reach somebody, at the foot of the page.',
  rule: 'The rule by which people get in, in the operator’s words.',
  prepare: 'What visitors should have at hand when their turn comes.',
  privacyUrl: 'Where the privacy notice is.',
  accessibilityUrl: 'Where the accessibility statement is.',
  logo: 'An image as a `data:` URL (PNG, JPEG, WebP, GIF, SVG) of at most 8,192 characters.',
  colours: 'The accent as `#rrggbb`; what could not be read on the page is made darker or lighter there.',
  timeZone: 'IANA time zone in which times are shown, as `America/Toronto`. Default: `UTC`.',
  languages: 'Languages offered to visitors, the first one to those who ask for none. Default: `fr`, `en`.',
  mode: 'Who is first: `arrival`, by the order of joining.',
  targetUrl: 'Where an admitted visitor goes. Without it the waiting page cannot send people on.',
  allowedTargets: 'Further addresses that visitors may ask to be sent to, each with all below it.',
  allowedOrigins: 'Sites whose pages may call the visitors’ API, as `https://www.example.org`.',
  joinFrom: 'Joining opens at this time, with the offset of `timeZone` then. Null: at once.',
  opensAt: 'The room opens by itself at this time, with the offset of `timeZone` then. Null: by hand.',
  closesAt: 'The room closes by itself at this time, with the offset of `timeZone` then. Null: by hand.',
  capacity: 'The most visitors admitted and inside at once. Lowering it evicts nobody.',
  outflowPerMinute: 'Admissions per minute.',
  batchSizeMax:
    'The most tickets of one release, and the most that a pause saves up. Default: twice what one release needs, at least 10; at least `outflowPerMinute` × `releaseEveryMs` / 60,000.',
  releaseEveryMs: 'Time between two releases, milliseconds.',
  presentWithinMs: 'Who was not seen for so long is away when the turn comes, and set aside, milliseconds.',
  abandonAfterMs:
    'Who was not seen for so long counts no longer in what others are told, milliseconds; at least `presentWithinMs`.',
  enterWithinMs: 'Time to enter when the turn has come, milliseconds; a visitor may extend it ten times.',
  sessionTtlMs: 'Idle time after which a session inside ends, milliseconds.',
  returnWithinMs: 'Time to come back after a missed turn, milliseconds; never past `closesAt`.',
  recoverWithinMs:
    'After the store lost data, time for everyone to be seen again before releases start, milliseconds.',
  ticketsMax: 'The most live tickets in the room.',
  places: 'What the site has to give away; null: not counted.',
  placesPerVisitorMax: 'The most places that one visitor may take.',
  passAlgorithm: 'How passes are signed; `RS256` for checkers that know nothing newer.',
  secondPersonFor:
    'What one operator alone may not do: `open` (whatever leads out of scheduled or closed; also setting a time), `bypass`, `capacity` (raising it by more than half, also in steps within an hour), `mode`.',
  retainDays: 'How many days after closing all that is kept of people is deleted.',
  passThrough: 'Paths that need no pass, for the gate: `/assets/**`.',
  completedOn: 'Pages that only a completed visit reaches, for the gate.',
  leftOn: 'Pages by which a visitor goes, for the gate.',
  stages: 'Parts of the site, path pattern → name; the first that matches.',
  delivery: 'Where each release is told; null: nowhere.',
};

/** Of its delivery. */
export const deliveryWords: { readonly [field in keyof typeof deliveryNumbers]: string } = {
  holdAfterMs: 'Nobody is released while the oldest undelivered batch is older, milliseconds; 0: never hold.',
  giveUpAfterMs: 'Then a batch goes to the dead letters, milliseconds.',
};

/** A policy as a town would set it. */
export const policyExample = {
  name: { fr: 'Loisirs d’hiver', en: 'Winter recreation' },
  owner: { fr: 'Ville de Bellerive', en: 'City of Bellerive' },
  contact: { fr: 'téléphone 819 555-0100', en: 'phone 819 555-0100' },
  prepare: { fr: 'la carte de citoyen', en: 'your citizen card' },
  languages: ['fr', 'en'],
  timeZone: 'America/Toronto',
  colours: { accent: '#0b5a50' },
  targetUrl: 'https://inscriptions.example.org/loisirs',
  capacity: 500,
  outflowPerMinute: 600,
  enterWithinMs: 300_000,
  sessionTtlMs: 1_200_000,
  places: 2_800,
};
