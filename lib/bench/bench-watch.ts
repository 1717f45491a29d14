import type { BenchProgress } from './bench-options.js';

const tickMs = 500;

/** Tells how far a measurement is: at every step, and twice a second. */
export class BenchWatch {
  readonly #onProgress: ((progress: BenchProgress) => void) | undefined;
  readonly #cells: number;
  readonly #begin = performance.now();
  readonly #timer: NodeJS.Timeout | undefined;
  #cell = 0;
  #cellBegin = 0;
  #name = '';
  #phase = '';

  constructor(cells: number, onProgress: ((progress: BenchProgress) => void) | undefined) {
    this.#cells = cells;
    this.#onProgress = onProgress;
    this.#timer = onProgress && setInterval(() => this.#tell(), tickMs).unref();
  }

  /** The next cell begins. */
  next(name: string): void {
    this.#cell += 1;
    this.#cellBegin = performance.now();
    this.#name = name;
  }

  phase(phase: string): void {
    this.#phase = phase;
    this.#tell();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #tell(): void {
    const remainingMs = this.#remaining();
    this.#onProgress?.({
      cell: this.#cell,
      cells: this.#cells,
      name: this.#name,
      phase: this.#phase,
      elapsedMs: performance.now() - this.#begin,
      ...(remainingMs !== undefined && { remainingMs }),
    });
  }

  /** As if the cells that are left took as long as those before. */
  #remaining(): number | undefined {
    const done = this.#cell - 1;
    if (done < 1) return undefined;
    const each = (this.#cellBegin - this.#begin) / done;
    const ofThis = performance.now() - this.#cellBegin;
    return Math.max(0, each - ofThis) + each * (this.#cells - this.#cell);
  }
}
