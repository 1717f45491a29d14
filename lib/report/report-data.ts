/** What the page of a quantization report shows; its script reads it as JSON. */
export interface ReportData {
  readonly title: string;
  /** What was done, as pairs of words and figures. */
  readonly facts: readonly (readonly [label: string, figure: string])[];
  readonly tensors: readonly ReportTensor[];
  readonly decisions: readonly ReportDecision[];
  readonly sensitivity: ReportSensitivity | undefined;
}

/** The values of one tensor in calibration, all as absolute values. */
export interface ReportTensor {
  readonly name: string;
  readonly absmax: number;
  readonly finite: number;
  readonly zeros: number;
  readonly nans: number;
  readonly infinities: number;
  /** Bars of the histogram: bar i holds |x| from `edges[i]` to `edges[i + 1]`. */
  readonly edges: readonly number[];
  readonly counts: readonly number[];
  /** What each method would choose. */
  readonly candidates: readonly ReportRange[];
  /** What was chosen; absent where there was no table. */
  readonly chosen: ReportRange | undefined;
  readonly note: string | undefined;
}

/** A range, and what representing the values in it by 8 bits costs. */
export interface ReportRange {
  readonly method: string;
  readonly amax: number;
  /** The signal to quantization noise ratio in dB; null where there is no noise or no signal. */
  readonly sqnr: number | null;
  /** The share of finite values beyond the range. */
  readonly clipped: number;
  /** The share of finite values other than zero that are rounded to zero. */
  readonly flushed: number;
}

export interface ReportDecision {
  readonly node: string;
  readonly opType: string;
  readonly role: string;
  readonly action: string;
  readonly reason: string;
  readonly amax?: Readonly<Record<string, number>> | undefined;
}

export interface ReportSensitivity {
  /** How many samples were compared. */
  readonly samples: number;
  /** All groups quantized together. */
  readonly everything: ReportDistance | undefined;
  readonly groups: readonly ReportGroup[];
}

/** How far the outputs are from those of the float model. */
export interface ReportDistance {
  readonly rmse: number;
  readonly cosine: number;
  readonly agreement: number;
  readonly maxError: number;
  /** What the caller's own evaluation gave. */
  readonly metric?: number | undefined;
}

export interface ReportGroup extends ReportDistance {
  readonly name: string;
  readonly nodes: readonly string[];
}
