import { compareRuns } from '../evaluate/compare/compare-runs.js';
import type { Model } from '../onnx/model.js';
import { randomSample } from './random-samples.js';

/** How far an output of one model lies from that of another, on the same random inputs. */
export interface OutputDistance {
  readonly output: string;
  /** The largest |a - b|; NaN where the shapes differ, or one model lacks the output. */
  readonly maxAbsolute: number;
  /** The largest |a|, to judge the distance by. */
  readonly largest: number;
  readonly close: boolean;
}

/** Rounding that comes of another order of additions; far below what a wrong node would make. */
const closeEnough = 1e-4;

/**
 * Runs two models by ONNX Runtime on the same random inputs.
 *
 * @param shapes - dims of inputs; dynamic sizes of others are 4.
 * @throws TensorRTError `ERR_RUNTIME` where ONNX Runtime is missing or cannot run one of them.
 */
export async function compareOutputs(
  before: Model,
  after: Model,
  shapes: ReadonlyMap<string, readonly number[]>,
): Promise<OutputDistance[]> {
  const by = { runtime: 'onnxruntime', isolate: false } as const;
  const samples = [randomSample(before, shapes)];
  const { outputs, onlyInA } = await compareRuns(
    { model: before, ...by },
    { model: after, ...by },
    samples,
  );
  const unlike = { maxAbsolute: Number.NaN, largest: Number.NaN, close: false };
  return [
    ...outputs.map(({ name, maxAbsolute, largest, mismatch }) => {
      if (mismatch) return { output: name, ...unlike };
      const close = maxAbsolute <= closeEnough * Math.max(1, largest);
      return { output: name, maxAbsolute, largest, close };
    }),
    ...onlyInA.map((output) => ({ output, ...unlike })),
  ];
}
