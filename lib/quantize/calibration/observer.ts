import { TensorRTError } from '../../errors.js';
import { loadAddon } from '../../native.js';
import type { Tensor, TensorMap } from '../../tensor.js';
import type { Counted } from './counted.js';
import type { NativeHistogram } from './native-calibration.js';
import type { ObservedTensor } from './observed-tensors.js';
import { PaddingMask } from './padding.js';

/** Counts the values of chosen tensors over all samples. Memory does not grow with the samples. */
export class Observer {
  readonly #tensors: ReadonlyMap<string, ObservedTensor & { histogram: NativeHistogram }>;
  readonly #mask: string | undefined;
  readonly #threads: number | undefined;
  readonly #notes = new Map<string, string>();

  /**
   * @param mask - the input [batch, sequence] whose zeros mark positions to be left out.
   * @param threads - that count; by default one for each processor.
   */
  constructor(
    tensors: readonly ObservedTensor[],
    mask: string | undefined,
    threads: number | undefined,
  ) {
    const { Histogram } = loadAddon();
    this.#tensors = new Map(
      tensors.map((tensor) => [tensor.name, { ...tensor, histogram: new Histogram() }]),
    );
    this.#mask = mask;
    this.#threads = threads;
  }

  /** @param values - of one sample: at least these tensors and the mask. */
  collect(tensors: readonly string[], values: TensorMap): void {
    const mask = this.#mask === undefined ? undefined : values[this.#mask];
    const padding = mask && new PaddingMask(mask);
    const items = tensors.map((name) => {
      const observed = this.#tensors.get(name);
      const value = values[name];
      if (!observed || !value) throw new Error(`Tensor '${name}' was not returned`);
      const { type, data, dims } = floatTensor(name, value);
      const keep = padding?.rowsOf(dims, observed.positions);
      if (keep === 'ambiguous') this.#noteAmbiguity(name, dims);
      return {
        histogram: observed.histogram,
        data,
        type,
        keep: keep === 'ambiguous' ? undefined : keep,
      };
    });
    loadAddon().collectAll(items, this.#threads);
  }

  counted(): Counted {
    return {
      histograms: new Map(
        Array.from(this.#tensors, ([name, { histogram }]) => [name, histogram.snapshot()]),
      ),
      notes: this.#notes,
    };
  }

  #noteAmbiguity(name: string, dims: readonly number[]): void {
    if (this.#notes.has(name)) return;
    const shape = `[${dims.join(', ')}]`;
    this.#notes.set(name, `padding was counted too: ${shape} does not tell where positions are`);
  }
}

type FloatTensor = Tensor<'float32' | 'float16' | 'bfloat16'>;

function floatTensor(name: string, value: Tensor): FloatTensor {
  if (value.type === 'float32' || value.type === 'float16' || value.type === 'bfloat16') {
    return value;
  }
  throw new TensorRTError(
    'ERR_CALIBRATION',
    `Tensor '${name}' is ${value.type} where a float type was expected.`,
    { tensor: name },
  );
}
