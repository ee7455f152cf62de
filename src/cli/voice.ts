/**
 * How the command line speaks: French or English, each sentence written in both where it is said. Numbers, durations and
 * times are formatted for the reader's locale; JSON output is the same in every language but for sentences.
 */

const languages = ['en', 'fr'] as const;
export type Language = (typeof languages)[number];

/** One sentence in every language of the command line. */
export type Bilingual = { readonly [language in Language]: string };

const secondMs = 1_000;
const minuteMs = 60_000;
const hourMs = 3_600_000;
const dayMs = 86_400_000;

type DurationUnit = 'second' | 'minute' | 'hour' | 'day';

export class Voice {
  readonly language: Language;
  readonly #locale: string;

  /** `locale` begins with `fr` or `en`; see `localeOf`. */
  constructor(locale: string) {
    this.#locale = locale;
    this.language = locale.startsWith('fr') ? 'fr' : 'en';
  }

  say(sentence: Bilingual): string {
    return sentence[this.language];
  }

  /** As it stands behind a word. */
  get colon(): string {
    return this.say({ en: ':', fr: '\u00a0:' });
  }

  number(value: number): string {
    return new Intl.NumberFormat(this.#locale, { maximumFractionDigits: 1 }).format(value);
  }

  /** The two largest units that matter: `1 hr 5 min`, `1 h 5 min`; rounded down. */
  duration(ms: number): string {
    if (ms < 2 * minuteMs) return this.#unit(Math.floor(ms / secondMs), 'second');
    if (ms < hourMs) return this.#unit(Math.floor(ms / minuteMs), 'minute');
    if (ms < 2 * dayMs) return this.#units(ms, [hourMs, 'hour'], [minuteMs, 'minute']);
    return this.#units(ms, [dayMs, 'day'], [hourMs, 'hour']);
  }

  /** An expected wait, its ends rounded outwards: `12–18 min`. */
  range({ low, high }: { low: number; high: number }): string {
    const [unitMs, unit] =
      high < 2 * minuteMs ? ([secondMs, 'second'] as const) : ([minuteMs, 'minute'] as const);
    if (high >= 2 * hourMs) return `${this.duration(low)} – ${this.duration(high)}`;
    const [from, to] = [Math.floor(low / unitMs), Math.ceil(high / unitMs)];
    return from === to ? this.#unit(to, unit) : `${this.number(from)}–${this.#unit(to, unit)}`;
  }

  /** A moment in a time zone (the machine's, unless told otherwise), to the second, with the zone's short name. */
  instant(at: number | string, timeZone?: string): string {
    return new Intl.DateTimeFormat(this.#locale, {
      year: 'numeric',
      month: 'short',
      day: 'numeric',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
      hourCycle: 'h23',
      timeZoneName: 'short',
      ...(timeZone === undefined ? {} : { timeZone }),
    }).format(new Date(at));
  }

  /** The time of day on this machine, to the second. */
  time(at: number | string): string {
    return new Intl.DateTimeFormat(this.#locale, { timeStyle: 'medium', hourCycle: 'h23' }).format(
      new Date(at),
    );
  }

  /** `a, b and c` */
  list(words: readonly string[]): string {
    return new Intl.ListFormat(this.#locale, { type: 'conjunction' }).format(words);
  }

  #units(ms: number, [largeMs, large]: [number, DurationUnit], [smallMs, small]: [number, DurationUnit]) {
    const rest = Math.floor((ms % largeMs) / smallMs);
    const whole = this.#unit(Math.floor(ms / largeMs), large);
    return rest === 0 ? whole : `${whole} ${this.#unit(rest, small)}`;
  }

  #unit(value: number, unit: DurationUnit): string {
    return new Intl.NumberFormat(this.#locale, { style: 'unit', unit, unitDisplay: 'short' }).format(value);
  }
}

/**
 * The locale to speak in: what was asked for, else what the environment says as every Unix program reads it (LC_ALL,
 * LC_MESSAGES, LANG). Anything that is not French is English. Null: `asked` is neither.
 */
export function localeOf(asked: string | undefined, environment: NodeJS.ProcessEnv): string | null {
  const given =
    asked ??
    [environment['LC_ALL'], environment['LC_MESSAGES'], environment['LANG']].find((value) => value) ??
    '';
  const tag = given.replace(/[.@].*$/, '').replaceAll('_', '-');
  const isOurs = /^(fr|en)(-[A-Za-z0-9]{2,8})*$/i.test(tag) && Intl.getCanonicalLocales(tag).length === 1;
  if (isOurs) return Intl.getCanonicalLocales(tag)[0] ?? 'en';
  return asked === undefined ? 'en' : null;
}
