/**
 * Gathers what arrives in one turn of the event loop into one call to the store: hundreds of joins or sights
 * share one round trip, one script call and one confirmation.
 */
type Entry<Item, Answer> = {
  item: Item;
  resolve: (answer: Answer) => void;
  reject: (error: unknown) => void;
};

export type GathererOptions<Item, Answer> = {
  /** Items a call. */
  batchMax: number;
  /** Calls under way at once; further items wait and gather. */
  callsMax: number;
  /** Items waiting for a call; beyond that `ask` throws what `refuse` makes. */
  waitingMax: number;
  refuse: () => Error;
  /** Answers in the order of the items. */
  send: (items: Item[]) => Promise<Answer[]>;
};

export class Gatherer<Item, Answer> {
  readonly #options: GathererOptions<Item, Answer>;
  #waiting: Entry<Item, Answer>[] = [];
  #callsUnderWay = 0;
  #scheduled = false;

  constructor(options: GathererOptions<Item, Answer>) {
    this.#options = options;
  }

  /** Resolves with the item's own answer; rejects with what the whole call failed with. */
  ask(item: Item): Promise<Answer> {
    if (this.#waiting.length >= this.#options.waitingMax) throw this.#options.refuse();
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#scheduled || this.#callsUnderWay >= this.#options.callsMax) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      while (this.#waiting.length > 0 && this.#callsUnderWay < this.#options.callsMax) {
        void this.#send(this.#waiting.splice(0, this.#options.batchMax));
      }
    });
  }

  async #send(entries: Entry<Item, Answer>[]): Promise<void> {
    this.#callsUnderWay += 1;
    try {
      const answers = await this.#options.send(entries.map(({ item }) => item));
      for (const [index, { resolve }] of entries.entries()) resolve(answers[index] as Answer);
    } catch (error) {
      for (const { reject } of entries) reject(error);
    } finally {
      this.#callsUnderWay -= 1;
      if (this.#waiting.length > 0) this.#schedule();
    }
  }
}
