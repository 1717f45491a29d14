/**
 * Progress of long work on one line of a terminal, or as plain lines where the output is a file.
 * Used by set-up and by the quickstart.
 */

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const barCells = 24;
const frameMs = 80;
/** Without a terminal, the time between two lines about the same work. */
const plainMs = 10_000;

/** @param {number} bytes */
export function formatBytes(bytes) {
  if (bytes < 1e3) return `${bytes} B`;
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(0)} kB`;
  if (bytes < 1e9) return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
  return `${(bytes / 1e9).toFixed(2)} GB`;
}

/** @param {number} ms */
export function formatDuration(ms) {
  if (ms < 60_000) return `${(ms / 1e3).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.floor((ms % 60_000) / 1e3)} s`;
}

/** @param {number} fraction */
function bar(fraction) {
  const filled = Math.round(Math.min(Math.max(fraction, 0), 1) * barCells);
  return `${'█'.repeat(filled)}${'░'.repeat(barCells - filled)}`;
}

/**
 * One piece of work on display. `update` may be called as often as is convenient.
 *
 * ```js
 * const task = startTask('Calibrate');
 * task.update({ fraction: 0.5, note: '128 of 256 samples' });
 * task.succeed('256 samples');
 * ```
 */
class Task {
  #label;
  #stream;
  #started = Date.now();
  #lastPlain = Date.now();
  #frame = 0;
  /** @type {number | undefined} */
  #fraction;
  #note = '';
  /** @type {NodeJS.Timeout | undefined} */
  #timer;

  /**
   * @param {string} label
   * @param {NodeJS.WriteStream} stream
   */
  constructor(label, stream) {
    this.#label = label;
    this.#stream = stream;
    if (stream.isTTY && process.env['TERM'] !== 'dumb') {
      this.#timer = setInterval(() => this.#draw(), frameMs).unref();
      this.#draw();
    } else {
      stream.write(`${label} ...\n`);
    }
  }

  /**
   * @param {object} state
   * @param {number} [state.fraction] How much is done, from 0 to 1; absent where nobody knows.
   * @param {string} [state.note] What is being done, in a few words.
   */
  update({ fraction, note = '' }) {
    this.#fraction = fraction;
    this.#note = note;
    if (this.#timer || Date.now() - this.#lastPlain < plainMs) return;
    this.#lastPlain = Date.now();
    const percent = fraction === undefined ? '' : ` ${Math.floor(fraction * 100)} %`;
    this.#stream.write(`${this.#label} ...${percent}${note && ` ${note}`}\n`);
  }

  /**
   * Prints a line of its own, above the progress.
   * @param {string} line
   */
  log(line) {
    this.#clear();
    this.#stream.write(`${line}\n`);
    if (this.#timer) this.#draw();
  }

  /** @param {string} [note] */
  succeed(note) {
    this.#end('✔', note);
  }

  /** @param {string} [note] */
  fail(note) {
    this.#end('✘', note);
  }

  /**
   * @param {string} mark
   * @param {string} [note]
   */
  #end(mark, note) {
    this.#clear();
    clearInterval(this.#timer);
    const took = formatDuration(Date.now() - this.#started);
    this.#stream.write(`${mark} ${this.#label}${note ? ` · ${note}` : ''} (${took})\n`);
  }

  #draw() {
    const parts = [frames[this.#frame++ % frames.length], this.#label];
    if (this.#fraction !== undefined) {
      parts.push(`${Math.floor(this.#fraction * 100)} %`, bar(this.#fraction));
    }
    parts.push(formatDuration(Date.now() - this.#started), this.#note);
    const line = parts.join(' ').slice(0, (this.#stream.columns || 80) - 1);
    this.#stream.write(`\r\x1b[2K${line}`);
  }

  #clear() {
    if (this.#timer) this.#stream.write('\r\x1b[2K');
  }
}

/**
 * Shows that a piece of work has begun. End it with `succeed` or `fail`.
 * @param {string} label
 * @param {NodeJS.WriteStream} [stream]
 */
export function startTask(label, stream = process.stderr) {
  return new Task(label, stream);
}
