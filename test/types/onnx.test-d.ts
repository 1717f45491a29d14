import {
  type CheckCode,
  type CheckReport,
  check,
  type FixedModel,
  fix,
  type HalfModel,
  type InferredShapes,
  inferShapes,
  inspect,
  type Model,
  type ModelSummary,
  type PassResult,
  pattern,
  simplify,
  toHalf,
  upgradeOpset,
} from 'tensorrt-node';
import { describe, expectTypeOf, it } from 'vitest';

declare const model: Model;

describe('patterns', () => {
  const { node, value, constant } = pattern;
  const scaled = node('Mul', [value('x'), constant('scale')], { as: 'product' });

  it('know the names of what they capture', () => {
    for (const { captures } of model.graph.findPattern(scaled)) {
      expectTypeOf(captures.x).toEqualTypeOf<string>();
      expectTypeOf(captures).toHaveProperty('scale');
      expectTypeOf(captures.product.opType).toEqualTypeOf<string>();
      // @ts-expect-error nothing has that name
      captures.y;
    }
  });
});

describe('conversions', () => {
  it('make models that also say what was done', () => {
    expectTypeOf(toHalf).returns.resolves.toEqualTypeOf<HalfModel>();
    expectTypeOf(fix).returns.resolves.toEqualTypeOf<FixedModel>();
    expectTypeOf<HalfModel>().toExtend<Model>();
    expectTypeOf<Model>().not.toExtend<HalfModel>();
  });

  it('have types of a closed set', () => {
    // @ts-expect-error FP8 is no conversion of all tensors
    toHalf(model, { type: 'fp8' });
    // @ts-expect-error nothing mends this one
    fix(model, ['operator-onnxruntime']);
  });

  it('are passes that promise a model and its changes', () => {
    expectTypeOf(simplify).returns.resolves.toEqualTypeOf<PassResult>();
    expectTypeOf(upgradeOpset).returns.resolves.toEqualTypeOf<PassResult>();
    expectTypeOf<PassResult['model']>().toEqualTypeOf<Model>();
  });
});

describe('questions', () => {
  it('take a model or a path', () => {
    expectTypeOf(check).parameter(0).toEqualTypeOf<Model | string>();
    expectTypeOf(inspect).parameter(0).toEqualTypeOf<Model | string>();
  });

  it('are answered in types', () => {
    expectTypeOf(check).returns.resolves.toEqualTypeOf<CheckReport>();
    expectTypeOf(inspect).returns.resolves.toEqualTypeOf<ModelSummary>();
    expectTypeOf(inferShapes).returns.resolves.toEqualTypeOf<InferredShapes>();
    expectTypeOf<CheckReport['findings'][number]['code']>().toEqualTypeOf<CheckCode>();
  });
});
