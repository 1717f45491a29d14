import type { TensorProto } from 'onnx-buf';
import { isExternal } from '../onnx/file/external.js';
import type { Model } from '../onnx/model.js';
import { toDataType } from '../onnx/tensor/element-types.js';
import { toNumbers } from '../onnx/tensor/numbers.js';
import { readInlineWeights, readWeights } from '../onnx/tensor/weights.js';
import { elementCount } from '../tensor.js';
import type { Scope } from './scope.js';

/** Larger tensors are weights, not scales or zero points, and stay unread. */
const mostElements = 2 ** 18;

/** What an outline of a model has zeros for; see readModelOutline. */
const outlineBytes = 64 * 1024;

/** The values of small constants: those in the model at once, those in external files once loaded. */
export class SmallValues {
  readonly #isOutline: boolean;
  readonly #known = new Map<TensorProto, ArrayLike<number> | undefined>();

  constructor(isOutline: boolean) {
    this.#isOutline = isOutline;
  }

  /** Reads those of a node's constant inputs that lie in external files. */
  async load(model: Model, tensors: Iterable<TensorProto>, signal?: AbortSignal): Promise<void> {
    for (const tensor of tensors) {
      if (!isExternal(tensor) || this.#known.has(tensor) || !isSmall(tensor)) continue;
      const values = await readWeights(model, tensor, { signal });
      this.#known.set(tensor, toNumbers(values.type, values.data));
    }
  }

  of(tensor: TensorProto): ArrayLike<number> | undefined {
    if (!this.#known.has(tensor)) this.#known.set(tensor, this.#read(tensor));
    return this.#known.get(tensor);
  }

  #read(tensor: TensorProto): ArrayLike<number> | undefined {
    if (isExternal(tensor) || !isSmall(tensor)) return undefined;
    if (this.#isOutline && tensor.rawData.byteLength >= outlineBytes) return undefined;
    const { type, data } = readInlineWeights(tensor);
    return toNumbers(type, data);
  }
}

function isSmall({ dims, dataType }: TensorProto): boolean {
  return toDataType(dataType) !== undefined && elementCount(dims.map(Number)) <= mostElements;
}

const quantizers = new Set(['QuantizeLinear', 'DequantizeLinear']);

/** The scales and zero points of a scope's Q/DQ nodes, as far as they are constants. */
export function quantizationConstants(scopes: readonly Scope[]): TensorProto[] {
  return scopes.flatMap((scope) =>
    scope.sites
      .filter(({ node }) => quantizers.has(node.opType))
      .flatMap(({ node }) => node.input.slice(1).map((name) => scope.constant(name)))
      .filter((tensor) => tensor !== undefined),
  );
}
