import {
  type CalibrateOptions,
  type CalibrationMethod,
  type CalibrationTable,
  calibrate,
  type Model,
  type QuantizationDecision,
  type QuantizedModel,
  quantize,
  type TensorMap,
} from 'tensorrt-node';
import { describe, expectTypeOf, it } from 'vitest';

describe('calibrate', () => {
  it('takes samples from any iterable, also an asynchronous one', () => {
    type Samples = Parameters<typeof calibrate>[1];
    expectTypeOf<TensorMap[]>().toExtend<Samples>();
    expectTypeOf<Set<TensorMap>>().toExtend<Samples>();
    expectTypeOf<AsyncGenerator<TensorMap>>().toExtend<Samples>();
    expectTypeOf<number[][]>().not.toExtend<Samples>();
  });

  it('promises a table', () => {
    expectTypeOf(calibrate).returns.resolves.toEqualTypeOf<CalibrationTable>();
  });

  it('has methods of a closed set', () => {
    expectTypeOf<'absmax' | 'percentile'>().toExtend<CalibrationMethod>();
    // @ts-expect-error no such method
    const options: CalibrateOptions = { method: 'maximum' };
    expectTypeOf(options).toExtend<CalibrateOptions>();
  });
});

describe('quantize', () => {
  it('makes a model that also says what was done', () => {
    expectTypeOf(quantize).returns.resolves.toEqualTypeOf<QuantizedModel>();
    expectTypeOf<QuantizedModel>().toExtend<Model>();
    expectTypeOf<Model>().not.toExtend<QuantizedModel>();
    expectTypeOf<QuantizedModel['report']>().toEqualTypeOf<readonly QuantizationDecision[]>();
    expectTypeOf<QuantizationDecision['action']>().toEqualTypeOf<'int8' | 'float'>();
  });
});
