import { buildEngine } from '../../engine/build/build.js';
import { DeviceTensor } from '../../engine/device/device-tensor.js';
import { Engine } from '../../engine/engine.js';
import { toValueInfo } from '../../engine/engine-tensor.js';
import type { PlanInput } from '../../engine/plan/plan-file.js';
import type { OutputTargets } from '../../engine/session/bindings.js';
import type { Session } from '../../engine/session/session.js';
import type { RunTimes } from '../../runtime/runtime.js';
import type { TensorMap } from '../../tensor.js';
import type { OpenRequest } from '../child/protocol.js';
import type { Run } from '../load/recorder.js';
import type { Target } from './target.js';

/** Inferences that an execution context holds at once: one is copied while another is computed. */
const depth = 2;

/** TensorRT, through a session. A model is built first, in a process of its own. */
export async function openTensorRTTarget(request: OpenRequest): Promise<Target> {
  const { subject, libraryDir, device, contexts, cudaGraphs, wait, transfers } = request;
  const plan = subject.kind === 'plan' ? subject.path : await build(request);
  const engine = await Engine.load(plan, { libraryDir, device });
  const session = await engine.createSession({ contexts, depth, cudaGraphs, wait });
  const { product, version } = engine.info;
  return {
    provider: product,
    inputs: engine.tensors.filter(({ mode }) => mode === 'input').map(toValueInfo),
    capacity: contexts * depth,
    profiles: engine.profiles,
    versions: { [product]: version },
    prepare: (feeds) => (transfers ? fromHost(session, feeds) : onDevice(engine, session, feeds)),
    graphProblems: () => (cudaGraphs ? Object.keys(session.stats().graphs.fallbacks) : []),
  };
}

function build(request: OpenRequest): Promise<PlanInput> {
  const { subject, profiles, product, libraryDir, cacheDir, build: options } = request;
  return buildEngine(subject.path, {
    ...options,
    profiles: profiles ?? [],
    product,
    libraryDir,
    ...(cacheDir !== undefined && { cacheDir }),
    // What the builder takes is no memory of the engine.
    isolate: true,
  });
}

async function fromHost(session: Session, feeds: readonly TensorMap[]): Promise<Run> {
  return async (index) => {
    let times: RunTimes | undefined;
    await session.infer(feeds[index % feeds.length] as TensorMap, {
      onTimes: (taken) => {
        times = taken;
      },
    });
    return times;
  };
}

type DeviceTensors = Record<string, DeviceTensor>;

/** Inputs are copied to the device now, and outputs are written over those of earlier inferences. */
async function onDevice(
  engine: Engine,
  session: Session,
  feeds: readonly TensorMap[],
): Promise<Run> {
  const inputs = await Promise.all(feeds.map((feed) => toDevice(feed, engine.device)));
  const outputsOfEngine = engine.tensors.filter(({ mode }) => mode === 'output');
  const free: OutputTargets[] = [];
  const fresh = () =>
    Object.fromEntries(outputsOfEngine.map(({ name }) => [name, 'device' as const]));
  return async (index) => {
    let times: RunTimes | undefined;
    const written = await session.infer(inputs[index % inputs.length] as DeviceTensors, {
      outputs: free.pop() ?? fresh(),
      onTimes: (taken) => {
        times = taken;
      },
    });
    free.push(written);
    return times;
  };
}

async function toDevice(feeds: TensorMap, device: number): Promise<DeviceTensors> {
  const copies = Object.entries(feeds).map(
    async ([name, feed]) => [name, await DeviceTensor.from(feed, { device })] as const,
  );
  return Object.fromEntries(await Promise.all(copies));
}
