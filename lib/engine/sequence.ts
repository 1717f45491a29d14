/** Does one piece of work after the other, in the order they came. */
export class Sequence {
  #last: Promise<unknown> = Promise.resolve();

  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    // Whether it fails is the caller's business, not that of those who wait behind.
    this.#last = result.catch(() => undefined);
    return result;
  }
}
