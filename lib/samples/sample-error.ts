import { TensorRTError, type TensorRTErrorDetails } from '../errors.js';

/** The error for a file of samples that is damaged, or that is not what the model takes. */
export function sampleError(
  file: string,
  problem: string,
  details: Omit<TensorRTErrorDetails, 'file'> = {},
): TensorRTError {
  return new TensorRTError('ERR_SAMPLES', `'${file}' ${problem}.`, { ...details, file });
}
