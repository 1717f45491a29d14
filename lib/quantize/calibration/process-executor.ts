import { rm } from 'node:fs/promises';
import { makeTemporaryFolder } from '../../files.js';
import type { Model } from '../../onnx/model.js';
import { RequestProcess } from '../../runtime/child/request-process.js';
import type { TensorMap } from '../../tensor.js';
import type { Counted, CountingOptions } from './counter.js';
import type { Executor } from './executor.js';
import { ModelWriter } from './model-writer.js';

/** A model for the calibration process to open. */
export interface ModelRequest {
  path: string;
  tensors: readonly string[];
  computed: readonly string[];
}

export interface CountingProtocol {
  observe: { request: CountingOptions; result: undefined };
  open: { request: { models: ModelRequest[]; threads: number | undefined }; result: undefined };
  collect: { request: { feeds: TensorMap; index: number }; result: undefined };
  counted: { request: object; result: Counted };
}

/** Runs the model by ONNX Runtime in a process of its own, so that the event loop stays free. */
export class ProcessExecutor implements Executor {
  readonly #process: RequestProcess<CountingProtocol>;
  readonly #directory: string;
  readonly #writer: ModelWriter;
  readonly #threads: number | undefined;

  private constructor(
    directory: string,
    model: Model,
    options: CountingOptions,
    signal: AbortSignal | undefined,
  ) {
    this.#directory = directory;
    this.#threads = options.threads;
    this.#writer = new ModelWriter(model, options.observed, directory, signal);
    this.#process = new RequestProcess<CountingProtocol>(
      new URL('./calibration-child.js', import.meta.url),
      {
        what: 'The calibration process',
        remove: [directory],
        remedy: 'If it was killed, memory may have run out: use smaller samples or a memoryLimit.',
      },
    );
    this.#process.request('observe', options).catch((error) => this.fail(error));
  }

  static async start(
    model: Model,
    options: CountingOptions,
    signal?: AbortSignal,
  ): Promise<ProcessExecutor> {
    return new ProcessExecutor(await makeTemporaryFolder(), model, options, signal);
  }

  async open(groups: readonly (readonly string[])[]): Promise<void> {
    const models: ModelRequest[] = [];
    for (const tensors of groups) models.push(await this.#writer.write(tensors));
    await this.#process.request('open', { models, threads: this.#threads });
  }

  collect(feeds: TensorMap, index: number): Promise<void> {
    return this.#process.request('collect', { feeds, index });
  }

  counted(): Promise<Counted> {
    return this.#process.request('counted', {});
  }

  guard<T>(work: Promise<T>): Promise<T> {
    return this.#process.guard(work);
  }

  fail(error: unknown): void {
    this.#process.fail(error);
  }

  async close(): Promise<void> {
    await this.#process.close();
    await rm(this.#directory, { recursive: true, force: true });
  }
}
