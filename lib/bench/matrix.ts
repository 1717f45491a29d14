import type { Profile } from '../engine/build/profiles.js';
import type { Model } from '../onnx/model.js';
import type { ValueInfo } from '../onnx/value-info.js';
import { fullName } from '../runtime/load.js';
import type { RuntimeName } from '../runtime/runtime.js';
import { profileOfFeeds } from '../runtime/tensorrt.js';
import type { CheckedBenchOptions } from './bench-options.js';
import type { BenchCell, BenchParameters } from './bench-report.js';
import { type CellShapes, cellShapes, type ShapeRequest } from './cell-shapes.js';

/** What a cell is, before it is measured or found impossible. */
export type CellFrame = Pick<BenchCell, 'name' | 'parameters' | 'shapes'>;

/** A cell that is to be measured. */
export interface PlannedCell {
  readonly frame: CellFrame;
  readonly request: ShapeRequest;
  /** What TensorRT builds for; undefined for a plan, which has been built. */
  readonly profiles: readonly Profile[] | undefined;
  /** Why the model cannot have these shapes. */
  readonly error?: unknown;
}

/**
 * Every combination of what the options list, each once: those of the same shapes stay together.
 *
 * @param model - undefined for a plan, whose inputs nobody knows before it is loaded.
 * @throws TypeError for what a plan cannot be asked.
 */
export function planCells(model: Model | undefined, options: CheckedBenchOptions): PlannedCell[] {
  if (!model) checkForPlan(options);
  const asked = combinations(options, model ? ['tensorrt', 'onnxruntime:cpu'] : ['tensorrt']);
  return asked.map((parameters) => planCell(model, parameters, options));
}

function checkForPlan({ runtimes, precisions }: CheckedBenchOptions): void {
  const other = runtimes?.find((runtime) => runtime !== 'tensorrt');
  if (other) throw new TypeError(`Expected 'tensorrt' for the runtime of a plan, not '${other}'`);
  if (precisions) throw new TypeError('Expected no precisions for a plan, which has its own');
}

function combinations(
  options: CheckedBenchOptions,
  usual: readonly RuntimeName[],
): BenchParameters[] {
  const { runtimes = usual, precisions = [undefined] } = options;
  const { batches = [undefined], lengths = [undefined], rates = [undefined] } = options;
  const combined = lengths.flatMap((length) =>
    batches.flatMap((batch) =>
      precisions.flatMap((precision) =>
        runtimes.flatMap((runtime) =>
          rates.map((rate) => ({ runtime: fullName(runtime), precision, batch, length, rate })),
        ),
      ),
    ),
  );
  return [...new Map(combined.map((cell) => [JSON.stringify(Object.values(cell)), cell])).values()];
}

function planCell(
  model: Model | undefined,
  asked: BenchParameters,
  options: CheckedBenchOptions,
): PlannedCell {
  const request = shapeRequest(asked, options);
  const frame = { name: cellName(asked), parameters: asked, shapes: {} };
  const profiles = options.profiles;
  if (!model) return { frame, request, profiles };
  try {
    const settled = cellShapes(model.inputs, request);
    return {
      frame: frameOf(asked, settled),
      request: settled,
      profiles: profiles ?? [exactProfile(model, settled, options)],
    };
  } catch (error) {
    return { frame, request, profiles, error };
  }
}

function shapeRequest(
  { batch, length }: BenchParameters,
  { shapes, samples }: CheckedBenchOptions,
): ShapeRequest {
  const [first] = samples ?? [];
  if (!first) return { batch, length, shapes };
  const dims = Object.entries(first).map(([name, { dims }]) => [name, dims] as const);
  return { shapes: Object.fromEntries(dims) };
}

/** With the sizes that follow from the shapes, where they were not asked for. */
export function frameOf(asked: BenchParameters, { shapes, batch, length }: CellShapes): CellFrame {
  const parameters = { ...asked, batch, length };
  return { name: cellName(parameters), parameters, shapes };
}

/** Such as `8x128 int8 onnxruntime:cpu 100/s`. */
function cellName({ runtime, precision, batch, length, rate }: BenchParameters): string {
  const shape = [batch, length].filter((size) => size !== undefined).join('x');
  const load = rate === undefined ? '' : `${rate}/s`;
  return [shape, precision, runtime, load].filter(Boolean).join(' ');
}

/** Of the very shapes of a cell, or of all its samples. */
function exactProfile(
  { inputs }: Model,
  { shapes }: CellShapes,
  { samples }: CheckedBenchOptions,
): Profile {
  const exact = Object.entries(shapes).map(
    ([name, dims]) => [name, { min: dims, opt: dims, max: dims }] as const,
  );
  const all = samples ? Object.entries(profileOfFeeds(samples)) : exact;
  const dynamic = new Set(inputs.filter(isDynamic).map(({ name }) => name));
  return Object.fromEntries(all.filter(([name]) => dynamic.has(name)));
}

function isDynamic({ dims }: ValueInfo): boolean {
  return dims?.some((dim) => typeof dim !== 'number') ?? true;
}

/** What a model is quantized for, once for all cells: every shape that it will meet. */
export function placementProfiles(cells: readonly PlannedCell[]): readonly Profile[] | undefined {
  const all = cells.flatMap(({ profiles = [] }) => profiles);
  const distinct = new Map(all.map((profile) => [JSON.stringify(profile), profile]));
  distinct.delete('{}');
  return distinct.size > 0 ? [...distinct.values()] : undefined;
}
