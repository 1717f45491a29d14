/** Between two states of a line: faster is not read. */
const pauseMs = 100;

/** A line on the standard error that tells how far a work is; only where a person looks at it. */
export class ProgressLine {
  readonly #isShown = process.stderr.isTTY === true && process.env['TERM'] !== 'dumb';
  #last = Number.NEGATIVE_INFINITY;

  show(text: string): void {
    const now = performance.now();
    if (!this.#isShown || now - this.#last < pauseMs) return;
    this.#last = now;
    const columns = process.stderr.columns || 80;
    process.stderr.write(`\r\u001b[K${text.slice(0, columns - 1)}`);
  }

  /** Leaves the line empty for what is told next. */
  end(): void {
    if (this.#isShown && Number.isFinite(this.#last)) process.stderr.write('\r\u001b[K');
  }
}

/** Runs work that tells of its progress; the line is gone when it ends, whichever way. */
export async function withProgress<T>(work: (line: ProgressLine) => Promise<T>): Promise<T> {
  const line = new ProgressLine();
  try {
    return await work(line);
  } finally {
    line.end();
  }
}

/** Milliseconds as `4.2 s`. */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
