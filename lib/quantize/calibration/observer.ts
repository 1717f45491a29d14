import { TensorRTError } from '../../errors.js';
import { loadAddon } from '../../native.js';
import type { Tensor, TensorMap } from '../../tensor.js';
import type { HistogramSnapshot, NativeHistogram } from './native-calibration.js';

/** Counts the values of chosen tensors over all samples. Memory does not grow with the samples. */
export class Observer {
  readonly #histograms: ReadonlyMap<string, NativeHistogram>;
  readonly #mask: string | undefined;

  /** @param mask - the input [batch, sequence] whose zeros mark positions to be left out. */
  constructor(tensors: readonly string[], mask: string | undefined) {
    const { Histogram } = loadAddon();
    this.#histograms = new Map(tensors.map((name) => [name, new Histogram()]));
    this.#mask = mask;
  }

  /** @param values - of one sample: at least the observed tensors and the mask. */
  collect(values: TensorMap): void {
    const mask = this.#mask === undefined ? undefined : values[this.#mask];
    const keep =
      mask && Uint8Array.from(mask.data as ArrayLike<number>, (value) => (value ? 1 : 0));
    for (const [name, histogram] of this.#histograms) {
      const value = values[name] as Tensor;
      if (value.type !== 'float32') {
        throw new TensorRTError(
          'ERR_CALIBRATION',
          `Tensor '${name}' is ${value.type} where float32 was expected.`,
          { tensor: name },
        );
      }
      const hasPositions = mask !== undefined && startsWithPositions(value, mask);
      histogram.collect(value.data, value.type, hasPositions ? keep : undefined);
    }
  }

  histograms(): [string, HistogramSnapshot][] {
    return Array.from(this.#histograms, ([name, histogram]) => [name, histogram.snapshot()]);
  }
}

/** A tensor [batch, sequence, ...]; with nothing after those two it holds no features of positions. */
function startsWithPositions({ dims }: Tensor, mask: Tensor): boolean {
  return dims.length > 2 && dims[0] === mask.dims[0] && dims[1] === mask.dims[1];
}
