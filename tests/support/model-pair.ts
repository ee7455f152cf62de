/**
 * The model and a store side by side: each call goes to both, their answers and then everything they hold must
 * be the same, and the invariants must hold, before anyone learns what was answered.
 */
import { isDeepStrictEqual } from 'node:util';
import { expect } from 'vitest';
import type { Model } from './model.ts';
import { lineageOf } from './model-room.ts';
import type { ObservedRoom } from './observed-room.ts';
import type { ModelledStore } from './replica.ts';

type Words = readonly unknown[];
/** A call that was answered, and what the room was before and after. */
export type Call = { name: keyof ModelledStore; before: ObservedRoom | null; after: ObservedRoom | null };

export type PairOptions = {
  model: Model;
  real: ModelledStore;
  observe: () => Promise<ObservedRoom | null>;
  /** Told of every call that both answered alike. */
  onCall: (call: Call) => void;
};

export class Pair {
  readonly store: ModelledStore;
  readonly #options: PairOptions;
  /** The store's epoch ids by the model's: both are made up. */
  readonly #epochIds = new Map<string, string>();
  #before: ObservedRoom | null = null;

  constructor(options: PairOptions) {
    this.#options = options;
    const names: (keyof ModelledStore)[] = [
      ...(['create', 'setRoom', 'join', 'tick', 'sight', 'enter', 'extend', 'return'] as const),
      ...(['leave', 'offerMove', 'move', 'keepAlive', 'finish', 'recover'] as const),
    ];
    const entries = names.map((name) => [name, (...words: Words) => this.#call(name, words)]);
    this.store = Object.fromEntries(entries) as ModelledStore;
  }

  /** After the test itself changed what the store holds. */
  async lookAgain(): Promise<void> {
    this.#before = await this.#options.observe();
    same(this.#before, this.#options.model.observe(), 'what the room holds after a fault');
  }

  async #call(name: keyof ModelledStore, words: Words): Promise<unknown> {
    const { model, real, onCall } = this.#options;
    const translated = words.map((word) => this.#translate(word));
    // One after the other on one connection, but waited for together.
    const [actual, after] = await Promise.all([
      (real[name] as (...words: Words) => Promise<unknown>)(...translated),
      this.#options.observe(),
    ]);
    const { head } = actual as { head?: { epochId: string } };
    model.drawnLineage = head === undefined ? 0 : lineageOf(head.epochId);
    const expected = await (model[name] as (...words: Words) => Promise<unknown>)(...words);
    this.#match(expected, actual);
    same(comparable(actual), comparable(expected), `answer of ${name}`);
    same(after, model.observe(), `what the room holds after ${name}`);
    const before = this.#before;
    this.#before = after;
    onCall({ name, before, after });
    return expected;
  }

  #translate(word: unknown): unknown {
    if (typeof word !== 'object' || word === null || !('epochId' in word)) return word;
    return { ...word, epochId: this.#epochIds.get(word.epochId as string) ?? word.epochId };
  }

  /** One epoch here is one epoch there. */
  #match(expected: unknown, actual: unknown): void {
    const [here, there] = [expected, actual].map(
      (reply) => (reply as { head?: { epochId: string } }).head?.epochId,
    );
    if (here === undefined || there === undefined) return;
    const known = this.#epochIds.get(here);
    const isNew = known === undefined && ![...this.#epochIds.values()].includes(there);
    if (lineageOf(here) !== lineageOf(there)) throw new Error(`the epoch is ${there}, not one like ${here}`);
    if (known !== there && !isNew) throw new Error(`the epoch is ${there} where it must be ${String(known)}`);
    this.#epochIds.set(here, there);
  }
}

/** Fails with the differences when the two are not equal. */
function same(actual: unknown, expected: unknown, what: string): void {
  if (!isDeepStrictEqual(actual, expected)) expect(actual, what).toEqual(expected);
}

/** A reply without its epoch's id, which each side makes up. */
function comparable(reply: unknown): unknown {
  const { head, ...rest } = reply as { head?: object };
  return head === undefined ? reply : { ...rest, head: { ...head, epochId: '' } };
}
