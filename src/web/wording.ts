/**
 * Puts numbers, durations and times into the phrases of one language. The same values can be asked for as plain text
 * (a title, what is spoken) or as HTML, where numbers stand in `<bdi>` and times in `<time datetime>`.
 *
 * Times are told on the room's clock. Where the visitor's own clock shows something else, it is added; where it is not
 * known (no script), the offset is named instead. Durations that are promised are rounded down, the ends of a range
 * outwards: what is shown is never better than what is known.
 */
import type { WaitRange } from '../domain/wait-estimate.ts';
import { Html, html } from './html.ts';
import {
  type DurationUnit,
  type Language,
  languageFile,
  type OfferedLanguage,
  type PhraseKey,
  type PlaceholderOf,
  type PluralForms,
} from './phrases/phrases.ts';

const secondMs = 1_000;
const minuteMs = 60_000;

/** An instant, to be shown on the clocks of the room and the visitor. */
export class Moment {
  readonly iso: string;
  constructor(iso: string) {
    this.iso = iso;
  }
}

type Value = string | number | Moment | Html;
type Values<K extends PhraseKey> = [PlaceholderOf<K>] extends [never]
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

  /** The phrase as plain text. Values of markup are not for this. */
  text<K extends PhraseKey>(key: K, ...[values]: Values<K>): string {
    return this.#pieces(key, values)
      .map((piece) => this.#plain(piece))
      .join('');
  }

  /** The phrase as HTML, its texts escaped. */
  html<K extends PhraseKey>(key: K, ...[values]: Values<K>): Html {
    return html`${this.#pieces(key, values).map((piece) => this.#marked(piece))}`;
  }

  #pieces(key: PhraseKey, values: { readonly [name: string]: Value } = {}): Value[] {
    const phrase = this.#file.phrases[key];
    const text = typeof phrase === 'string' ? phrase : this.#formOf(phrase, Number(values['count']));
    // Odd pieces are the names between braces.
    return text
      .split(/\{([a-z]+)\}/i)
      .map((piece, index) => (index % 2 === 0 ? piece : (values[piece] ?? '')));
  }

  #formOf(forms: PluralForms, count: number): string {
    const { locale, pluralLocale } = this.#file;
    return forms[pluralRules(pluralLocale ?? locale).select(count)] ?? forms.other;
  }

  #plain(piece: Value): string {
    if (typeof piece === 'number') return this.number(piece);
    if (piece instanceof Moment) return this.#timeText(piece.iso);
    if (piece instanceof Html) throw new TypeError('markup in a plain text');
    return piece;
  }

  #marked(piece: Value): Html | string {
    if (typeof piece === 'number') return html`<bdi>${this.number(piece)}</bdi>`;
    if (piece instanceof Moment)
      return html`<time datetime="${piece.iso}">${this.#timeText(piece.iso)}</time>`;
    return piece;
  }

  /** An instant on the room's clock, as plain text: for what is read aloud. */
  clock(iso: string): string {
    return this.#clockTime(iso, this.#clocks.roomTimeZone);
  }

  /** An instant by itself. */
  moment(iso: string): Html | string {
    return this.#marked(new Moment(iso));
  }

  /** A whole number, grouped as the language does. */
  number(value: number): string {
    return numberFormat(this.#file.locale, {}).format(value);
  }

  /** A duration in hours and minutes, or seconds below two minutes; what is left over is dropped. */
  duration(ms: number): string {
    const seconds = Math.floor(ms / secondMs);
    if (seconds < 120 && seconds % 60 !== 0) return this.#unit(seconds, 'second');
    const minutes = Math.floor(ms / minuteMs);
    if (minutes < 60) return this.#unit(minutes, 'minute');
    const hours = this.#unit(Math.floor(minutes / 60), 'hour');
    const { unitJoiner = ' ' } = this.#file;
    return minutes % 60 === 0 ? hours : hours + unitJoiner + this.#unit(minutes % 60, 'minute');
  }

  #unit(value: number, unit: DurationUnit): string {
    const { locale, units } = this.#file;
    if (units) return this.#formOf(units[unit], value).replace('{count}', this.number(value));
    return numberFormat(locale, { style: 'unit', unit, unitDisplay: 'long' }).format(value);
  }

  /** What is left of a turn, in calm steps: whole minutes, ten seconds below two minutes. */
  timeLeft(ms: number): string {
    if (ms < 10 * secondMs) return this.text('less-than-seconds', { duration: this.duration(10 * secondMs) });
    const stepMs = ms < 2 * minuteMs ? 10 * secondMs : minuteMs;
    return this.duration(Math.floor(ms / stepMs) * stepMs);
  }

  /** An expected wait. The range shown contains the one given. */
  wait({ low, high }: WaitRange): string {
    if (high <= minuteMs) return this.text('wait-under-a-minute');
    const stepMs = high <= 60 * minuteMs ? minuteMs : high <= 600 * minuteMs ? 5 * minuteMs : 60 * minuteMs;
    const lowMs = Math.floor(low / stepMs) * stepMs;
    const highMs = Math.ceil(high / stepMs) * stepMs;
    if (lowMs === highMs) return this.text('wait-about', { duration: this.duration(highMs) });
    if (lowMs <= 0) return this.text('wait-under', { duration: this.duration(highMs) });
    // "between 12 and 18 minutes": the unit once where both have the same.
    const sameUnit =
      highMs < 60 * minuteMs || (lowMs % (60 * minuteMs) === 0 && highMs % (60 * minuteMs) === 0);
    const unitMs = highMs < 60 * minuteMs ? minuteMs : 60 * minuteMs;
    const shownLow = sameUnit ? this.number(lowMs / unitMs) : this.duration(lowMs);
    return this.text('wait-between', { low: shownLow, high: this.duration(highMs) });
  }

  #timeText(iso: string): string {
    const { roomTimeZone, visitorTimeZone } = this.#clocks;
    const time = this.#clockTime(iso, roomTimeZone);
    if (visitorTimeZone === null) {
      return this.text('clock-with-zone', { time, zone: offsetName(iso, roomTimeZone) });
    }
    const yours = this.#clockTime(iso, visitorTimeZone);
    if (yours === time) return time;
    const isSameDay = dayOf(Date.parse(iso), roomTimeZone) === dayOf(Date.parse(iso), visitorTimeZone);
    return this.text('clock-elsewhere', {
      time,
      zone: offsetName(iso, roomTimeZone),
      yours: isSameDay ? this.#hourText(iso, visitorTimeZone, {}) : yours,
    });
  }

  /** "14:05", with the day where it is another one than today. */
  #clockTime(iso: string, timeZone: string): string {
    const isToday = dayOf(Date.parse(iso), timeZone) === dayOf(this.#clocks.nowMs, timeZone);
    return this.#hourText(iso, timeZone, isToday ? {} : { weekday: 'long', day: 'numeric', month: 'long' });
  }

  #hourText(iso: string, timeZone: string, day: Intl.DateTimeFormatOptions): string {
    const format = dateFormat(this.#file.clockLocale ?? this.#file.locale, timeZone, {
      ...day,
      hour: 'numeric',
      minute: '2-digit',
    });
    return format.format(Date.parse(iso));
  }
}

/** The calendar day of an instant; for comparing. */
function dayOf(instantMs: number, timeZone: string): string {
  return dateFormat('en', timeZone, { year: 'numeric', month: 'numeric', day: 'numeric' }).format(instantMs);
}

/** "UTC−5": the same in every language. The zone's own name where an old browser cannot tell the offset. */
function offsetName(iso: string, timeZone: string): string {
  try {
    const format = dateFormat('en', timeZone, { hour: 'numeric', timeZoneName: 'shortOffset' });
    const name = format.formatToParts(Date.parse(iso)).find(({ type }) => type === 'timeZoneName');
    return (name?.value ?? timeZone).replace(/^GMT(\+0$)?/, 'UTC').replace('-', '−');
  } catch {
    return timeZone;
  }
}

// Intl objects are dear to make and cheap to use: one of each is kept.
const formats = new Map<string, Intl.DateTimeFormat | Intl.NumberFormat | Intl.PluralRules>();
/** Languages × time zones × shapes; beyond that all are made anew. */
const formatsMax = 1_000;

function kept<F extends Intl.DateTimeFormat | Intl.NumberFormat | Intl.PluralRules>(
  key: string,
  make: () => F,
): F {
  const known = formats.get(key);
  if (known) return known as F;
  if (formats.size >= formatsMax) formats.clear();
  const made = make();
  formats.set(key, made);
  return made;
}

function pluralRules(locale: string): Intl.PluralRules {
  return kept(`plural ${locale}`, () => new Intl.PluralRules(locale));
}

function numberFormat(locale: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  return kept(`number ${locale} ${options.unit ?? ''}`, () => new Intl.NumberFormat(locale, options));
}

function dateFormat(
  locale: string,
  timeZone: string,
  options: Intl.DateTimeFormatOptions,
): Intl.DateTimeFormat {
  const key = `date ${locale} ${timeZone} ${Object.keys(options).join(' ')}`;
  return kept(key, () => new Intl.DateTimeFormat(locale, { ...options, timeZone }));
}
