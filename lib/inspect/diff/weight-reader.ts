import { type FileHandle, open } from 'node:fs/promises';
import type { TensorProto } from 'onnx-buf';
import { onFile, readAt } from '../../files.js';
import { FileRange, isExternal } from '../../onnx/file/external.js';
import type { Model } from '../../onnx/model.js';
import { toDataType } from '../../onnx/tensor/element-types.js';
import { readInlineWeights, readWeights } from '../../onnx/tensor/weights.js';
import {
  type DataType,
  elementBytes,
  elementCount,
  type TensorDataMap,
  typedArrayOf,
} from '../../tensor.js';
import { dimsOf } from '../values.js';

export type Values = TensorDataMap[DataType];

/** Reads the values of a stored tensor piece by piece, so that no external weight is in memory as a whole. */
export class WeightReader {
  readonly type: DataType;
  readonly length: number;
  readonly #inline: Values | undefined;
  readonly #file: { handle: FileHandle; path: string; offset: number } | undefined;

  private constructor(
    type: DataType,
    length: number,
    source: { inline?: Values; file?: { handle: FileHandle; path: string; offset: number } },
  ) {
    this.type = type;
    this.length = length;
    this.#inline = source.inline;
    this.#file = source.file;
  }

  /**
   * Undefined for element types without a typed array.
   *
   * @throws TensorRTError `ERR_FILE`
   */
  static async open(model: Model, tensor: TensorProto): Promise<WeightReader | undefined> {
    const type = toDataType(tensor.dataType);
    if (!type) return undefined;
    const length = elementCount(dimsOf(tensor));
    if (!isExternal(tensor)) {
      return new WeightReader(type, length, { inline: readInlineWeights(tensor).data });
    }
    const range = model.externalData.locate(tensor);
    // Weights that toHalf converts when they are read are not in the file as they are.
    if (!(range instanceof FileRange)) {
      return new WeightReader(type, length, { inline: (await readWeights(model, tensor)).data });
    }
    const { path, offset } = range;
    const handle = await onFile('read', path, () => open(path));
    return new WeightReader(type, length, { file: { handle, path, offset } });
  }

  async read(start: number, end: number): Promise<Values> {
    if (!this.#file) return (this.#inline as Values).subarray(start, end);
    const { handle, path, offset } = this.#file;
    const size = elementBytes(this.type);
    const bytes = new Uint8Array((end - start) * size);
    await onFile('read', path, () => readAt(handle, bytes, offset + start * size));
    return typedArrayOf(this.type, bytes);
  }

  async close(): Promise<void> {
    await this.#file?.handle.close();
  }
}
