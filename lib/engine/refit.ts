import { checkOptions, invalidArgument } from '../arguments.js';
import type { NativeRefit } from '../native.js';
import { Model } from '../onnx/model.js';
import { writeModelFile } from '../runtime/model-file.js';
import type { Tensor } from '../tensor.js';

/**
 * New weights: tensors by the names that {@link Engine.refittableWeights} gives, or a model of the
 * same structure as the one that the engine was built from, or its path.
 */
export type NewWeights = Readonly<Record<string, Tensor>> | Model | string;

export interface RefitOptions {
  /** Gives up before TensorRT begins; an exchange that has begun is not stopped. */
  signal?: AbortSignal | undefined;
}

/** What the addon is told, until it is removed. */
export interface RefitInput {
  readonly request: NativeRefit;
  remove(): Promise<void>;
}

/**
 * Tensors are copied at once, since the exchange may have to wait for inferences in flight.
 *
 * @throws TensorRTError ERR_FILE
 * @throws TypeError
 */
export async function toRefitInput(
  weights: NewWeights,
  options: RefitOptions,
): Promise<RefitInput> {
  checkOptions('options', options, ['signal']);
  if (typeof weights === 'string') return fromPath(weights, async () => {});
  if (weights instanceof Model) {
    const { path, remove } = await writeModelFile(weights, options.signal);
    return fromPath(path, remove);
  }
  if (typeof weights !== 'object' || weights === null || Array.isArray(weights)) {
    throw invalidArgument('weights', 'tensors by name, a Model or a path', weights);
  }
  const entries = Object.entries(weights).map(([name, tensor]) => {
    if (!ArrayBuffer.isView(tensor?.data) || typeof tensor.type !== 'string') {
      throw invalidArgument(`weights.${name}`, 'a tensor', tensor);
    }
    return { name, type: tensor.type, data: tensor.data.slice() };
  });
  return { request: { weights: entries, modelPath: '' }, remove: async () => {} };
}

function fromPath(modelPath: string, remove: () => Promise<void>): RefitInput {
  if (modelPath === '') throw invalidArgument('weights', 'a path that is not empty', modelPath);
  return { request: { weights: [], modelPath }, remove };
}
