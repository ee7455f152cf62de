/**
 * A room and its policy: what an operator sets, with the default and bounds of each number. The wire schema
 * (edge/policy-schema.ts) is built from the same tables, so a bound stands in one place.
 */
import type { PagePattern } from './path-pattern.ts';
import type { SecondPersonAction } from './second-person.ts';

export const roomStates = ['scheduled', 'open', 'paused', 'draining', 'closed', 'bypass'] as const;
/** scheduled → open ⇄ paused · draining → closed · bypass (everyone passes). */
export type RoomState = (typeof roomStates)[number];

/** One text for all, or one per language (`fr`, `en`, …). */
export type LocalizedText = string | { [language: string]: string };

/** Numbers of a policy: default and inclusive bounds; times in milliseconds, but for days. */
export const policyNumbers = {
  capacity: { default: 100, min: 0, max: 1_000_000 },
  outflowPerMinute: { default: 600, min: 1, max: 600_000 },
  releaseEveryMs: { default: 1_000, min: 1_000, max: 60_000 },
  presentWithinMs: { default: 120_000, min: 5_000, max: 3_600_000 },
  abandonAfterMs: { default: 600_000, min: 5_000, max: 86_400_000 },
  enterWithinMs: { default: 300_000, min: 1_000, max: 3_600_000 },
  sessionTtlMs: { default: 1_200_000, min: 5_000, max: 86_400_000 },
  returnWithinMs: { default: 20 * 3_600_000, min: 0, max: 48 * 3_600_000 },
  recoverWithinMs: { default: 120_000, min: 5_000, max: 3_600_000 },
  ticketsMax: { default: 1_000_000, min: 100, max: 10_000_000 },
  placesPerVisitorMax: { default: 1, min: 1, max: 20 },
  /** Days after closing until what is kept of people is deleted; only counts stay. */
  retainDays: { default: 30, min: 1, max: 365 },
} as const;
/** The largest batch, and so the largest bucket. */
export const batchSizeMaxBound = 20_000;
/** The most places a room can give away. */
export const placesBound = 10_000_000;
/** A tick comes at most this late for a release, as a share of `releaseEveryMs` (less a tenth). */
export const releaseEarlyShare = 0.9;

type PolicyNumber = keyof typeof policyNumbers;

/** How passes are signed: RS256 for checkers that know nothing newer. */
export const passAlgorithms = ['ES256', 'RS256'] as const;
export type PassAlgorithm = (typeof passAlgorithms)[number];

/** Of a room's delivery of releases: default and inclusive bounds, milliseconds. */
export const deliveryNumbers = {
  /** Nobody is released while the oldest undelivered batch is older; 0: never hold. */
  holdAfterMs: { default: 10_000, min: 0, max: 3_600_000 },
  /** Then a batch goes to the dead letters. */
  giveUpAfterMs: { default: 600_000, min: 1_000, max: 86_400_000 },
} as const;
export type DeliveryPolicy = { url: string } & { [name in keyof typeof deliveryNumbers]: number };
export type DeliveryInput = { url: string } & { [name in keyof typeof deliveryNumbers]?: number | undefined };

/** Page patterns that a policy names for one purpose, and names of stages. */
export const pagePatternsMax = 50;

/** `#rrggbb`; what cannot be read on the page is made darker or lighter there. */
export type RoomColours = { accent: string };

/** What an operator may set; everything has a default except the address of the protected site. */
export type RoomPolicy = { [name in PolicyNumber]: number } & {
  /** Also the size of the bucket. */
  batchSizeMax: number;
  /** What the origin has to give away; null: not counted. */
  places: number | null;
  name: LocalizedText | null;
  owner: LocalizedText | null;
  contact: LocalizedText | null;
  rule: LocalizedText | null;
  prepare: LocalizedText | null;
  privacyUrl: string | null;
  accessibilityUrl: string | null;
  /** A `data:` URL of an image. */
  logo: string | null;
  colours: RoomColours | null;
  timeZone: string;
  languages: string[];
  mode: 'arrival';
  /** Where an admitted visitor goes; null: the caller of `enter` knows. */
  targetUrl: string | null;
  allowedTargets: string[];
  allowedOrigins: string[];
  /** ISO 8601 with offset, in this order; null: none. */
  joinFrom: string | null;
  opensAt: string | null;
  closesAt: string | null;
  passAlgorithm: PassAlgorithm;
  /** What the gate sees by itself, for a site that tells us nothing. Paths that need no pass: */
  passThrough: string[];
  /** pages that only a completed visit reaches, */
  completedOn: PagePattern[];
  /** pages by which a visitor goes, */
  leftOn: PagePattern[];
  /** and parts of the site: path pattern → name; the first that matches. */
  stages: { [path: string]: string };
  /** Where each release is told; null: nowhere. */
  delivery: DeliveryPolicy | null;
  /** What one operator alone may not do. */
  secondPersonFor: SecondPersonAction[];
};

/** What a policy is that was kept by a version from before there were these fields. */
const laterFields = {
  passAlgorithm: 'ES256',
  passThrough: [],
  completedOn: [],
  leftOn: [],
  stages: {},
  delivery: null,
  secondPersonFor: [],
  retainDays: policyNumbers.retainDays.default,
} as const satisfies Partial<RoomPolicy>;
type LaterField = keyof typeof laterFields;
export type KeptPolicy = Omit<RoomPolicy, LaterField> & Partial<Pick<RoomPolicy, LaterField>>;

/** A policy as it was kept, whichever version kept it. */
export function wholePolicy(kept: KeptPolicy): RoomPolicy {
  return { ...structuredClone(laterFields), ...kept };
}

/** A policy as given: any field may be left out. */
export type PolicyInput = {
  [name in Exclude<keyof RoomPolicy, 'delivery'>]?: RoomPolicy[name] | undefined;
} & { delivery?: DeliveryInput | null | undefined };

/** A room as the store holds it. */
export type Room = {
  roomId: string;
  state: RoomState;
  /** Rises by one with each change of state, policy or notice. */
  version: number;
  policy: RoomPolicy;
  notice: LocalizedText | null;
  /** Why the room is in this state, in the operator's words; null: none given. */
  reason: LocalizedText | null;
};

/** What the policy says that is legal but unwise for people. */
export type PolicyWarning = { field: keyof RoomPolicy; code: string; message: string };

/** A policy that cannot work: thrown by `completePolicy`, one problem a field. */
export class PolicyProblem extends Error {
  readonly field: keyof RoomPolicy;
  constructor(field: keyof RoomPolicy, message: string) {
    super(`${field}: ${message}`);
    this.name = 'PolicyProblem';
    this.field = field;
  }
}

/** True for a room id: lower-case words joined by hyphens, at most 64 characters. */
export function isRoomId(value: string): boolean {
  return value.length <= 64 && /^[a-z0-9]+(-[a-z0-9]+)*$/.test(value);
}

/** Tickets that one release needs to keep the pace; fractions kept. */
function ticketsPerRelease(policy: { outflowPerMinute: number; releaseEveryMs: number }): number {
  return (policy.outflowPerMinute * policy.releaseEveryMs) / 60_000;
}

/**
 * The whole policy from what was given: defaults filled in, rules between fields checked.
 * Single-field bounds are the wire schema's; this throws PolicyProblem only for rules between fields.
 */
export function completePolicy(roomId: string, input: PolicyInput): RoomPolicy {
  const numbers = Object.fromEntries(
    Object.entries(policyNumbers).map(([name, { default: value }]) => [
      name,
      input[name as PolicyNumber] ?? value,
    ]),
  ) as { [name in PolicyNumber]: number };
  const needed = ticketsPerRelease(numbers);
  const policy: RoomPolicy = {
    ...numbers,
    abandonAfterMs:
      input.abandonAfterMs ?? Math.max(policyNumbers.abandonAfterMs.default, numbers.presentWithinMs),
    batchSizeMax: input.batchSizeMax ?? Math.min(batchSizeMaxBound, Math.max(10, Math.ceil(2 * needed))),
    places: input.places ?? null,
    name: input.name ?? roomId,
    owner: input.owner ?? null,
    contact: input.contact ?? null,
    rule: input.rule ?? null,
    prepare: input.prepare ?? null,
    privacyUrl: input.privacyUrl ?? null,
    accessibilityUrl: input.accessibilityUrl ?? null,
    logo: input.logo ?? null,
    colours: input.colours ?? null,
    timeZone: input.timeZone ?? 'UTC',
    languages: input.languages ?? ['fr', 'en'],
    mode: 'arrival',
    targetUrl: input.targetUrl ?? null,
    allowedTargets: input.allowedTargets ?? [],
    allowedOrigins: input.allowedOrigins ?? [],
    joinFrom: input.joinFrom ?? null,
    opensAt: input.opensAt ?? null,
    closesAt: input.closesAt ?? null,
    passAlgorithm: input.passAlgorithm ?? 'ES256',
    passThrough: input.passThrough ?? [],
    completedOn: input.completedOn ?? [],
    leftOn: input.leftOn ?? [],
    stages: input.stages ?? {},
    delivery: input.delivery ? completeDelivery(input.delivery) : null,
    secondPersonFor: input.secondPersonFor ?? [],
  };
  if (policy.abandonAfterMs < policy.presentWithinMs) {
    throw new PolicyProblem('abandonAfterMs', 'must not be shorter than presentWithinMs');
  }
  if (policy.batchSizeMax < needed) {
    throw new PolicyProblem('batchSizeMax', `must be at least ${Math.ceil(needed)} to keep outflowPerMinute`);
  }
  checkSchedule(policy);
  return policy;
}

function completeDelivery({ url, holdAfterMs, giveUpAfterMs }: DeliveryInput): DeliveryPolicy {
  return {
    url,
    holdAfterMs: holdAfterMs ?? deliveryNumbers.holdAfterMs.default,
    giveUpAfterMs: giveUpAfterMs ?? deliveryNumbers.giveUpAfterMs.default,
  };
}

function checkSchedule(policy: RoomPolicy): void {
  const inOrder = (['joinFrom', 'opensAt', 'closesAt'] as const).filter((field) => policy[field] !== null);
  for (const [index, field] of inOrder.entries()) {
    const before = inOrder[index - 1];
    if (before && instantOf(policy[field]) <= instantOf(policy[before])) {
      throw new PolicyProblem(field, `must come after ${before}`);
    }
  }
}

/** Milliseconds since the Unix epoch of an ISO 8601 text; 0 for null (the store's "none"). */
export function instantOf(iso: string | null): number {
  return iso === null ? 0 : Date.parse(iso);
}

/** Values that are legal but unwise for people, each with its reason. */
export function policyWarnings(policy: RoomPolicy): PolicyWarning[] {
  const warnings: PolicyWarning[] = [];
  const warn = (field: keyof RoomPolicy, code: string, message: string): void => {
    warnings.push({ field, code, message });
  };
  const needed = ticketsPerRelease(policy);
  if (policy.enterWithinMs < 120_000) {
    warn(
      'enterWithinMs',
      'short-turn',
      'Under 2 minutes: people who read slowly or use assistive technology miss their turn.',
    );
  }
  if (policy.batchSizeMax < 2 * needed) {
    warn(
      'batchSizeMax',
      'misses-pace',
      'Less than twice what one release needs: a late tick loses pace that never comes back.',
    );
  }
  if (policy.recoverWithinMs < policy.presentWithinMs) {
    warn(
      'recoverWithinMs',
      'recovers-early',
      'Shorter than presentWithinMs: after a loss, releases start before everyone was seen again.',
    );
  }
  if (policy.sessionTtlMs < 120_000) {
    warn(
      'sessionTtlMs',
      'short-session',
      'Under 2 minutes of idle time: people filling in a form lose their session.',
    );
  }
  if (policy.presentWithinMs < 30_000) {
    warn('presentWithinMs', 'short-presence', 'Under 30 seconds: a phone in a pocket counts as away.');
  }
  if (policy.returnWithinMs < 600_000) {
    warn('returnWithinMs', 'short-return', 'Under 10 minutes: a missed turn is soon lost for good.');
  }
  if (policy.capacity === 0) warn('capacity', 'nobody-admitted', 'With a capacity of 0 nobody is admitted.');
  if (policy.passThrough.includes('/**')) {
    warn('passThrough', 'passes-everything', 'Every path needs no pass: the gate lets everyone in.');
  }
  if (policy.delivery?.holdAfterMs === 0) {
    warn('delivery', 'never-holds', 'People are released also while the site does not hear of it.');
  }
  if (policy.targetUrl === null)
    warn('targetUrl', 'no-target', 'Without a target the waiting page cannot send people on.');
  return warnings;
}
