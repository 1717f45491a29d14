/** Figures that others have published: facts, never a run of these scripts. */

/** A figure, what it was measured on, and who says so. */
export interface Published {
  readonly value: number;
  /** Where only a bound is published. */
  readonly bound?: '<';
  readonly unit: Unit;
  readonly hardware: string;
  readonly source: string;
}

export type Unit = 'ms' | 'requests/s' | 'F1' | 'times';

const demoBert = {
  source: 'NVIDIA TensorRT, README of demo/BERT, release/10.16; average, copies excluded',
};
const demoBertT4 = {
  source: 'NVIDIA TensorRT, README of demo/BERT, release/8.4; average, copies excluded',
};

/** Of figures that are handed on from text to text. */
const quoted = {
  hardware: 'hardware not stated',
  source: 'quoted by users; where it was published first, we do not know',
};

export const latencyBounds = {
  base: {
    ...quoted,
    value: 1,
    bound: '<',
    unit: 'ms',
    hardware: 'A100',
  },
  large: {
    ...quoted,
    value: 2,
    bound: '<',
    unit: 'ms',
    hardware: 'A100',
  },
} as const satisfies Record<string, Published>;

/** One model by four ways to run it. Neither model nor shape are stated. */
export const besidePyTorch = {
  pytorch: { ...quoted, value: 22.4, unit: 'ms' },
  onnxRuntimeFp16: { ...quoted, value: 9.8, unit: 'ms' },
  tensorrtFp16: { ...quoted, value: 6.2, unit: 'ms' },
  tensorrtInt8: { ...quoted, value: 4.1, unit: 'ms' },
} as const satisfies Record<string, Published>;

/** At batch 32. Neither model nor length are stated. */
export const throughput = {
  tensorrtInt8: { ...quoted, value: 3200, unit: 'requests/s' },
  onnxRuntimeInt8: { ...quoted, value: 2100, unit: 'requests/s' },
} as const satisfies Record<string, Published>;

/** BERT-large on SQuAD v1.1, sequences of 128 tokens, stride 32. */
export const squad = {
  fp32: { ...quoted, value: 87.97, unit: 'F1' },
  fp16: { ...quoted, value: 87.69, unit: 'F1' },
  int8: { ...quoted, value: 87.52, unit: 'F1' },
} as const satisfies Record<string, Published>;

/** Static INT8 by ONNX Runtime on a CPU, FP32 by INT8. */
export const cpuInt8 = {
  latency: { ...quoted, value: 2.25, unit: 'times', hardware: 'a CPU' },
  size: { ...quoted, value: 3.93, unit: 'times', hardware: 'a CPU' },
} as const satisfies Record<string, Published>;

/** A row of NVIDIA's tables: milliseconds of INT8 and of FP16 on each GPU. */
export interface DemoBertRow {
  readonly model: 'bert-base' | 'bert-large';
  readonly length: number;
  readonly batch: number;
  readonly int8: readonly Published[];
  readonly fp16: readonly Published[];
}

const demoBertGpus = [
  { hardware: 'A100 40GB', ...demoBert },
  { hardware: 'A30', ...demoBert },
  { hardware: 'L40S', ...demoBert },
  { hardware: 'T4', ...demoBertT4 },
];

/** `[int8, fp16]` on the A100, the A30, the L40S and the T4. */
type DemoBertFigures = readonly (readonly [int8: number, fp16: number])[];

function demoBertRow(
  model: DemoBertRow['model'],
  length: number,
  batch: number,
  figures: DemoBertFigures,
): DemoBertRow {
  const column = (index: 0 | 1): Published[] =>
    demoBertGpus.map((gpu, i) => ({ value: figures[i]?.[index] as number, unit: 'ms', ...gpu }));
  return { model, length, batch, int8: column(0), fp16: column(1) };
}

// biome-ignore format: rows as the source has them
export const demoBertRows: readonly DemoBertRow[] = [
  demoBertRow('bert-base', 128, 1, [[0.54, 0.62], [0.61, 1.0], [0.34, 0.48], [1.69, 1.95]]),
  demoBertRow('bert-base', 128, 8, [[0.95, 1.31], [1.91, 3.69], [0.67, 1.25], [4.66, 9.09]]),
  demoBertRow('bert-base', 128, 32, [[2.23, 3.85], [6.18, 13.97], [1.81, 3.93], [18.93, 36.63]]),
  demoBertRow('bert-base', 128, 128, [[8.02, 15.15], [29.9, 68.61], [7.2, 17.13], [73.15, 144.2]]),
  demoBertRow('bert-large', 128, 1, [[1.23, 1.54], [1.78, 3.1], [0.89, 1.3], [3.65, 5.53]]),
  demoBertRow('bert-large', 384, 1, [[2.55, 2.96], [3.45, 6.43], [1.68, 2.73], [7.29, 12.45]]),
  demoBertRow('bert-large', 384, 8, [[7.16, 11.01], [18.22, 38.38], [4.95, 10.3], [49.24, 92.92]]),
  demoBertRow('bert-large', 384, 32, [[23.06, 40.61], [75.98, 165.16], [18.97, 43.95], [186.6, 370.87]]),
  demoBertRow('bert-large', 384, 128, [[87.69, 155.47], [332.16, 668.8], [83.34, 194.18], [755.5, 1518.35]]),
];

/** MLPerf Inference, closed division, BERT-large on SQuAD v1.1, by NVIDIA. */
function mlperfFigure(
  value: number,
  hardware: string,
  round: string,
  unit: Unit = 'requests/s',
): Published {
  return {
    value,
    unit,
    hardware,
    source: `MLPerf Inference ${round}, closed, NVIDIA, result logs`,
  };
}

const h200 = '1 of 8 H200-SXM-141GB';
const h100 = 'H100-SXM-80GB';

/** For each GPU. 99 % and 99.9 % are shares of the F1 of FP32 that have to be kept. */
export const mlperf = {
  offline99: [
    mlperfFigure(9163.7, h200, 'v4.1'),
    mlperfFigure(9081.51, h100, 'v4.0'),
    mlperfFigure(3544.82, 'A100-SXM-80GB', 'v2.1'),
    mlperfFigure(1028.95, 'L4', 'v3.1'),
  ],
  offline999: [mlperfFigure(7994, h200, 'v4.1'), mlperfFigure(7939.77, h100, 'v4.0')],
  server99: [mlperfFigure(7201, h200, 'v4.1'), mlperfFigure(6995.64, h100, 'v4.0')],
  server999: [mlperfFigure(6401, h200, 'v4.1')],
  singleStreamP50: [mlperfFigure(2.31, 'L4', 'v3.1', 'ms')],
  singleStreamP90: [mlperfFigure(2.58, 'L4', 'v3.1', 'ms')],
  f1At99: [mlperfFigure(89.97, '8 H200-SXM-141GB', 'v4.1', 'F1')],
  f1At999: [mlperfFigure(90.78, '8 H200-SXM-141GB', 'v4.1', 'F1')],
} as const satisfies Record<string, readonly Published[]>;
