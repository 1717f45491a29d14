import type { Profile } from '../../engine/build/profiles.js';
import { doctor } from '../../engine/library/doctor.js';
import type { Model } from '../../onnx/model.js';
import { openTensorRT, profileOfFeeds } from '../../runtime/tensorrt.js';
import type { TensorMap } from '../../tensor.js';
import { CostModel } from './cost-model.js';

/** How fast a quantized model is beside the same in half precision, for one sample. */
export interface Speedup {
  /** `'estimated'`: by a cost model (`CostModel`), because no GPU was there or wanted. */
  readonly kind: 'measured' | 'estimated';
  /** Milliseconds of one inference: the median of those measured. */
  readonly quantizedMs: number;
  readonly halfMs: number;
  readonly speedup: number;
}

/** What is to be compared. */
export interface SpeedQuestion {
  /** The float model, whose nodes all have names. */
  readonly model: Model;
  readonly quantized: Model;
  /** The names of the nodes that `quantized` computes in INT8. */
  readonly int8: ReadonlySet<string>;
  readonly half: () => Promise<Model>;
  readonly sample: TensorMap;
  readonly profiles: readonly Profile[] | undefined;
  readonly signal: AbortSignal | undefined;
}

export async function findSpeedup(
  question: SpeedQuestion,
  choice: 'auto' | 'measured' | 'estimated',
): Promise<Speedup> {
  const measured = choice === 'measured' || (choice === 'auto' && (await doctor()).canRun);
  return measured ? measure(question) : estimate(question);
}

async function estimate({ model, int8, sample }: SpeedQuestion): Promise<Speedup> {
  const costs = await CostModel.of(model, sample);
  return speedup('estimated', costs.estimate(int8), costs.estimate());
}

async function measure(question: SpeedQuestion): Promise<Speedup> {
  const quantizedMs = await timeOf(question.quantized, question);
  return speedup('measured', quantizedMs, await timeOf(await question.half(), question));
}

function speedup(kind: Speedup['kind'], quantizedMs: number, halfMs: number): Speedup {
  return { kind, quantizedMs, halfMs, speedup: quantizedMs > 0 ? halfMs / quantizedMs : 1 };
}

const warmUps = 20;
const timedRuns = 100;

/** The median time of an inference, copies to the GPU and back included. */
async function timeOf(
  model: Model,
  { sample, profiles = [profileOfFeeds([sample])], signal }: SpeedQuestion,
): Promise<number> {
  await using runtime = await openTensorRT(model, { profiles, signal });
  const times: number[] = [];
  for (let run = -warmUps; run < timedRuns; run++) {
    signal?.throwIfAborted();
    const begin = performance.now();
    await runtime.infer(sample);
    if (run >= 0) times.push(performance.now() - begin);
  }
  return times.sort((a, b) => a - b)[timedRuns / 2] as number;
}
