import type { Precision } from '../../variants/precision.js';

/** What a GPU can do at best, in operations and bytes per second. */
export interface GpuPeaks {
  readonly gpu: string;
  readonly bytesPerSecond: number;
  /** Of dense matrix products on tensor cores; absent for what the GPU does not have. */
  readonly flopsPerSecond: Readonly<Partial<Record<PeakType, number>>>;
}

type PeakType = 'fp32' | 'fp16' | 'bf16' | 'int8' | 'fp8';

/** In TFLOPS or TOPS, without sparsity. FP32 products are computed in TF32 where there is TF32. */
type Rates = readonly [fp32: number, fp16: number, bf16: number, int8: number, fp8: number];

interface PublishedGpu {
  readonly name: string;
  /** Of the name that the driver gives. */
  readonly pattern: RegExp;
  readonly rates: Rates;
  readonly gigabytesPerSecond: number;
}

const hopper: Rates = [494.7, 989.4, 989.4, 1978.9, 1978.9];
const ga100: Rates = [156, 312, 312, 624, 0];

/**
 * As NVIDIA publishes them: the Turing white paper (T4), the data sheets of A10, A30, A100, L4 and
 * L40S, the white papers of H100, Ada (RTX 4090) and RTX Blackwell (RTX 5090), the data sheet of H200.
 * Of rates with and without sparsity these are those without; of those for FP16 and FP32 sums, which
 * differ on GeForce, the higher ones. The first pattern that matches counts.
 */
const published: readonly PublishedGpu[] = [
  { name: 'T4', pattern: /\bT4\b/, rates: [8.1, 65, 0, 130, 0], gigabytesPerSecond: 320 },
  { name: 'A10', pattern: /\bA10\b/, rates: [62.5, 125, 125, 250, 0], gigabytesPerSecond: 600 },
  { name: 'A30', pattern: /\bA30\b/, rates: [82, 165, 165, 330, 0], gigabytesPerSecond: 933 },
  {
    ...{ name: 'A100 SXM 80 GB', pattern: /\bA100-SXM.*80GB/ },
    ...{ rates: ga100, gigabytesPerSecond: 2039 },
  },
  {
    ...{ name: 'A100 PCIe 80 GB', pattern: /\bA100.*80GB/ },
    ...{ rates: ga100, gigabytesPerSecond: 1935 },
  },
  { name: 'A100 40 GB', pattern: /\bA100\b/, rates: ga100, gigabytesPerSecond: 1555 },
  { name: 'L4', pattern: /\bL4\b/, rates: [60, 121, 121, 242, 242], gigabytesPerSecond: 300 },
  {
    ...{ name: 'L40S', pattern: /\bL40S\b/ },
    ...{ rates: [183, 362, 362, 733, 733], gigabytesPerSecond: 864 },
  },
  {
    ...{ name: 'H100 PCIe', pattern: /\bH100 PCIe\b/ },
    ...{ rates: [378, 756, 756, 1513, 1513], gigabytesPerSecond: 2000 },
  },
  {
    ...{ name: 'H100 SXM', pattern: /\bH100 80GB HBM3\b/ },
    ...{ rates: hopper, gigabytesPerSecond: 3350 },
  },
  { name: 'H200 SXM', pattern: /\bH200$/, rates: hopper, gigabytesPerSecond: 4800 },
  {
    ...{ name: 'RTX 4090', pattern: /\bRTX 4090$/ },
    ...{ rates: [82.6, 330.3, 165.2, 660.6, 660.6], gigabytesPerSecond: 1008 },
  },
  {
    ...{ name: 'RTX 5090', pattern: /\bRTX 5090$/ },
    ...{ rates: [104.8, 419, 209.5, 838, 838], gigabytesPerSecond: 1792 },
  },
];

/**
 * The published figures of a GPU.
 *
 * @param name - as the driver says it, such as `'NVIDIA A100-SXM4-80GB'`.
 * @returns undefined for a GPU that is not known by name, and for a part of one (MIG).
 */
export function gpuPeaks(name: string): GpuPeaks | undefined {
  if (/\bMIG\b/.test(name)) return undefined;
  const found = published.find(({ pattern }) => pattern.test(name));
  if (!found) return undefined;
  const types: readonly PeakType[] = ['fp32', 'fp16', 'bf16', 'int8', 'fp8'];
  const rates = types.map((type, index) => [type, 1e12 * (found.rates[index] ?? 0)] as const);
  return {
    gpu: found.name,
    bytesPerSecond: 1e9 * found.gigabytesPerSecond,
    flopsPerSecond: Object.fromEntries(rates.filter(([, rate]) => rate > 0)),
  };
}

/** The peak that products in a precision could reach. */
export function peakOf(peaks: GpuPeaks, precision: Precision): number | undefined {
  return peaks.flopsPerSecond[precision.split('+', 1)[0] as PeakType];
}
