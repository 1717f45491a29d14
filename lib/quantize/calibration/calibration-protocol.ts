import type { TensorRTErrorCode } from '../../errors.js';
import type { TensorMap } from '../../tensor.js';
import type { HistogramSnapshot } from './native-calibration.js';

/*
 * What the process of the user and the calibration process say to each other. Each request gets one
 * reply, in order.
 */

export type CalibrationRequest =
  | ({ kind: 'open' } & OpenRequest)
  | { kind: 'collect'; feeds: TensorMap; index: number }
  | { kind: 'histograms' };

export interface OpenRequest {
  /** The model, with all observed tensors among its outputs or inputs. */
  modelPath: string;
  /** Removed by the calibration process if its parent disappears. */
  directory: string;
  observed: string[];
  /** The input whose zeros mark padding. */
  mask: string | undefined;
  threads: number | undefined;
}

export interface RequestResults {
  open: undefined;
  collect: undefined;
  histograms: [tensor: string, histogram: HistogramSnapshot][];
}

export type CalibrationReply =
  | { ok: true; result: RequestResults[keyof RequestResults] }
  | { ok: false; error: ReplyError };

/** An error on its way between processes, which keeps no classes. */
export interface ReplyError {
  code: TensorRTErrorCode | undefined;
  message: string;
}
