import { TensorRTError } from './errors.js';

/**
 * The open / closed state of an object with work in flight: closing refuses new work at once, waits
 * for what is in flight, then frees. Idempotent.
 */
export class Lifetime {
  readonly #what: string;
  #inFlight = 0;
  #closing: Promise<void> | undefined;
  #idle: (() => void) | undefined;

  /** @param what - what to call the object in errors, for example `'The session'`. */
  constructor(what: string) {
    this.#what = what;
  }

  /** Whether closing has begun. */
  get closing(): boolean {
    return this.#closing !== undefined;
  }

  /** @throws TensorRTError ERR_CLOSED */
  assertOpen(): void {
    if (this.#closing) throw new TensorRTError('ERR_CLOSED', `${this.#what} is closed.`);
  }

  /** Runs work that closing has to wait for. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    this.assertOpen();
    this.#inFlight += 1;
    try {
      return await work();
    } finally {
      this.#inFlight -= 1;
      if (this.#inFlight === 0) this.#idle?.();
    }
  }

  close(free: () => Promise<void>): Promise<void> {
    this.#closing ??= this.#whenIdle().then(free);
    return this.#closing;
  }

  #whenIdle(): Promise<void> {
    if (this.#inFlight === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#idle = resolve;
    });
  }
}
