/** Builds an engine per precision and target, and watches the event loop meanwhile. */
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { type BuildOptions, buildEngine, type Model, type Plan, type Profile } from 'tensorrt-node';
import type { Pair } from './evaluate.js';
import { decimals, megabytes } from './format.js';
import type { EngineFacts, Report } from './report.js';
import type { Steps } from './steps.js';

/** What to build for. */
export interface BuildTarget {
  /** The compute capability, for example `sm86`. */
  readonly name: string;
  readonly options: Pick<BuildOptions, 'targets' | 'product'>;
}

export interface BuiltEngines extends Pick<Report, 'engines' | 'eventLoopDelayMs'> {}

interface BuildRequest {
  readonly models: Pair<Model>;
  readonly targets: readonly BuildTarget[];
  /** Shapes `[batch, sequence]` that the engines accept. */
  readonly shape: Profile[string];
  /** The folder that the plans are written to. */
  readonly folder: string;
}

/** Builds one after the other, so that the times are those of a build alone. */
export async function buildEngines(request: BuildRequest, steps: Steps): Promise<BuiltEngines> {
  const engines: EngineFacts[] = [];
  let eventLoopDelayMs: Report['eventLoopDelayMs'] | undefined;
  for (const target of request.targets) {
    for (const precision of ['fp32', 'int8'] as const) {
      const { plan, delay } = await steps.run(
        `Build ${precision.toUpperCase()} for ${target.name}`,
        (_, phase) => buildOne(request, precision, target, phase, steps.signal),
        ({ plan }) => megabytes(plan.bytes),
      );
      const file = join(request.folder, `sentiment-${precision}-${target.name}.plan`);
      await plan.save(file);
      const { bytes, seconds, product: library, version } = plan;
      engines.push({ precision, target: target.name, bytes, seconds, library, version, file });
      if (precision === 'fp32') eventLoopDelayMs ??= delay;
    }
  }
  if (!eventLoopDelayMs) throw new TypeError('Expected at least one target to build for');
  return { engines, eventLoopDelayMs };
}

async function buildOne(
  { models, shape }: BuildRequest,
  precision: keyof Pair<Model>,
  { options }: BuildTarget,
  phase: (name: string) => void,
  signal: AbortSignal,
): Promise<{ plan: Plan; delay: Report['eventLoopDelayMs'] }> {
  const lateness = watchEventLoop();
  const plan = await buildEngine(models[precision], {
    ...options,
    profiles: [{ input_ids: shape, attention_mask: shape }],
    onProgress: ({ phase: name, elapsedMs }) => phase(`${name}, ${decimals(elapsedMs / 1e3, 1)} s`),
    signal,
  });
  return { plan, delay: lateness() };
}

const nanosecondsPerMillisecond = 1e6;

/** From this call on; the function returned tells by how much the event loop was late, in ms. */
function watchEventLoop(): () => Report['eventLoopDelayMs'] {
  // Each value recorded includes the resolution itself, an error on the unfavourable side.
  const histogram = monitorEventLoopDelay({ resolution: 1 });
  histogram.enable();
  return () => {
    histogram.disable();
    const p99 = histogram.percentile(99) / nanosecondsPerMillisecond;
    return { p99, max: histogram.max / nanosecondsPerMillisecond };
  };
}
