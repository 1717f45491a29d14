import type { BenchOptions } from '../bench/bench-options.js';
import { cellShapes } from '../bench/cell-shapes.js';
import { buildEngine } from '../engine/build/build.js';
import type { Profile } from '../engine/build/profiles.js';
import type { Plan } from '../engine/plan/plan.js';
import type { Model } from '../onnx/model.js';
import { inPrecision } from '../variants/in-precision.js';
import type { BenchFlags } from './bench-flags.js';
import { seconds, withProgress } from './progress.js';
import { note } from './terminal.js';
import { bytes } from './text.js';

/** Whether a plan is asked for that is built once, and then measured in all cells. */
export function wantsPlan({ saveEngine, buildOnly, timingCache }: BenchFlags): boolean {
  return saveEngine !== undefined || buildOnly === true || timingCache !== undefined;
}

/** Builds the plan of `--save-engine` and `--build-only`, in the one precision that is asked for. */
export async function buildPlan(
  model: Model,
  { saveEngine: output, timingCache }: BenchFlags,
  options: BenchOptions,
  signal: AbortSignal,
): Promise<Plan> {
  const { precisions = [], runtimes = ['tensorrt'], cacheDir, build, samples, table } = options;
  const [precision] = precisions;
  if (precisions.length > 1 || runtimes.some((runtime) => runtime !== 'tensorrt')) {
    throw new TypeError('Expected one precision, and no runtime but tensorrt, for one plan');
  }
  const profiles = options.profiles ?? [profileOf(model, options)];
  return await withProgress(async (line) => {
    const variant = precision && (await inPrecision(model, precision, { samples, table, profiles, signal }));
    for (const text of variant?.notes ?? []) note(text);
    const plan = await buildEngine(variant?.model ?? model, {
      ...build,
      profiles,
      signal,
      ...(cacheDir !== undefined && { cacheDir }),
      ...(timingCache !== undefined && { timingCache }),
      ...(output !== undefined && { output }),
      onProgress: ({ phase, elapsedMs }) => line.show(`Building: ${phase}, ${seconds(elapsedMs)}`),
    });
    line.end();
    note(planText(plan, output));
    return plan;
  });
}
