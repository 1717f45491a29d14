import type { Model } from '../../onnx/model.js';
import type { TensorMap } from '../../tensor.js';
import { type CalibrateOptions, calibrate } from '../calibrate.js';
import type { CalibrationTable } from '../calibration/table.js';
import { placementOf } from '../placement/options.js';
import type { QuantizeOptions } from '../quantize.js';

/** As for `calibrate`; what is calibrated, progress and abort are told otherwise. */
export type TuningCalibration = Omit<
  CalibrateOptions,
  'placement' | 'resume' | 'onProgress' | 'signal'
>;

/**
 * Calibrates what `quantize` needs with these options.
 *
 * @returns undefined where it needs nothing: for weights only.
 */
export async function makeTable(
  model: Model,
  samples: readonly TensorMap[],
  calibration: TuningCalibration,
  quantize: QuantizeOptions,
  { onSample, signal }: { onSample: (done: number) => void; signal: AbortSignal | undefined },
): Promise<CalibrationTable | undefined> {
  if (quantize.scheme === 'weights-only') return undefined;
  return calibrate(model, samples, {
    ...calibration,
    placement: placementOf(quantize),
    onProgress: ({ samples }) => onSample(samples),
    signal,
  });
}
