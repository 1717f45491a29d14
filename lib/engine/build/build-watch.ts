import { loadAddon, type NativeBuildEvent, type NativeBuildMonitor } from '../../native.js';

export interface BuildProgress {
  /** What TensorRT is doing, in its own words; `'parse'` and `'build'` are ours. */
  readonly phase: string;
  /** Since the build began. TensorRT cannot tell how much is left. */
  readonly elapsedMs: number;
}

export interface BuildLogLine {
  readonly severity: 'error' | 'warning';
  readonly text: string;
}

interface Watcher {
  onProgress?: (progress: BuildProgress) => void;
  onLog?: (line: BuildLogLine) => void;
  signal?: AbortSignal | undefined;
}

const pollMs = 100;
const heartbeatMs = 500;
const warning = 2;
/** What is kept of TensorRT's log: warnings and worse. */
export const logLevel = warning;

/** Builds in flight, so that `process.exit()` does not wait for them to end by themselves. */
const running = new Set<NativeBuildMonitor>();
let listening = false;

function cancelAtExit(): void {
  for (const monitor of running) monitor.cancel();
}

/**
 * Watches one build: asks the native side for news, passes it on, and cancels on abort. Between two
 * polls nothing of the build touches the JavaScript thread.
 */
export class BuildWatch {
  readonly monitor: NativeBuildMonitor;
  readonly #watcher: Watcher;
  readonly #timer: NodeJS.Timeout;
  readonly #started = performance.now();
  readonly #phases: string[] = [];
  #lastReport = Number.NEGATIVE_INFINITY;
  #failure: { reason: unknown } | undefined;

  constructor(
    watcher: Watcher,
    monitor: NativeBuildMonitor = new (loadAddon().BuildMonitor)(logLevel),
  ) {
    this.monitor = monitor;
    this.#watcher = watcher;
    this.#timer = setInterval(() => this.#poll(), pollMs);
    watcher.signal?.addEventListener('abort', this.#abort);
    running.add(this.monitor);
    if (!listening) {
      listening = true;
      process.on('exit', cancelAtExit);
    }
  }

  /** Throws the signal's reason, or what a callback threw, where that ended the build. */
  throwIfCancelled(): void {
    if (this.#failure) throw this.#failure.reason;
  }

  /** Passes on what is left and stops watching. */
  finish(): void {
    clearInterval(this.#timer);
    this.#watcher.signal?.removeEventListener('abort', this.#abort);
    running.delete(this.monitor);
    this.#poll();
  }

  readonly #abort = () => this.#cancel(this.#watcher.signal?.reason);

  #cancel(reason: unknown): void {
    this.#failure ??= { reason };
    this.monitor.cancel();
  }

  #poll(): void {
    try {
      for (const event of this.monitor.drain()) this.#pass(event);
      const elapsedMs = performance.now() - this.#started;
      const phase = this.#phases.at(-1);
      if (phase && elapsedMs - this.#lastReport >= heartbeatMs) this.#report(phase, elapsedMs);
    } catch (error) {
      // A callback of the user's threw: the build ends with its error.
      this.#cancel(error);
    }
  }

  #pass({ kind, text, severity, elapsedMs }: NativeBuildEvent): void {
    if (kind === 'log') {
      this.#watcher.onLog?.({ severity: severity < warning ? 'error' : 'warning', text });
    } else if (kind === 'phaseStarted') {
      this.#phases.push(text);
      this.#report(text, elapsedMs);
    } else {
      this.#phases.splice(this.#phases.lastIndexOf(text), 1);
    }
  }

  #report(phase: string, elapsedMs: number): void {
    this.#lastReport = elapsedMs;
    this.#watcher.onProgress?.({ phase, elapsedMs });
  }
}
