import type { Model } from '../../onnx/model.js';
import type { TensorMap } from '../../tensor.js';
import type {
  AutoQuantizeProgress,
  CheckedAutoOptions,
  QuantizationVariant,
} from './auto-quantize-options.js';
import type { QuantizationGroup } from './groups.js';
import { evaluateModel, type GroupDistance, SensitivityBench } from './sensitivity-bench.js';
import { PartialQuantizer } from './sensitivity-quantizer.js';
import { makeTable } from './sensitivity-table.js';

/** One model that was evaluated. */
export interface QuantizationTrial {
  readonly variant: string;
  /** The names of the groups that it keeps in float. */
  readonly float: readonly string[];
  readonly metric: number;
  /** Whether the metric is within the bound. */
  readonly meets: boolean;
  /** Whether the metric was known from an earlier call. */
  readonly known: boolean;
  readonly elapsedMs: number;
}

/** A variant, calibrated. */
export interface PreparedVariant {
  readonly variant: QuantizationVariant;
  readonly quantizer: PartialQuantizer;
}

/** Thrown where `maxTrials` is reached: the search ends with what it has. */
export class NoTrialsLeft extends Error {}

/** What the metric of the float model is known by; the keys of trials are lists. */
const floatKey = 'float';

/** Evaluates models and keeps account of it. */
export class TrialRun {
  readonly trials: QuantizationTrial[] = [];
  readonly #model: Model;
  readonly #samples: readonly TensorMap[];
  readonly #options: CheckedAutoOptions;
  readonly #started = performance.now();
  /** How many quantized models. */
  #evaluated = 0;
  /** What the metric must reach. */
  #bound = Number.NEGATIVE_INFINITY;

  constructor(model: Model, samples: readonly TensorMap[], options: CheckedAutoOptions) {
    this.#model = model;
    this.#samples = samples;
    this.#options = options;
  }

  get bound(): number {
    return this.#bound;
  }

  /** The metric of the float model, from which the bound follows. */
  async evaluateFloat(): Promise<number> {
    const metric = await this.#evaluate(floatKey, () => Promise.resolve(this.#model));
    this.#bound = metric - this.#options.maxAccuracyDrop;
    this.report('float');
    return metric;
  }

  /** Another model that is no quantized one, such as that in half precision. */
  async meetsBound(model: Model): Promise<{ metric: number; meets: boolean }> {
    const metric = await evaluateModel(model, this.#options.evaluate, this.#options);
    return { metric, meets: metric >= this.#bound };
  }

  async prepare(variant: QuantizationVariant): Promise<PreparedVariant> {
    const { quantize, calibration, groupBy = 'block', table: given, signal } = this.#options;
    const { calibrating } = this.#split();
    const model = variant.prepare
      ? await variant.prepare(this.#model, calibrating, signal)
      : this.#model;
    const options = { ...quantize, ...variant.quantize };
    const onSample = () => this.report('prepare', variant.name);
    const calibrate = { ...calibration, ...variant.calibration };
    const table =
      given ?? (await makeTable(model, calibrating, calibrate, options, { onSample, signal }));
    return { variant, quantizer: await PartialQuantizer.of(model, table, options, groupBy) };
  }

  /** Evaluates a variant with some groups in float. */
  async try(
    { variant, quantizer }: PreparedVariant,
    float: readonly QuantizationGroup[],
  ): Promise<QuantizationTrial> {
    const begin = performance.now();
    const names = float.map(({ name }) => name).sort();
    const key = JSON.stringify([variant.name, ...names]);
    const known = this.#options.known.has(key);
    const quantized = quantizer.groups.filter(({ name }) => !names.includes(name));
    const metric = await this.#evaluate(key, () => quantizer.quantize(quantized));
    const trial = {
      variant: variant.name,
      float: names,
      metric,
      meets: metric >= this.#bound,
      known,
      elapsedMs: performance.now() - begin,
    };
    this.trials.push(trial);
    this.report('trial', variant.name);
    return trial;
  }

  /** The groups by what each does to the outputs on its own, the worst first. */
  async rank({ variant, quantizer }: PreparedVariant): Promise<GroupDistance[]> {
    const bench = new SensitivityBench(quantizer, this.#split().ranking, this.#options);
    const { groups } = await bench.measureGroups(() => this.report('rank', variant.name));
    return [...groups].sort((a, b) => b.rmse - a.rmse);
  }

  report(phase: AutoQuantizeProgress['phase'], variant?: string): void {
    const elapsedMs = performance.now() - this.#started;
    this.#options.onProgress?.({ phase, variant, trials: this.trials.length, elapsedMs });
  }

  /** Every so many of the samples are kept from calibration. */
  #split(): { calibrating: readonly TensorMap[]; ranking: readonly TensorMap[] } {
    const { validationSplit: share, table } = this.#options;
    const samples = this.#samples;
    if (table || share === 0 || samples.length < 2) {
      return { calibrating: samples, ranking: samples };
    }
    const count = Math.min(samples.length - 1, Math.max(1, Math.round(share * samples.length)));
    const isRanking = (_: TensorMap, index: number) =>
      Math.floor(((index + 1) * count) / samples.length) >
      Math.floor((index * count) / samples.length);
    return {
      calibrating: samples.filter((sample, index) => !isRanking(sample, index)),
      ranking: samples.filter(isRanking),
    };
  }

  async #evaluate(key: string, make: () => Promise<Model>): Promise<number> {
    const { known, evaluate, maxTrials } = this.#options;
    const found = known.get(key);
    if (found !== undefined) return found;
    if (key !== floatKey) {
      if (this.#evaluated === maxTrials) throw new NoTrialsLeft();
      this.#evaluated++;
    }
    const metric = await evaluateModel(await make(), evaluate, this.#options);
    known.set(key, metric);
    return metric;
  }
}
