import type { Model } from '../../onnx/model.js';
import type { Samples } from '../calibration/run-samples.js';
import type { GroupBy, QuantizationGroup } from './groups.js';
import type { OutputDistance } from './output-distance.js';
import { SensitivityBench } from './sensitivity-bench.js';
import {
  checkSensitivityOptions,
  listSamples,
  type SensitivityOptions,
  type SensitivityProgress,
} from './sensitivity-options.js';
import { PartialQuantizer } from './sensitivity-quantizer.js';
import { makeTable } from './sensitivity-table.js';

/** What it does to a model's outputs to quantize one group, everything else in float. */
export interface GroupSensitivity extends QuantizationGroup, OutputDistance {
  /** What `evaluate` says of the model with this group quantized. */
  readonly metric?: number | undefined;
  /** The model with everything but this group quantized, where `leaveOneOut` asks for it. */
  readonly without?: OutputDistance | undefined;
}

export interface SensitivityReport {
  readonly groupBy: GroupBy;
  /** How many samples were run. */
  readonly samples: number;
  /** By `rmse`, the most sensitive first. */
  readonly groups: readonly GroupSensitivity[];
  /** The model with all groups quantized. */
  readonly everything: OutputDistance & { readonly metric?: number | undefined };
  /** What `evaluate` says of the float model. */
  readonly floatMetric?: number | undefined;
  /**
   * The nodes that were run for all groups, as a share of those that full runs would take: what
   * partial runs save.
   */
  readonly partOfRuns: number;
}

/**
 * Tells how much each part of a model suffers from quantization: one group of nodes is quantized at a
 * time, everything else stays in float, and the outputs are compared with those of the float model.
 *
 * Only what depends on a group is run for it. What enters that part is computed once by the float
 * model and kept, within `cacheBytes`; groups that need more are done in further passes over the
 * samples, or with the whole model.
 *
 * The effects of groups do not add up: they tell where to look first, not what the best set of
 * groups is. {@link autoQuantize} searches that.
 *
 * @param samples - of what the model will meet in use. All are kept in memory.
 * @throws TypeError for wrong arguments. TensorRTError as `calibrate` and `quantize`; `ERR_RUNTIME`
 * when a model does not run. What `evaluate` throws is passed on, and an abort rejects with the
 * signal's reason.
 */
export async function sensitivity(
  model: Model,
  samples: Samples,
  options: SensitivityOptions = {},
): Promise<SensitivityReport> {
  checkSensitivityOptions(model, options);
  const { evaluate, leaveOneOut, signal, groupBy = 'block', onProgress } = options;
  signal?.throwIfAborted();
  const list = await listSamples(model, samples, signal);
  const started = performance.now();
  const report = (phase: SensitivityProgress['phase'], done: number, total: number) =>
    onProgress?.({ phase, done, total, elapsedMs: performance.now() - started });
  const { quantize = {}, runtime } = options;
  const calibration = { runtime, ...options.calibration };
  const onSample = (done: number) => report('calibrate', done, list.length);
  const table =
    options.table ?? (await makeTable(model, list, calibration, quantize, { onSample, signal }));
  const quantizer = await PartialQuantizer.of(model, table, quantize, groupBy);
  const bench = new SensitivityBench(quantizer, list, options);

  const measured = await bench.measureGroups(report);
  const groups: GroupSensitivity[] = [];
  for (const group of measured.groups) {
    const others = quantizer.groups.filter(({ name }) => name !== group.name);
    const without = leaveOneOut ? await bench.measure(others) : undefined;
    const metric = evaluate && (await bench.evaluate([group], evaluate));
    groups.push({ ...group, ...(evaluate && { metric }), ...(without && { without }) });
    if (without || evaluate) report('each', groups.length, measured.groups.length);
  }
  const everything = await bench.measure(quantizer.groups);
  const metric = evaluate && (await bench.evaluate(quantizer.groups, evaluate));
  return {
    groupBy,
    samples: list.length,
    groups: groups.sort((a, b) => b.rmse - a.rmse),
    everything: { ...everything, ...(evaluate && { metric }) },
    ...(evaluate && { floatMetric: await bench.evaluate([], evaluate) }),
    partOfRuns: measured.partOfRuns,
  };
}
