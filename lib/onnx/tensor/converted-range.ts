import { create } from '@bufbuild/protobuf';
import {
  TensorProto_DataType as ElementType,
  StringStringEntryProtoSchema,
  type TensorProto,
} from 'onnx-buf';
import { TensorRTError } from '../../errors.js';
import type { ByteSource } from '../../files.js';
import { bytesOf, typedArrayOf } from '../../tensor.js';
import type { FileRange } from '../file/external.js';
import { shallowCopy } from '../messages.js';
import { type HalfType, toHalfBits } from './half-numbers.js';

/** Read at once. */
const pieceBytes = 4 * 1024 * 1024;

/** How the float32 numbers of an external file become those of a tensor. */
export interface Conversion {
  readonly type: HalfType;
  /** Larger absolute values become this one. */
  readonly limit: number;
}

/** Float32 numbers in an external file, converted as they are read: no weight is held in memory. */
export class ConvertedRange implements ByteSource {
  readonly #source: FileRange;
  readonly #conversion: Conversion;

  constructor(source: FileRange, conversion: Conversion) {
    this.#source = source;
    this.#conversion = conversion;
  }

  get path(): string {
    return this.#source.path;
  }

  get byteLength(): number {
    return this.#source.byteLength / 2;
  }

  /** The first bytes of the range, or all where it has fewer. */
  head(byteLength: number): ConvertedRange {
    return new ConvertedRange(this.#source.head(byteLength * 2), this.#conversion);
  }

  async read(signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(this.byteLength);
    await this.copyTo(new Uint8Array(pieceBytes), signal, async (piece, offset) => {
      bytes.set(piece, offset);
    });
    return bytes;
  }

  /** As {@link FileRange.copyTo}. */
  async copyTo(
    buffer: Uint8Array,
    signal: AbortSignal | undefined,
    write: (piece: Uint8Array, offset: number) => Promise<void>,
  ): Promise<void> {
    const { type, limit } = this.#conversion;
    await this.#source.copyTo(buffer, signal, async (piece, offset) => {
      const { bits } = toHalfBits(type, typedArrayOf('float32', piece), limit);
      await write(bytesOf(bits), offset / 2);
    });
  }
}

/** The entries of `external_data` that hold a conversion. They exist in memory only: `save` writes what they give. */
const typeKey = 'tensorrt-node:from-float32-to';
const limitKey = 'tensorrt-node:limit';

/** A float32 tensor in an external file as a tensor in half precision, without reading it. */
export function convertedTensor(
  tensor: TensorProto,
  name: string,
  { type, limit }: Conversion,
): TensorProto {
  const copy = shallowCopy(tensor);
  copy.name = name;
  copy.dataType = type === 'fp16' ? ElementType.FLOAT16 : ElementType.BFLOAT16;
  const entries = { [typeKey]: type, [limitKey]: `${limit}` };
  copy.externalData = [
    ...tensor.externalData,
    ...Object.entries(entries).map(([key, value]) =>
      create(StringStringEntryProtoSchema, { key, value }),
    ),
  ];
  return copy;
}

/** How a tensor is converted when it is read, where it is. */
export function conversionOf({ externalData }: TensorProto): Conversion | undefined {
  const entry = (key: string) => externalData.find((item) => item.key === key)?.value;
  const type = entry(typeKey);
  if (type !== 'fp16' && type !== 'bf16') return undefined;
  return { type, limit: Number(entry(limitKey)) };
}

/** @throws TensorRTError `ERR_ONNX_EXTERNAL_DATA` for a tensor that the stored file could not describe. */
export function refuseConverted(tensor: TensorProto): void {
  if (!conversionOf(tensor)) return;
  throw new TensorRTError(
    'ERR_ONNX_EXTERNAL_DATA',
    `Tensor '${tensor.name}' is converted from float32 while it is read from its external file, which the bytes of a model cannot say.`,
    { tensor: tensor.name, remedy: 'Write the model with save().' },
  );
}
