import { TensorRTError } from '../../errors.js';
import type { Model } from '../../onnx/model.js';
import { openOnnxRuntime } from '../../runtime/onnxruntime.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { TensorMap } from '../../tensor.js';
import type { QuantizationGroup } from './groups.js';
import { DistanceSum, type OutputDistance } from './output-distance.js';
import { BoundaryCache, withBoundaries } from './sensitivity-cache.js';
import { type Cut, Cutter, keepPart } from './sensitivity-cut.js';
import type { Evaluate, TuningOptions } from './sensitivity-options.js';
import type { PartialQuantizer } from './sensitivity-quantizer.js';

/** What one group does to the outputs. */
export type GroupDistance = QuantizationGroup & OutputDistance;

export interface MeasuredGroups {
  /** In graph order. */
  readonly groups: readonly GroupDistance[];
  readonly partOfRuns: number;
}

const defaultCacheBytes = 512 * 2 ** 20;

/** Runs a model with groups of it quantized, and compares. */
export class SensitivityBench {
  readonly #quantizer: PartialQuantizer;
  readonly #samples: readonly TensorMap[];
  readonly #options: TuningOptions;
  /** What the float model returns for each sample. */
  #reference: TensorMap[] = [];

  constructor(
    quantizer: PartialQuantizer,
    samples: readonly TensorMap[],
    options: TuningOptions = {},
  ) {
    this.#quantizer = quantizer;
    this.#samples = samples;
    this.#options = options;
  }

  /** Each group on its own, by running only what depends on it. */
  async measureGroups(
    onProgress: (phase: 'float' | 'groups', done: number, total: number) => void,
  ): Promise<MeasuredGroups> {
    const { model, groups } = this.#quantizer;
    const { signal, cacheBytes = defaultCacheBytes } = this.#options;
    const cutter = await Cutter.of(model, signal);
    const cuts = groups.map(({ nodes }) => cutter.cut(nodes));
    const runtime = await this.open(withBoundaries(model, cuts));
    try {
      const cache = new BoundaryCache(runtime, this.#samples, cacheBytes);
      const measured: GroupDistance[] = [];
      let nodesRun = 0;
      while (measured.length < groups.length) {
        const begin = measured.length;
        const outputs = begin === 0 ? model.outputs.map(({ name }) => name) : [];
        const served = await cache.fill(cuts.slice(begin), outputs, (values, index) => {
          if (begin > 0) return;
          this.#reference.push(values);
          onProgress('float', index + 1, this.#samples.length);
        });
        for (const group of groups.slice(begin, begin + Math.max(1, served))) {
          const cut = cuts[measured.length] as Cut;
          const part = served > 0 ? { cut, cache } : undefined;
          const quantized = await this.#quantizer.quantize([group]);
          measured.push({ ...group, ...(await this.#compare(quantized, part)) });
          nodesRun += part ? cut.nodes : model.graph.nodes.length;
          onProgress('groups', measured.length, groups.length);
        }
      }
      const whole = groups.length * model.graph.nodes.length;
      return { groups: measured, partOfRuns: whole > 0 ? nodesRun / whole : 1 };
    } finally {
      await runtime.close();
    }
  }

  /** Some groups together, after {@link measureGroups}. */
  async measure(groups: readonly QuantizationGroup[]): Promise<OutputDistance> {
    return this.#compare(await this.#quantizer.quantize(groups));
  }

  /** What `evaluate` says of the model with these groups quantized. */
  async evaluate(groups: readonly QuantizationGroup[], evaluate: Evaluate): Promise<number> {
    return evaluateModel(await this.#quantizer.quantize(groups), evaluate, this.#options);
  }

  /** @param model - reduced here to a part, if one is given. */
  async #compare(model: Model, part?: { cut: Cut; cache: BoundaryCache }): Promise<OutputDistance> {
    const sum = new DistanceSum();
    if (part && part.cut.outputs.length === 0) {
      for (const reference of this.#reference) sum.add(reference, reference);
      return sum.result();
    }
    if (part) keepPart(model, part.cut);
    const runtime = await this.open(model);
    try {
      for (const [index, sample] of this.#samples.entries()) {
        const feeds = part ? part.cache.feeds(index, runtime.inputs) : sample;
        const reference = this.#reference[index] as TensorMap;
        sum.add(reference, { ...reference, ...(await runtime.infer(feeds)) });
      }
    } finally {
      await runtime.close();
    }
    return sum.result();
  }

  open(model: Model): Promise<Runtime> {
    return openModel(model, this.#options);
  }
}

/** ONNX Runtime computes as a GPU would, not as the INT8 kernels of this machine's CPU do. */
export async function openModel(
  model: Model,
  { runtime = 'onnxruntime', signal }: Pick<TuningOptions, 'runtime' | 'signal'>,
): Promise<Runtime> {
  signal?.throwIfAborted();
  return runtime === 'onnxruntime'
    ? openOnnxRuntime(model, { isolate: true, int8: 'float', signal })
    : runtime(model);
}

/** @throws TensorRTError `ERR_CALIBRATION` when `evaluate` gives no number. */
export async function evaluateModel(
  model: Model,
  evaluate: Evaluate,
  options: Pick<TuningOptions, 'runtime' | 'signal'>,
): Promise<number> {
  const runtime = await openModel(model, options);
  try {
    const metric = await evaluate(runtime);
    options.signal?.throwIfAborted();
    if (typeof metric === 'number' && !Number.isNaN(metric)) return metric;
    throw new TensorRTError(
      'ERR_CALIBRATION',
      `The function evaluate gave ${metric} where a number was expected.`,
    );
  } finally {
    await runtime.close();
  }
}
