import { ForkedProcess } from '../../child-process.js';
import { TensorRTError } from '../../errors.js';
import { Failure } from '../../failure.js';
import { type Protocol, type Reply, type Request, uncarry } from './protocol.js';

interface Pending {
  resolve(result: never): void;
  reject(error: unknown): void;
}

export interface RequestProcessOptions {
  /** What to call the process in errors: `'The calibration process'`. */
  readonly what: string;
  /** Files and folders that the process removes if its parent disappears. */
  readonly remove: readonly string[];
  /** What to do when the process ends unexpectedly, in one sentence. */
  readonly remedy?: string;
}

/**
 * A process that answers requests one after the other, in order. Its module calls
 * {@link answerRequests}. While nothing is pending it keeps nobody from ending.
 */
export class RequestProcess<P extends Protocol<P>> {
  readonly #child: ForkedProcess<Request<P>, Reply>;
  readonly #what: string;
  readonly #pending: Pending[] = [];
  readonly #failure = new Failure();

  /** @param module - the compiled module that the process runs. */
  constructor(module: URL, { what, remove, remedy }: RequestProcessOptions) {
    this.#what = what;
    this.#child = new ForkedProcess(module, remove, {
      onMessage: (reply) => this.#receive(reply),
      onEnd: (how) => {
        const said = this.#child.errorOutput && ` It wrote: ${this.#child.errorOutput}`;
        const message = `${what} ended unexpectedly (${how}).${said}`;
        this.fail(new TensorRTError('ERR_RUNTIME', message, { remedy }));
      },
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  request<K extends keyof P>(kind: K, request: P[K]['request']): Promise<P[K]['result']> {
    const result = new Promise<P[K]['result']>((resolve, reject) => {
      if (this.#failure.reason) reject(this.#failure.reason.error);
      else this.#pending.push({ resolve, reject });
    });
    // Whoever waits for something else at that moment hears of the failure there.
    result.catch(() => {});
    if (!this.#failure.reason) {
      this.#child.keepAlive(true);
      this.#child.send({ kind, request } as Request<P>);
    }
    return result;
  }

  /** Settles as `work` does, or rejects as soon as the process fails. */
  guard<T>(work: Promise<T>): Promise<T> {
    return this.#failure.guard(work);
  }

  /** Ends the process at once. What is pending, and every later request, rejects with `error`. */
  fail(error: unknown): void {
    if (!this.#failure.set(error)) return;
    this.#child.kill();
    for (const { reject } of this.#pending.splice(0)) reject(error);
  }

  /** Ends the process and waits until it is gone. */
  async close(): Promise<void> {
    this.fail(new TensorRTError('ERR_CLOSED', `${this.#what} was closed.`));
    this.#child.keepAlive(true);
    await this.#child.end();
  }

  #receive(reply: Reply): void {
    // What was under way when it failed; nobody waits for that, but for the end of the process.
    if (this.#failure.reason) return;
    const pending = this.#pending.shift();
    if (this.#pending.length === 0) this.#child.keepAlive(false);
    if (reply.ok) pending?.resolve(reply.result as never);
    else pending?.reject(uncarry(reply.error));
  }
}
