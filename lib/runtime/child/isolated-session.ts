import type { Model } from '../../onnx/model.js';
import type { TensorMap } from '../../tensor.js';
import { writeModelFile } from '../model-file.js';
import type { OrtRun, OrtSessionOptions } from '../ort-session.js';
import { RequestProcess } from './request-process.js';

export interface RuntimeProtocol {
  open: { request: OrtSessionOptions & { path: string }; result: { provider: string } };
  run: { request: { feeds: TensorMap; outputs: readonly string[] | undefined }; result: OrtRun };
}

/** As an `OrtSession`, in a process of its own. */
export class IsolatedSession {
  readonly #process: RequestProcess<RuntimeProtocol>;
  #provider = '';
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
    { signal, ...options }: OrtSessionOptions & { signal: AbortSignal | undefined },
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
        session.#provider = (await process.request('open', { path, ...options })).provider;
        return session;
      } catch (error) {
        await session.release();
        throw error;
      }
    } finally {
      await remove();
    }
  }

  get provider(): string {
    return this.#provider;
  }

  run(feeds: TensorMap, outputs?: readonly string[]): Promise<OrtRun> {
    return this.#process.request('run', { feeds, outputs });
  }

  async release(): Promise<void> {
    this.#signal?.removeEventListener('abort', this.#abort);
    await this.#process.close();
  }
}
