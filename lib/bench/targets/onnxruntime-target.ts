import { createRequire } from 'node:module';
import { Model } from '../../onnx/model.js';
import { concerns, Runtime } from '../../runtime/load.js';
import type { RunTimes } from '../../runtime/runtime.js';
import type { TensorMap } from '../../tensor.js';
import type { OpenRequest } from '../child/protocol.js';
import type { Target } from './target.js';

/** ONNX Runtime in this very process, so that nothing between processes is in the figures. */
export async function openOnnxRuntimeTarget(request: OpenRequest): Promise<Target> {
  const { subject, runtime: name, threads, device, int8 } = request;
  const runtime = await Runtime.load(await Model.load(subject.path), {
    runtime: name,
    isolate: false,
    threads,
    int8,
    ...(concerns('device', name) && { device }),
  });
  return {
    provider: runtime.provider,
    inputs: runtime.inputs,
    // It computes on the thread that calls it.
    capacity: 1,
    profiles: request.profiles ?? [],
    versions: { onnxruntime: onnxRuntimeVersion() },
    prepare: async (feeds) => async (index) => {
      let times: RunTimes | undefined;
      await runtime.infer(feeds[index % feeds.length] as TensorMap, {
        onTimes: (taken) => {
          times = taken;
        },
      });
      return times;
    },
    graphFallbacks: () => ({}),
  };
}

/** That of the package which was loaded. */
function onnxRuntimeVersion(): string {
  return createRequire(import.meta.url)('onnxruntime-node/package.json').version;
}
