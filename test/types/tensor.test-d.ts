import {
  type DataType,
  type Tensor,
  type TensorMap,
  TensorRTError,
  type TensorRTErrorCode,
  tensor,
} from 'tensorrt-node';
import { describe, expectTypeOf, it } from 'vitest';

describe('tensor', () => {
  it('infers the typed array from the element type', () => {
    expectTypeOf(tensor('float32', [2], [1, 2]).data).toEqualTypeOf<Float32Array>();
    expectTypeOf(tensor('int64', [1], [1n]).data).toEqualTypeOf<BigInt64Array>();
    expectTypeOf(tensor('bool', [1], new Uint8Array(1)).data).toEqualTypeOf<Uint8Array>();
    expectTypeOf(tensor('float16', [1], new Uint16Array(1)).data).toEqualTypeOf<Uint16Array>();
  });

  it('refuses an unknown element type and the wrong typed array', () => {
    // @ts-expect-error no such element type
    tensor('complex64', [1], [1]);
    // @ts-expect-error a Float64Array is no float32
    tensor('float32', [1], new Float64Array(1));
  });

  it('is read only', () => {
    const value = tensor('float32', [1], [1]);
    // @ts-expect-error read only
    value.type = 'float32';
    // @ts-expect-error read only
    value.dims.push(2);
  });
});

describe('Tensor', () => {
  it('narrows data by type', () => {
    const narrow = (value: Tensor) => {
      if (value.type === 'int64') expectTypeOf(value.data).toEqualTypeOf<BigInt64Array>();
      if (value.type === 'float32') expectTypeOf(value.data).toEqualTypeOf<Float32Array>();
    };
    expectTypeOf(narrow).parameter(0).toHaveProperty('dims').toEqualTypeOf<readonly number[]>();
  });

  it('does not pair an element type with the array of another', () => {
    expectTypeOf<{
      type: 'int64';
      dims: number[];
      data: Float32Array;
    }>().not.toExtend<Tensor>();
    expectTypeOf<Tensor<'int8'>>().toExtend<Tensor>();
    expectTypeOf<Tensor>().not.toExtend<Tensor<'int8'>>();
  });

  it('has one member for each element type', () => {
    expectTypeOf<Tensor['type']>().toEqualTypeOf<DataType>();
  });
});

describe('TensorMap', () => {
  it('maps any name to any tensor, or to nothing', () => {
    expectTypeOf<{ ids: Tensor<'int64'>; mask: Tensor<'bool'> }>().toExtend<TensorMap>();
    const map: TensorMap = {};
    expectTypeOf(map['logits']).toEqualTypeOf<Tensor | undefined>();
  });
});

describe('TensorRTError', () => {
  it('is an error with a code of a closed set', () => {
    expectTypeOf<TensorRTError>().toExtend<Error>();
    expectTypeOf<TensorRTError['code']>().toEqualTypeOf<TensorRTErrorCode>();
    expectTypeOf<'ERR_NO_GPU'>().toExtend<TensorRTErrorCode>();
    expectTypeOf<'ERR_UNKNOWN'>().not.toExtend<TensorRTErrorCode>();
    // @ts-expect-error a message is needed
    new TensorRTError('ERR_FILE');
  });
});
