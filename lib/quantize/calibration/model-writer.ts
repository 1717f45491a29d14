import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onFile } from '../../files.js';
import { Model } from '../../onnx/model.js';
import type { ObservedTensor } from './observed-tensors.js';
import { withObservedOutputs } from './observed-tensors.js';
import type { ModelRequest } from './process-executor.js';

/**
 * Writes models that return parts of the observed tensors. Their weights are written once, into a
 * file that all of them share and that ONNX Runtime maps into memory.
 */
export class ModelWriter {
  readonly #model: Model;
  readonly #observed: readonly ObservedTensor[];
  readonly #directory: string;
  readonly #signal: AbortSignal | undefined;
  readonly #written = new Map<string, ModelRequest>();
  #base: Promise<Model> | undefined;

  constructor(
    model: Model,
    observed: readonly ObservedTensor[],
    directory: string,
    signal: AbortSignal | undefined,
  ) {
    this.#model = model;
    this.#observed = observed;
    this.#directory = directory;
    this.#signal = signal;
  }

  /** @throws TensorRTError `ERR_FILE`, `ERR_ONNX_EXTERNAL_DATA` */
  async write(tensors: readonly string[]): Promise<ModelRequest> {
    const key = JSON.stringify(tensors);
    const known = this.#written.get(key);
    if (known) return known;
    this.#base ??= this.#writeWeights();
    const { model, computed } = withObservedOutputs(await this.#base, this.#observed, tensors);
    const path = join(this.#directory, `group-${this.#written.size}.onnx`);
    await onFile('write', path, () => writeFile(path, model.toBytes()));
    const request = { path, tensors, computed };
    this.#written.set(key, request);
    return request;
  }

  /** @returns the model as it is in the folder, with its weights left in their file. */
  async #writeWeights(): Promise<Model> {
    const path = join(this.#directory, 'weights.onnx');
    const signal = this.#signal;
    await this.#model.save(path, { externalData: 'always', signal });
    return Model.load(path, { signal });
  }
}
