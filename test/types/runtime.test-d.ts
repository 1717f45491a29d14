import {
  type Model,
  type Plan,
  type RunTimes,
  Runtime,
  type RuntimeLoadOptions,
  type RuntimeName,
  type SelectedRuntime,
  selectRuntime,
  type TensorMap,
} from 'tensorrt-node';
import { compareRuns, type RunComparison, type RunSource } from 'tensorrt-node/evaluate';
import { describe, expectTypeOf, it } from 'vitest';

declare const model: Model;
declare const plan: Plan;
declare const runtime: Runtime;

describe('Runtime', () => {
  it('is what Runtime.load gives', () => {
    expectTypeOf(Runtime.load(model, { runtime: 'tensorrt' })).resolves.toEqualTypeOf<Runtime>();
    expectTypeOf(runtime.infer({})).resolves.toEqualTypeOf<TensorMap>();
    expectTypeOf(runtime).toExtend<AsyncDisposable>();
  });

  it('is loaded from models, paths, plans and their bytes', () => {
    expectTypeOf(Runtime.load).parameter(0).extract<Model>().toEqualTypeOf<Model>();
    for (const source of [model, 'model.onnx', plan, new Uint8Array()]) {
      void (() => Runtime.load(source, { runtime: 'tensorrt' }));
    }
  });

  it('has to be named', () => {
    expectTypeOf<RuntimeLoadOptions['runtime']>().toEqualTypeOf<RuntimeName>();
    // @ts-expect-error
    void (() => Runtime.load(model));
    // @ts-expect-error
    void (() => Runtime.load(model, {}));
    // @ts-expect-error
    void (() => Runtime.load(model, { runtime: 'cuda' }));
  });

  it('takes options that are undefined', () => {
    void (() =>
      Runtime.load(model, { runtime: 'onnxruntime', threads: undefined, isolate: undefined }));
  });

  it('tells times', () => {
    void (() =>
      runtime.infer({}, { onTimes: (times) => expectTypeOf(times).toEqualTypeOf<RunTimes>() }));
    expectTypeOf<RunTimes['queueMs']>().toEqualTypeOf<number>();
  });
});

describe('selectRuntime', () => {
  it('takes names and reasons', () => {
    const selected = () => selectRuntime(model, { prefer: 'onnxruntime:cuda', require: 'gpu' });
    expectTypeOf(selected).returns.resolves.toEqualTypeOf<SelectedRuntime>();
    expectTypeOf<SelectedRuntime['passedOver'][number]['reason']>().toEqualTypeOf<string>();
    // @ts-expect-error: that is what it chooses.
    void (() => selectRuntime(model, { runtime: 'tensorrt' }));
  });
});

describe('compareRuns', () => {
  it('takes runtimes and sources', () => {
    const source: RunSource = { model: 'a.onnx', runtime: 'onnxruntime', threads: 2 };
    const compared = () => compareRuns(runtime, source, [{}], { tolerance: { absolute: 1e-3 } });
    expectTypeOf(compared).returns.resolves.toEqualTypeOf<RunComparison>();
  });
});
