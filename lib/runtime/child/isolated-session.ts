import type { Model } from '../../onnx/model.js';
import type { TensorMap } from '../../tensor.js';
import { writeModelFile } from '../model-file.js';
import { RequestProcess } from './request-process.js';

/** What an `OrtSession` is opened with. */
interface SessionOptions {
  readonly threads: number | undefined;
  readonly int8: 'kernels' | 'float';
}

export interface RuntimeProtocol {
  open: { request: SessionOptions & { path: string }; result: undefined };
  run: { request: { feeds: TensorMap; outputs: readonly string[] | undefined }; result: TensorMap };
}

/** As an `OrtSession`, in a process of its own. Runs are queued there. */
export class IsolatedSession {
  readonly #process: RequestProcess<RuntimeProtocol>;
  readonly #signal: AbortSignal | undefined;
  readonly #abort = () => this.#process.fail(this.#signal?.reason);

  private constructor(process: RequestProcess<RuntimeProtocol>, signal: AbortSignal | undefined) {
    this.#process = process;
    this.#signal = signal;
    signal?.addEventListener('abort', this.#abort);
    if (signal?.aborted) this.#abort();
  }

  /**
   * @param options - `signal` ends the process when it aborts, at any time.
   * @throws TensorRTError `ERR_RUNTIME`, `ERR_FILE` when the model cannot be written for the process.
   */
  static async open(
    model: Model,
    { threads, int8, signal }: SessionOptions & { signal: AbortSignal | undefined },
  ): Promise<IsolatedSession> {
    const { path, directory, remove } = await writeModelFile(model, signal);
    try {
      const process = new RequestProcess<RuntimeProtocol>(
        new URL('./runtime-child.js', import.meta.url),
        {
          what: 'The process that runs the model',
          remove: [directory],
          remedy: 'If it was killed, memory may have run out: use smaller batches.',
        },
      );
      const session = new IsolatedSession(process, signal);
      try {
        await process.request('open', { path, threads, int8 });
        return session;
      } catch (error) {
        await session.release();
        throw error;
      }
    } finally {
      await remove();
    }
  }

  run(feeds: TensorMap, outputs?: readonly string[]): Promise<TensorMap> {
    return this.#process.request('run', { feeds, outputs });
  }

  async release(): Promise<void> {
    this.#signal?.removeEventListener('abort', this.#abort);
    await this.#process.close();
  }
}
