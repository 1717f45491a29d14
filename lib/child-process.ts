import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';

interface Listener<In> {
  onMessage(message: In): void;
  /** The process ended, or could not start: `'SIGSEGV'`, `'exit code 3'`. */
  onEnd(how: string): void;
}

/** As much of the process's error output as helps to understand why it ended. */
const keptErrorOutput = 4096;

/**
 * A process that runs a module of this package. It is told by `disconnect` that its parent is gone,
 * and has to end then.
 */
export class ForkedProcess<Out extends object, In> {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  #errorOutput = '';

  constructor(module: URL, args: readonly string[], listener: Listener<In>) {
    this.#child = fork(fileURLToPath(module), args, {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      // Loaders and debuggers of the parent are not meant for this process.
      execArgv: [],
    });
    this.#exited = once(this.#child, 'exit').catch(() => {});
    this.#child.on('message', (message: In) => listener.onMessage(message));
    this.#child.on('error', (error) => listener.onEnd(error.message));
    this.#child.on('close', (code, signal) => listener.onEnd(signal ?? `exit code ${code}`));
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#errorOutput = (this.#errorOutput + text).slice(-keptErrorOutput);
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** The end of what the process wrote to its error output. */
  get errorOutput(): string {
    return this.#errorOutput.trim();
  }

  /** A message that cannot be sent is followed by the end of the process. */
  send(message: Out): void {
    this.#child.send(message, () => {});
  }

  /** Whether this process stays alive, with nothing else to do, while that one runs. It does at first. */
  keepAlive(keep: boolean): void {
    const how = keep ? 'ref' : 'unref';
    this.#child[how]();
    this.#child.channel?.[how]();
    (this.#child.stderr as Socket | null)?.[how]();
  }

  /** Ends the process at once. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  /** Ends the process at once and waits until it is gone. */
  async end(): Promise<void> {
    this.kill();
    await this.#exited;
  }
}
