import { figure, percent, withUnit } from '../../figures.js';
import type { BenchCell, BenchReport, BenchResult, Work } from '../bench-report.js';
import { precisionName } from '../names.js';
import { type GpuPeaks, gpuPeaks, peakOf } from './gpu-peaks.js';

/** How a cell stands against what its device could do at best. */
export interface RooflineHint {
  /** Operations for each byte that is moved. */
  readonly intensity: number;
  /** What was reached. */
  readonly flopsPerSecond: number;
  readonly bytesPerSecond: number;
  /** The time that the roof allows by the time that was measured; absent without published figures. */
  readonly share?: number | undefined;
  /** What held it back; `'overhead'` is neither computing nor memory. */
  readonly bound?: 'compute' | 'memory' | 'launch' | 'overhead' | undefined;
  /** What that means, and what to do. */
  readonly text: string;
}

/** As trtexec has it: the device waits for the CPU. */
const launchShare = 0.8;
/** Further than this below the roof, something else takes the time. */
const leastShare = 0.1;

/**
 * What limits a cell, by the roofline model. Peaks are those that NVIDIA publishes for the GPU; on a CPU
 * and an unknown GPU there are none, and the hint tells what was reached.
 *
 * @returns undefined where nothing was measured, or where the work is not known.
 */
export function rooflineHint(
  cell: BenchCell,
  { machine, method }: Pick<BenchReport, 'machine' | 'method'>,
): RooflineHint | undefined {
  const { result, work } = cell;
  if (!result || !work || !(work.flops > 0)) return undefined;
  const seconds = secondsOf(result, method.contexts);
  const reached = {
    intensity: work.flops / work.bytes,
    flopsPerSecond: work.flops / seconds,
    bytesPerSecond: work.bytes / seconds,
  };
  const peaks = roofOf(cell, machine.gpu);
  const { precision } = cell.parameters;
  const unit = precision?.startsWith('int8') ? 'OP/s' : 'FLOP/s';
  const peak = peaks && precision && peakOf(peaks, precision);
  if (!peaks || !peak)
    return { ...reached, text: `Reaches ${withUnit(reached.flopsPerSecond, unit)}.` };
  const times = { compute: work.flops / peak, memory: work.bytes / peaks.bytesPerSecond };
  const share = Math.max(times.compute, times.memory) / seconds;
  const roof = { peaks, peak, unit, precision: precisionName(precision) };
  return { ...reached, share, ...verdict({ result, work, seconds, times, share, roof }) };
}

/** The published figures that a cell can be held against: none where a CPU did the work. */
export function roofOf({ result }: BenchCell, gpu?: string): GpuPeaks | undefined {
  const onGpu = /tensorrt|cuda/.test(result?.provider ?? '');
  return onGpu && gpu !== undefined ? gpuPeaks(gpu) : undefined;
}

/** One context computes one inference at a time; several share the device. */
function secondsOf(result: BenchResult, contexts: number): number {
  if (contexts > 1) return 1 / result.inferencesPerSecond;
  return (result.compute ?? result.latency).median / 1000;
}

interface Standing {
  readonly result: BenchResult;
  readonly work: Work;
  readonly seconds: number;
  readonly times: { readonly compute: number; readonly memory: number };
  readonly share: number;
  readonly roof: {
    readonly peaks: GpuPeaks;
    readonly peak: number;
    readonly precision: string;
    /** Integers are operations, but no floating point ones. */
    readonly unit: string;
  };
}

function verdict(standing: Standing): Pick<RooflineHint, 'bound' | 'text'> {
  const { result, work, seconds, times, share, roof } = standing;
  const { enqueue, compute } = result;
  if (enqueue && compute && enqueue.median > launchShare * compute.median) {
    const took = `${figure(enqueue.median)} ms of launching to ${figure(compute.median)} ms of computing`;
    const text = `Launch bound: ${took}. CUDA graphs or a larger batch keep the device busy.`;
    return { bound: 'launch', text };
  }
  if (share < leastShare) {
    const text = `Bound by neither computing nor memory: ${percent(share)} of what the ${roof.peaks.gpu} could do. The time goes to small kernels, launches and elementwise operators; a larger batch uses it better.`;
    return { bound: 'overhead', text };
  }
  if (times.compute >= times.memory) {
    const text = `Compute bound: ${withUnit(work.flops / seconds, roof.unit)} is ${percent(share)} of the ${withUnit(roof.peak, roof.unit)} in ${roof.precision} of the ${roof.peaks.gpu}.`;
    return { bound: 'compute', text };
  }
  const moved = `${withUnit(work.bytes / seconds, 'B/s')} is ${percent(share)} of the ${withUnit(roof.peaks.bytesPerSecond, 'B/s')} of the ${roof.peaks.gpu}`;
  const text = `Memory bound: ${moved}. A larger batch reads the weights less often; smaller types are fewer bytes.`;
  return { bound: 'memory', text };
}
