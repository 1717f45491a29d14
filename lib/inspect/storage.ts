import { TensorProto_DataType as ElementType, type TensorProto } from 'onnx-buf';
import { isExternal } from '../onnx/file/external.js';
import type { Model } from '../onnx/model.js';
import { elementCount } from '../tensor.js';
import type { SummaryExternalFile, SummaryStorage, SummaryWeight } from './summary.js';
import { dimsOf, tensorBytes, typeName } from './values.js';
import { bodiesOf, storedTensors } from './walk.js';

/** Element types of indices, shapes and masks, which nobody counts as parameters. */
const notParameters: readonly number[] = [ElementType.INT64, ElementType.BOOL, ElementType.STRING];

export interface StorageTotals {
  readonly parameters: number;
  readonly storage: SummaryStorage[];
  readonly largestWeights: SummaryWeight[];
  readonly externalFiles: SummaryExternalFile[];
}

/** Adds up what a model stores, without looking at any value. */
export function addUpStorage(model: Model, largest: number): StorageTotals {
  const byType = new StorageByType();
  const weights: SummaryWeight[] = [];
  const files = new Map<string, { tensors: number; bytes: number }>();
  let parameters = 0;
  for (const body of bodiesOf(model.proto)) {
    for (const { name, tensor } of storedTensors(body)) {
      const dims = dimsOf(tensor);
      const range = isExternal(tensor) ? model.externalData.locate(tensor) : undefined;
      const bytes = range?.byteLength ?? tensorBytes(tensor);
      if (!notParameters.includes(tensor.dataType)) parameters += elementCount(dims);
      byType.add(tensor);
      const file = range?.path ?? null;
      weights.push({ name, type: typeName(tensor.dataType), dims, bytes, file });
      if (file !== null) {
        const known = files.get(file) ?? { tensors: 0, bytes: 0 };
        files.set(file, { tensors: known.tensors + 1, bytes: known.bytes + bytes });
      }
    }
  }
  return {
    parameters,
    storage: byType.totals(),
    largestWeights: weights.sort((a, b) => b.bytes - a.bytes).slice(0, largest),
    externalFiles: [...files].map(([path, used]) => ({ path, ...used })),
  };
}

/** Tensors, elements and bytes of each element type. */
export class StorageByType {
  readonly #types = new Map<string, { tensors: number; elements: number; bytes: number }>();

  add(tensor: TensorProto): void {
    const type = typeName(tensor.dataType);
    const total = this.#types.get(type) ?? { tensors: 0, elements: 0, bytes: 0 };
    this.#types.set(type, {
      tensors: total.tensors + 1,
      elements: total.elements + elementCount(dimsOf(tensor)),
      bytes: total.bytes + tensorBytes(tensor),
    });
  }

  totals(): SummaryStorage[] {
    return [...this.#types]
      .map(([type, total]) => ({ type, ...total }))
      .sort((a, b) => b.bytes - a.bytes);
  }
}
