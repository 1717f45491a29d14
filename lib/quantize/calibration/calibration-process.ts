import { ForkedProcess } from '../../child-process.js';
import { TensorRTError } from '../../errors.js';
import type {
  CalibrationReply,
  CalibrationRequest,
  ReplyError,
  RequestResults,
} from './calibration-protocol.js';

interface Pending {
  resolve(result: never): void;
  reject(error: unknown): void;
}

/** Runs a model and counts in a process of its own, so that the event loop stays free. */
export class CalibrationProcess {
  readonly #child: ForkedProcess<CalibrationRequest, CalibrationReply>;
  readonly #pending: Pending[] = [];
  /** What else to reject when the process fails. */
  readonly #guarded = new Set<(error: unknown) => void>();
  #failure: { error: unknown } | undefined;

  constructor() {
    this.#child = new ForkedProcess(new URL('./calibration-child.js', import.meta.url), [], {
      onMessage: (reply) => this.#receive(reply),
      onEnd: (how) => this.fail(endedError(how, this.#child.errorOutput)),
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** The result of a request. Requests are answered one after the other, in order. */
  request<K extends CalibrationRequest['kind']>(
    request: Extract<CalibrationRequest, { kind: K }>,
  ): Promise<RequestResults[K]> {
    const result = new Promise<RequestResults[K]>((resolve, reject) => {
      if (this.#failure) reject(this.#failure.error);
      else this.#pending.push({ resolve, reject });
    });
    // Whoever waits for something else at that moment hears of the failure there.
    result.catch(() => {});
    if (!this.#failure) this.#child.send(request);
    return result;
  }

  /** Settles as `work` does, or rejects as soon as the process fails. */
  guard<T>(work: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#failure) reject(this.#failure.error);
      this.#guarded.add(reject);
      const release = () => this.#guarded.delete(reject);
      work.then(resolve, reject).finally(release);
    });
  }

  /** Ends the process at once. What is pending, and every later request, rejects with `error`. */
  fail(error: unknown): void {
    if (this.#failure) return;
    this.#failure = { error };
    this.#child.kill();
    for (const { reject } of this.#pending.splice(0)) reject(error);
    for (const reject of this.#guarded) reject(error);
  }

  /** Ends the process and waits until it is gone. */
  async close(): Promise<void> {
    this.fail(new TensorRTError('ERR_CLOSED', 'The calibration process was closed.'));
    await this.#child.end();
  }

  #receive(reply: CalibrationReply): void {
    if (reply.ok) this.#pending.shift()?.resolve(reply.result as never);
    else this.#pending.shift()?.reject(fromReplyError(reply.error));
  }
}

function fromReplyError({ code, message }: ReplyError): Error {
  return code ? new TensorRTError(code, message) : new Error(message);
}

function endedError(how: string, errorOutput: string): TensorRTError {
  const said = errorOutput && ` It wrote: ${errorOutput}`;
  return new TensorRTError(
    'ERR_RUNTIME',
    `The calibration process ended unexpectedly (${how}).${said}`,
    { remedy: 'If it was killed, memory may have run out: use smaller samples.' },
  );
}
