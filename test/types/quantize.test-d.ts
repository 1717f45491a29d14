import {
  type CalibrateOptions,
  type CalibrationMethod,
  type CalibrationTable,
  type Change,
  calibrate,
  type ImportedModel,
  type ImportNote,
  importQuantized,
  type Model,
  type PrecisionReport,
  type QuantizationDecision,
  type QuantizedModel,
  type QuantizeOptions,
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
    expectTypeOf<QuantizedModel['upgrades']>().toEqualTypeOf<readonly Change[]>();
    expectTypeOf<QuantizedModel['precision']>().toEqualTypeOf<PrecisionReport | undefined>();
    expectTypeOf<QuantizationDecision['action']>().toEqualTypeOf<
      'int8' | 'int4' | 'fp8' | 'float'
    >();
  });

  it('takes no table where only weights are quantized', () => {
    expectTypeOf(quantize).parameter(1).toEqualTypeOf<CalibrationTable | undefined>();
  });

  it('has options of closed sets', () => {
    expectTypeOf<'int8' | 'fp8'>().toExtend<QuantizeOptions['type']>();
    expectTypeOf<'int8' | 'int4'>().toExtend<QuantizeOptions['weightType']>();
    expectTypeOf<'fp8'>().not.toExtend<QuantizeOptions['weightType']>();
    expectTypeOf<{ '*': { amax: number } }>().toExtend<QuantizeOptions['overrides']>();
    // @ts-expect-error no such form
    const options: QuantizeOptions = { storeWeights: 'int8' };
    expectTypeOf(options).toExtend<QuantizeOptions>();
  });
});

describe('importQuantized', () => {
  it('makes a model that also says what was done, and what is left', () => {
    expectTypeOf(importQuantized).returns.resolves.toEqualTypeOf<ImportedModel>();
    expectTypeOf<ImportedModel>().toExtend<Model>();
    expectTypeOf<ImportedModel['report'][number]>().toEqualTypeOf<ImportNote>();
    expectTypeOf<ImportNote['action']>().toEqualTypeOf<'changed' | 'left'>();
    expectTypeOf<'range-widened' | 'bias-quantized'>().toExtend<ImportNote['code']>();
  });
});
