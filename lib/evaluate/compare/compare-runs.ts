import { checkBoolean, checkOptions, invalidArgument } from '../../arguments.js';
import { TensorRTError } from '../../errors.js';
import type { Runtime } from '../../runtime/load.js';
import type { TensorMap } from '../../tensor.js';
import { InsideComparer } from './inside.js';
import { isRuntime, RunPair, type RunSource, type Samples } from './pair.js';
import type { RunComparison, Tolerance } from './result.js';
import { TensorComparator } from './tensor.js';

export interface CompareRunsOptions {
  /** Default: `{ absolute: 1e-5, relative: 1e-3 }`, which float32 has room for between two libraries. */
  tolerance?: { absolute?: number | undefined; relative?: number | undefined } | undefined;
  /**
   * Whether to compare the float tensors inside too, those that both models have by name. Each model
   * is then loaded again for each group of tensors that takes 256 MiB, and the samples are run again.
   * What a runtime fuses otherwise it may compute apart for that, and round otherwise. Needs ONNX
   * models. Default: false.
   */
  intermediates?: boolean | undefined;
  onProgress?: ((progress: CompareRunsProgress) => void) | undefined;
  signal?: AbortSignal | undefined;
}

export interface CompareRunsProgress {
  /** `'outputs'` first, then a group of tensors inside after the other. */
  readonly phase: 'outputs' | 'inside';
  /** Samples that both have run in this phase, and this group. */
  readonly samples: number;
  readonly group: number;
  readonly groups: number;
}

/**
 * Runs the same samples by two models, or by one model in two runtimes, and tells how the outputs
 * differ.
 *
 * @param a - the reference: a runtime, which stays open, or a model and where to run it.
 * @param b - what is compared with it.
 * @param samples - with `intermediates` an array or something else that can be iterated again.
 * @throws TypeError for wrong arguments.
 * @throws TensorRTError `ERR_SAMPLES` without samples, `ERR_RUNTIME` where the models have no output
 * in common; those of {@link Runtime.load} and {@link Runtime.infer}.
 */
export async function compareRuns(
  a: Runtime | RunSource,
  b: Runtime | RunSource,
  samples: Samples,
  options: CompareRunsOptions = {},
): Promise<RunComparison> {
  checkOptions('options', options, ['tolerance', 'intermediates', 'onProgress', 'signal']);
  const { intermediates = false, onProgress, signal } = options;
  checkBoolean('options.intermediates', intermediates);
  const tolerance = checkTolerance(options.tolerance);
  checkSamples(samples, intermediates);
  const inside = intermediates
    ? await InsideComparer.prepare(asSource('a', a), asSource('b', b), tolerance, signal)
    : undefined;

  const onSample = (feeds: TensorMap, count: number) => {
    inside?.see(feeds);
    onProgress?.({ phase: 'outputs', samples: count, group: 1, groups: 1 });
  };
  const outcome = await compareOutputs(a, b, samples, tolerance, onSample, signal);
  if (!inside) return outcome;
  const found = await inside.compare(samples, outcome.outputs, (count, group, groups) =>
    onProgress?.({ phase: 'inside', samples: count, group, groups }),
  );
  return { ...outcome, inside: found };
}

async function compareOutputs(
  a: Runtime | RunSource,
  b: Runtime | RunSource,
  samples: Samples,
  tolerance: Tolerance,
  onSample: (feeds: TensorMap, count: number) => void,
  signal: AbortSignal | undefined,
): Promise<RunComparison> {
  await using pair = await RunPair.open(a, b, signal);
  const namesA = pair.a.outputs.map(({ name }) => name);
  const namesB = pair.b.outputs.map(({ name }) => name);
  const common = namesA.filter((name) => namesB.includes(name));
  const onlyInA = namesA.filter((name) => !common.includes(name));
  if (common.length === 0) {
    throw new TensorRTError(
      'ERR_RUNTIME',
      `The models have no output in common: ${namesA.join(', ')} and ${namesB.join(', ')}.`,
    );
  }
  const comparators = common.map((name) => new TensorComparator(name, tolerance));
  const count = await pair.compare(samples, comparators, onSample, signal);
  if (count === 0) throw new TensorRTError('ERR_SAMPLES', 'There are no samples to compare with.');
  const outputs = comparators.map((comparator) => comparator.result());
  return {
    a: describe(pair.a),
    b: describe(pair.b),
    samples: count,
    tolerance,
    within: onlyInA.length === 0 && outputs.every(({ within }) => within),
    outputs,
    onlyInA,
    onlyInB: namesB.filter((name) => !common.includes(name)),
  };
}

function asSource(name: string, source: Runtime | RunSource): RunSource {
  if (!isRuntime(source)) return source;
  throw invalidArgument(name, 'a { model, runtime } for options.intermediates', source);
}

function describe({ runtime, provider }: Runtime): string {
  return `${runtime} (${provider})`;
}

/** @throws TypeError */
function checkTolerance(given: CompareRunsOptions['tolerance'] = {}): Tolerance {
  checkOptions('options.tolerance', given, ['absolute', 'relative']);
  const { absolute = 1e-5, relative = 1e-3 } = given;
  for (const [name, value] of Object.entries({ absolute, relative })) {
    if (typeof value === 'number' && value >= 0) continue;
    throw invalidArgument(`options.tolerance.${name}`, 'a number from 0', value);
  }
  return { absolute, relative };
}

/** @throws TypeError */
function checkSamples(samples: Samples, again: boolean): void {
  const given = samples as {
    [Symbol.asyncIterator]?: () => unknown;
    [Symbol.iterator]?: () => unknown;
  } | null;
  const iterate = given?.[Symbol.asyncIterator] ?? given?.[Symbol.iterator];
  if (typeof iterate !== 'function' || typeof samples === 'string') {
    throw invalidArgument('samples', 'an iterable or async iterable of samples', samples);
  }
  // A generator, which gives itself, is empty the second time.
  if (again && iterate.call(given) === samples) {
    const expected = 'samples that can be iterated again, for options.intermediates,';
    throw invalidArgument('samples', expected, samples);
  }
}
