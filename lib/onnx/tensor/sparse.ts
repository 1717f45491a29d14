import type { SparseTensorProto, TensorProto } from 'onnx-buf';
import { TensorRTError } from '../../errors.js';
import { bytesOf, elementCount, type Tensor, tensorOver } from '../../tensor.js';
import { isExternal } from '../file/external.js';
import type { Model } from '../model.js';
import { readInlineWeights, readWeights, toTensorProto } from './weights.js';

/**
 * Reads a sparse tensor as a dense one: zeros, but for the values at their places.
 *
 * @throws TensorRTError as {@link readWeights}; `ERR_ONNX_INVALID` also where an index lies outside.
 */
export async function readSparse(
  model: Model,
  sparse: SparseTensorProto,
  options: { signal?: AbortSignal | undefined } = {},
): Promise<Tensor> {
  const { values, indices } = partsOf(sparse);
  return toDense(
    sparse,
    await readWeights(model, values, options),
    await readWeights(model, indices, options),
  );
}

/** A sparse tensor in the model itself as a dense constant; undefined where it lies elsewhere. */
export function sparseConstant(sparse: SparseTensorProto | undefined): TensorProto | undefined {
  if (!sparse) return undefined;
  const { values, indices } = partsOf(sparse);
  if (isExternal(values) || isExternal(indices)) return undefined;
  const dense = toDense(sparse, readInlineWeights(values), readInlineWeights(indices));
  return toTensorProto(values.name, dense);
}

function partsOf(sparse: SparseTensorProto): { values: TensorProto; indices: TensorProto } {
  const { values, indices } = sparse;
  if (values && indices) return { values, indices };
  throw invalid(sparse, 'lacks its values or its indices');
}

function toDense(sparse: SparseTensorProto, values: Tensor, indices: Tensor): Tensor {
  const dims = sparse.dims.map(Number);
  const count = elementCount(dims);
  const size = values.data.BYTES_PER_ELEMENT;
  const bytes = new Uint8Array(count * size);
  const from = bytesOf(values.data);
  places(indices, dims).forEach((place, index) => {
    if (!(place >= 0 && place < count)) throw invalid(sparse, `has an index outside of [${dims}]`);
    bytes.set(from.subarray(index * size, (index + 1) * size), place * size);
  });
  return tensorOver(values.type, dims, bytes);
}

/** Indices are either places in the row-major order, or one row of coordinates for each value. */
function places({ dims, data }: Tensor, shape: readonly number[]): number[] {
  const numbers = Array.from(data as ArrayLike<number | bigint>, Number);
  if (dims.length === 1) return numbers;
  const rank = shape.length;
  return Array.from({ length: dims[0] ?? 0 }, (_, row) =>
    shape.reduce((place, size, axis) => place * size + (numbers[row * rank + axis] ?? 0), 0),
  );
}

function invalid({ values }: SparseTensorProto, problem: string): TensorRTError {
  const name = values?.name ?? '';
  return new TensorRTError('ERR_ONNX_INVALID', `The sparse tensor '${name}' ${problem}.`, {
    tensor: name,
    remedy: 'Export the model again.',
  });
}
