import type { Model } from '../../onnx/model.js';
import type { TensorMap } from '../../tensor.js';
import { type CalibrateOptions, calibrate } from '../calibrate.js';
import { collect } from '../calibration/collect.js';
import type { RangeMethod } from '../calibration/ranges.js';
import type { CalibrationTable } from '../calibration/table.js';
import type { QuantizeOptions } from '../quantize.js';
import { tuneRanges } from './auto-ranges.js';
import { placementOf } from './sensitivity-quantizer.js';

/** As for `calibrate`; what is calibrated, progress and abort are told otherwise. */
export interface TuningCalibration
  extends Omit<CalibrateOptions, 'method' | 'placement' | 'resume' | 'onProgress' | 'signal'> {
  /** `'auto'`: the range of each tensor by the method that suits the model's outputs. */
  method?: RangeMethod | 'auto' | undefined;
}

/**
 * Calibrates what `quantize` needs with these options.
 *
 * @returns undefined where it needs nothing: for weights only.
 */
export async function makeTable(
  model: Model,
  samples: readonly TensorMap[],
  { method, percentile, ...collecting }: TuningCalibration,
  quantize: QuantizeOptions,
  { onSample, signal }: { onSample: (done: number) => void; signal: AbortSignal | undefined },
): Promise<CalibrationTable | undefined> {
  if (quantize.scheme === 'weights-only') return undefined;
  const placement = placementOf(quantize);
  const onProgress = ({ samples }: { samples: number }) => onSample(samples);
  const options = { ...collecting, placement, onProgress, signal };
  if (method !== 'auto') return calibrate(model, samples, { ...options, method, percentile });
  const { threads } = collecting;
  return tuneRanges(model, await collect(model, samples, options), samples, {
    placement,
    threads,
    signal,
  });
}
