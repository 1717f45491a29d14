import { TensorProto_DataType as ElementType } from 'onnx-buf';

/** The number types that tensors are quantized to. */
export type QuantizedType = 'int8' | 'int4' | 'fp8';

interface NumberType {
  readonly elementType: ElementType;
  /** The number that amax becomes. Symmetric, so that -128 and -8 are never used. */
  readonly largest: number;
  /** The opset from which QuantizeLinear and DequantizeLinear take it (ONNX, Changelog.md). */
  readonly opset: number;
  /** The IR version from which a file may hold it. */
  readonly irVersion: number;
}

export const numberTypes: Readonly<Record<QuantizedType, NumberType>> = {
  // From 13 on with a scale per channel.
  int8: { elementType: ElementType.INT8, largest: 127, opset: 13, irVersion: 7 },
  int4: { elementType: ElementType.INT4, largest: 7, opset: 21, irVersion: 10 },
  // E4M3: 4 bits of exponent, 3 of mantissa, no infinity.
  fp8: { elementType: ElementType.FLOAT8E4M3FN, largest: 448, opset: 19, irVersion: 9 },
};

/** The attribute `block_size` came with this opset. */
export const opsetOfBlocks = 21;

/** The scale of a range, as float32, which is how it is stored. */
export function scaleOf(amax: number, type: QuantizedType): number {
  return Math.fround(amax / numberTypes[type].largest);
}
