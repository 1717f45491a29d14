/** Lends out items, one borrower each; those who find none wait in the order they came. */
export class Pool<T> {
  readonly #free: T[];
  readonly #cost: (item: T) => number;
  readonly #waiting: ((item: T) => void)[] = [];

  /** @param cost - of several free items the one of the least cost is lent. */
  constructor(items: readonly T[], cost: (item: T) => number = () => 0) {
    this.#free = [...items];
    this.#cost = cost;
  }

  /** Borrowers in line. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /**
   * An item at once where one is free, else a promise of one.
   *
   * @throws the signal's `reason` when it is aborted before there is an item.
   */
  take(signal?: AbortSignal): T | Promise<T> {
    signal?.throwIfAborted();
    if (this.#free.length === 0) return this.#wait(signal);
    const costs = this.#free.map(this.#cost);
    const [item] = this.#free.splice(costs.indexOf(Math.min(...costs)), 1);
    return item as T;
  }

  /** Gives an item back, straight to the next in line, so that nobody can overtake it. */
  give(item: T): void {
    const next = this.#waiting.shift();
    if (next) next(item);
    else this.#free.push(item);
  }

  #wait(signal: AbortSignal | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const receive = (item: T) => {
        signal?.removeEventListener('abort', abandon);
        resolve(item);
      };
      const abandon = () => {
        this.#waiting.splice(this.#waiting.indexOf(receive), 1);
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', abandon, { once: true });
      this.#waiting.push(receive);
    });
  }
}
