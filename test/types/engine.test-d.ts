import {
  type BuilderFlags,
  type BuilderOptions,
  type BuildOptions,
  type BuildProgress,
  buildEngine,
  checkEngine,
  type DeviceTensor,
  type DoctorReport,
  doctor,
  Engine,
  type EngineValidity,
  estimateMemory,
  type InferenceTimes,
  type MemoryEstimate,
  type Model,
  type ModelSupport,
  type NewWeights,
  Plan,
  type PlanInput,
  type Product,
  type Profile,
  type RunTimes,
  Session,
  supportsModel,
  type Target,
  type Tensor,
  type TensorMap,
} from 'tensorrt-node';
import { describe, expectTypeOf, it } from 'vitest';

describe('buildEngine', () => {
  it('takes a model or a path, and promises a plan', () => {
    expectTypeOf(buildEngine).parameter(0).toEqualTypeOf<Model | string>();
    expectTypeOf(buildEngine).returns.resolves.toEqualTypeOf<Plan>();
  });

  it('takes targets of a closed set', () => {
    expectTypeOf<'sm86' | 'sm89' | 'sm120' | 'current'>().toExtend<Target>();
    // @ts-expect-error no such compute capability
    const options: BuildOptions = { targets: ['sm61'] };
    expectTypeOf(options).toExtend<BuildOptions>();
  });

  it('refuses an option that is misspelt, and a range without its maximum', () => {
    // @ts-expect-error it is optimizationLevel
    buildEngine('a.onnx', { optimisationLevel: 3 });
    // @ts-expect-error max is missing
    buildEngine('a.onnx', { profiles: [{ ids: { min: [1], opt: [8] } }] });
    buildEngine('a.onnx', { profiles: [{ ids: { min: [1], opt: [8], max: [32] } }] });
  });

  it('takes switches by the names of TensorRT, and no others', () => {
    const options: BuildOptions = {
      flags: { stripPlan: true, tf32: false },
      previewFeatures: { runtimeActivationResize: true },
      memoryPools: { workspace: 2 ** 30 },
      tacticSources: ['jitConvolutions'],
      debugTensors: 'unfused',
      dla: { core: 0, gpuFallback: true },
      buildRoutes: { '-route': 'on' },
    };
    expectTypeOf(options).toExtend<BuilderOptions>();
    // @ts-expect-error precision is the model's own
    const precision: BuilderFlags = { fp16: true };
    expectTypeOf(precision).toExtend<BuilderFlags>();
  });

  it('takes shapes or values for an input', () => {
    const range = { min: [1], opt: [8], max: [32] };
    expectTypeOf({ ids: range, size: { values: range } }).toExtend<Profile>();
  });

  it('reports phase and time, and no share of the work', () => {
    expectTypeOf<BuildProgress>().toEqualTypeOf<{
      readonly phase: string;
      readonly elapsedMs: number;
    }>();
  });
});

describe('supportsModel', () => {
  it('promises what is supported, node by node', () => {
    expectTypeOf(supportsModel).parameter(0).toEqualTypeOf<Model | string>();
    expectTypeOf(supportsModel).returns.resolves.toEqualTypeOf<ModelSupport>();
    expectTypeOf<ModelSupport['refused'][number]['opType']>().toEqualTypeOf<string | undefined>();
  });
});

describe('Plan', () => {
  it('tells what it is, and cannot be changed', () => {
    expectTypeOf<Plan['product']>().toEqualTypeOf<Product>();
    expectTypeOf<Plan['data']>().toExtend<Uint8Array>();
    const change = (plan: Plan) => {
      // @ts-expect-error read only
      plan.version = '1.0';
    };
    expectTypeOf(change).toBeFunction();
  });

  it('comes from buildEngine only', () => {
    // @ts-expect-error the constructor is internal
    new Plan(new Uint8Array());
  });
});

describe('Engine and Session', () => {
  it('are made by their factories', () => {
    expectTypeOf(Engine.load).parameter(0).toEqualTypeOf<PlanInput>();
    expectTypeOf<Plan | Uint8Array | string>().toExtend<PlanInput>();
    expectTypeOf<AsyncIterable<Uint8Array>>().toExtend<PlanInput>();
    expectTypeOf(Engine.load).returns.resolves.toEqualTypeOf<Engine>();
    expectTypeOf<Engine['createSession']>().returns.resolves.toEqualTypeOf<Session>();
    // @ts-expect-error the constructor is private
    new Engine();
    // @ts-expect-error the constructor is private
    new Session();
  });

  it('can be declared with `await using`', () => {
    expectTypeOf<Engine>().toExtend<AsyncDisposable>();
    expectTypeOf<Session>().toExtend<AsyncDisposable>();
  });

  it('describe an engine with profiles that could build it again', () => {
    expectTypeOf<Engine['profiles']>().toExtend<NonNullable<BuildOptions['profiles']>>();
    expectTypeOf<Engine['tensors'][number]['aliasOf']>().toEqualTypeOf<string | undefined>();
  });

  it('take new weights as tensors, a model or a path', () => {
    expectTypeOf<Engine['refit']>().parameter(0).toEqualTypeOf<NewWeights>();
    expectTypeOf<Record<string, Tensor> | Model | string>().toExtend<NewWeights>();
    expectTypeOf<Engine['serialize']>().returns.resolves.toEqualTypeOf<Plan>();
    expectTypeOf<Engine['setWeightStreamingBudget']>()
      .parameter(0)
      .toEqualTypeOf<number | 'auto'>();
  });

  it('tell of a plan before it is loaded', () => {
    expectTypeOf(checkEngine).returns.resolves.toEqualTypeOf<EngineValidity>();
    expectTypeOf<EngineValidity['verdict']>().toEqualTypeOf<'valid' | 'suboptimal' | 'invalid'>();
    expectTypeOf(estimateMemory).returns.resolves.toEqualTypeOf<MemoryEstimate>();
    // @ts-expect-error it is weightStreamingBudget
    Engine.load('a.plan', { weightBudget: 0 });
  });

  it('infer from named tensors to named tensors', () => {
    const session = {} as Session;
    const feeds = {} as Record<string, Tensor | DeviceTensor>;
    expectTypeOf(session.infer(feeds)).resolves.toEqualTypeOf<TensorMap>();
    expectTypeOf(session.infer(feeds, {})).resolves.toEqualTypeOf<TensorMap>();
    const timed = session.infer(feeds, {
      onTimes: (times) => expectTypeOf(times).toEqualTypeOf<InferenceTimes>(),
    });
    expectTypeOf(timed).resolves.toEqualTypeOf<TensorMap>();
    expectTypeOf<InferenceTimes>().toExtend<RunTimes>();
  });

  it('tell by the targets what an inference returns', () => {
    const session = {} as Session;
    const y = {} as DeviceTensor<'float32'>;
    const results = session.infer({}, { outputs: { a: 'host', b: 'device', y } });
    expectTypeOf(results).resolves.toEqualTypeOf<{
      a: Tensor;
      b: DeviceTensor;
      y: DeviceTensor<'float32'>;
    }>();
    // @ts-expect-error no such place
    session.infer({}, { outputs: { a: 'gpu' } });
  });
});

describe('doctor', () => {
  it('promises a report', () => {
    expectTypeOf(doctor).returns.resolves.toEqualTypeOf<DoctorReport>();
    expectTypeOf<DoctorReport['driver']>().toEqualTypeOf<string | undefined>();
  });
});
