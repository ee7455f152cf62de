/**
 * Puts numbers and times into the phrases of one language. The same values can be asked for as plain text
 * (a title, what is spoken) or as HTML, where numbers stand in `<bdi>` and times in `<time datetime>`.
 *
 * Times are told on the room's clock. Where the visitor's own clock shows something else, it is added; where it is not
 * known (no script), the offset is named instead. Durations are in durations.ts.
 */
import { type Html, html } from './html.ts';
import {
  type DurationUnit,
  type Language,
  languageFile,
  type OfferedLanguage,
  type PhraseKey,
  type PlaceholderOf,
  type PluralForms,
} from './phrases/phrases.ts';

/** An instant, to be shown on the clocks of the room and the visitor. */
export class Moment {
  readonly iso: string;
  constructor(iso: string) {
    this.iso = iso;
  }
}

type PlainValue = string | number | Moment;
type Values<K extends PhraseKey, Value> = [PlaceholderOf<K>] extends [never]
  ? []
  : [{ readonly [name in PlaceholderOf<K>]: Value }];

export type Clocks = {
  nowMs: number;
  roomTimeZone: string;
  /** Null where it cannot be told. */
  visitorTimeZone: string | null;
};

const noClocks: Clocks = { nowMs: 0, roomTimeZone: 'UTC', visitorTimeZone: null };

export class Wording {
  readonly language: Language;
  readonly #file: OfferedLanguage;
  readonly #clocks: Clocks;

  /** Without clocks, for what tells no time. */
  constructor(language: Language, clocks: Clocks = noClocks) {
    this.language = language;
    this.#file = languageFile(language);
    this.#clocks = clocks;
  }

  /** The phrase as plain text. */
  text<K extends PhraseKey>(key: K, ...[values]: Values<K, PlainValue>): string {
    return this.#pieces<PlainValue>(key, values)
      .map((piece) => this.#plain(piece))
      .join('');
  }

  /** The phrase as HTML, its texts escaped. */
  html<K extends PhraseKey>(key: K, ...[values]: Values<K, PlainValue | Html>): Html {
    return html`${this.#pieces<PlainValue | Html>(key, values).map((piece) => this.value(piece))}`;
  }

  /** A value by itself, as HTML. */
  value(value: PlainValue | Html): Html | string {
    if (typeof value === 'number') return html`<bdi>${this.number(value)}</bdi>`;
    if (!(value instanceof Moment)) return value;
    return html`<time datetime="${value.iso}">${this.#plain(value)}</time>`;
  }

  #plain(value: PlainValue): string {
    if (value instanceof Moment) return this.#timeText(value.iso);
    return typeof value === 'number' ? this.number(value) : value;
  }

  #pieces<Value>(key: PhraseKey, values: { readonly [name: string]: Value } = {}): (Value | string)[] {
    const phrase = this.#file.phrases[key];
    const text = typeof phrase === 'string' ? phrase : this.#formOf(phrase, Number(values['count']));
    // Odd pieces are the names between braces.
    return text
      .split(/\{([a-z]+)\}/i)
      .map((piece, index) => (index % 2 === 0 ? piece : (values[piece] ?? '')));
  }

  #formOf(forms: PluralForms, count: number): string {
    const { locale, pluralLocale = locale } = this.#file;
    return forms[kept(Intl.PluralRules, pluralLocale).select(count)] ?? forms.other;
  }

  /** A whole number, grouped as the language does. */
  number(value: number): string {
    return kept(Intl.NumberFormat, this.#file.locale).format(value);
  }

  /** So many of one unit, in words. */
  unit(value: number, unit: DurationUnit): string {
    const { locale, units } = this.#file;
    if (units) return this.#formOf(units[unit], value).replace('{count}', this.number(value));
    return kept(Intl.NumberFormat, locale, { style: 'unit', unit, unitDisplay: 'long' }).format(value);
  }

  /** What stands between hours and minutes. */
  get unitJoiner(): string {
    return this.#file.unitJoiner ?? ' ';
  }

  /** An instant on the room's clock: for what is read aloud. */
  clock(iso: string, timeZone: string = this.#clocks.roomTimeZone): string {
    const isToday = dayOf(iso, timeZone) === dayOf(this.#clocks.nowMs, timeZone);
    return this.#hour(iso, timeZone, isToday ? {} : { weekday: 'long', day: 'numeric', month: 'long' });
  }

  #timeText(iso: string): string {
    const { roomTimeZone, visitorTimeZone } = this.#clocks;
    const time = this.clock(iso);
    const yours = visitorTimeZone === null ? null : this.clock(iso, visitorTimeZone);
    if (yours === time) return time;
    const zone = offsetName(iso, roomTimeZone);
    if (visitorTimeZone === null || yours === null) return this.text('clock-with-zone', { time, zone });
    const isSameDay = dayOf(iso, roomTimeZone) === dayOf(iso, visitorTimeZone);
    return this.text('clock-elsewhere', {
      time,
      zone,
      yours: isSameDay ? this.#hour(iso, visitorTimeZone) : yours,
    });
  }

  /** "14:05", with what is named of its day. */
  #hour(iso: string, timeZone: string, day: Intl.DateTimeFormatOptions = {}): string {
    const { locale, clockLocale = locale } = this.#file;
    const shape = { ...day, hour: 'numeric', minute: '2-digit', timeZone } as const;
    return kept(Intl.DateTimeFormat, clockLocale, shape).format(Date.parse(iso));
  }
}

/** The calendar day of an instant; for comparing. */
function dayOf(instant: string | number, timeZone: string): string {
  return kept(Intl.DateTimeFormat, 'en', { timeZone }).format(new Date(instant));
}

/** "UTC−5": the same in every language. The zone's own name where an old browser cannot tell the offset. */
function offsetName(iso: string, timeZone: string): string {
  try {
    const shape = { hour: 'numeric', timeZoneName: 'shortOffset', timeZone } as const;
    const parts = kept(Intl.DateTimeFormat, 'en', shape).formatToParts(Date.parse(iso));
    const name = parts.find(({ type }) => type === 'timeZoneName')?.value ?? timeZone;
    return name.replace(/^GMT(\+0$)?/, 'UTC').replace('-', '−');
  } catch {
    return timeZone;
  }
}

// Intl objects are dear to make and cheap to use: one of each is kept.
const formats = new Map<string, unknown>();
/** Languages × time zones × shapes; beyond that all are made anew. */
const formatsMax = 1_000;

function kept<Format, Options>(
  Format: { new (locale: string, options?: Options): Format; name: string },
  locale: string,
  options?: Options,
): Format {
  const key = Format.name + locale + JSON.stringify(options);
  const known = formats.get(key) ?? new Format(locale, options);
  if (formats.size >= formatsMax) formats.clear();
  formats.set(key, known);
  return known as Format;
}
