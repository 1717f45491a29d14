import { buildEngine } from '../../engine/build/build.js';
import { DeviceTensor } from '../../engine/device/device-tensor.js';
import { Engine } from '../../engine/engine.js';
import { toValueInfo } from '../../engine/engine-tensor.js';
import type { PlanInput } from '../../engine/plan/plan-file.js';
import type { Feeds, OutputTargets } from '../../engine/session/bindings.js';
import type { Session } from '../../engine/session/session.js';
import { findGpu } from '../../runtime/probe.js';
import type { RunTimes } from '../../runtime/runtime.js';
import { productFor } from '../../runtime/tensorrt.js';
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
    graphFallbacks: () => (cudaGraphs ? session.stats().graphs.fallbacks : {}),
  };
}

async function build(request: OpenRequest): Promise<PlanInput> {
  const { subject, profiles, libraryDir, cacheDir, build: options } = request;
  const { computeCapability } = await findGpu(request.device);
  const { product = productFor(computeCapability) } = request;
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

/** Inputs are copied to the device now, and outputs are written over those of earlier inferences. */
async function onDevice(
  { tensors, device }: Engine,
  session: Session,
  feeds: readonly TensorMap[],
): Promise<Run> {
  const onHost = new Set(
    tensors.filter(({ location }) => location === 'host').map(({ name }) => name),
  );
  const turns = await Promise.all(
    feeds.map(async (feed) => ({
      inputs: await toDevice(feed, onHost, device),
      // Of this feed only: those of another may be too small.
      free: [] as OutputTargets[],
    })),
  );
  const fresh = Object.fromEntries(
    tensors
      .filter(({ mode }) => mode === 'output')
      .map(({ name }) => [name, onHost.has(name) ? 'host' : 'device'] as const),
  );
  return async (index) => {
    const { inputs, free } = turns[index % turns.length] as (typeof turns)[number];
    let times: RunTimes | undefined;
    const written = await session.infer(inputs, {
      outputs: free.pop() ?? fresh,
      onTimes: (taken) => {
        times = taken;
      },
    });
    free.push(written);
    return times;
  };
}

async function toDevice(
  feeds: TensorMap,
  onHost: ReadonlySet<string>,
  device: number,
): Promise<Feeds> {
  const copies = Object.entries(feeds).map(
    async ([name, feed]) =>
      [name, onHost.has(name) ? feed : await DeviceTensor.from(feed, { device })] as const,
  );
  return Object.fromEntries(await Promise.all(copies));
}
