import type { Model } from '../../onnx/model.js';
import { toHalf } from '../../precision/to-half.js';
import type { CheckedAutoOptions } from './auto-quantize-options.js';
import type { TrialRun } from './auto-quantize-trials.js';

/** What is taken instead of a quantized model. */
export interface Fallback {
  readonly model: Model;
  readonly precision: 'fp16' | 'bf16' | 'fp32';
  /** Undefined for the float model, whose metric is known. */
  readonly metric: number | undefined;
  /** The beginning of a sentence that goes on with the reason. */
  readonly outcome: string;
}

/** What is taken where no quantized model will do. */
export class HalfFallback {
  readonly #float: Model;
  readonly #run: TrialRun;
  readonly #options: CheckedAutoOptions;
  #model: Promise<Model> | undefined;

  constructor(float: Model, run: TrialRun, options: CheckedAutoOptions) {
    this.#float = float;
    this.#run = run;
    this.#options = options;
  }

  get #type(): 'fp16' | 'bf16' {
    return this.#options.quantize.precision === 'bf16' ? 'bf16' : 'fp16';
  }

  model(): Promise<Model> {
    const { signal } = this.#options;
    this.#model ??= toHalf(this.#float, { type: this.#type, signal });
    return this.#model;
  }

  async take(): Promise<Fallback> {
    const model = await this.model();
    const { metric, meets } = await this.#run.meetsBound(model);
    const type = this.#type;
    if (meets) return { model, precision: type, metric, outcome: `Fell back to ${type}` };
    const outcome = `Left in FP32, since ${type} does not meet the bound (${metric}) either`;
    return { model: this.#float.clone(), precision: 'fp32', metric: undefined, outcome };
  }
}
