import { type Command, Option } from 'commander';
import { compareRuns } from '../evaluate/compare/compare-runs.js';
import type { RunSource } from '../evaluate/compare/pair.js';
import type { RunComparison } from '../evaluate/compare/result.js';
import { Model } from '../onnx/model.js';
import { concerns, isModelPath, Runtime } from '../runtime/load.js';
import { type RuntimeName, runtimeNames } from '../runtime/runtime.js';
import { profileOfSamples } from '../runtime/tensorrt.js';
import type { TensorMap } from '../tensor.js';
import { command, jsonOption, numberThat, wholeNumber } from './command.js';
import { describeRunComparison } from './describe-run-comparison.js';
import { withProgress } from './progress.js';
import { randomSample } from './random-samples.js';
import { addSampleOptions, type SampleFlags, samplesOf } from './sample-options.js';
import { parseShapes } from './shape-options.js';
import { note, printJson, printLines } from './terminal.js';
import { counted } from './text.js';

interface CompareFlags extends SampleFlags {
  shapes?: ReadonlyMap<string, readonly number[]>;
  runtime?: RuntimeName;
  runtimeB?: RuntimeName;
  int8?: 'kernels' | 'float';
  threads?: number;
  cpuFallback?: boolean;
  absolute: number;
  relative: number;
  intermediates?: boolean;
  json?: boolean;
}

const notNegative = numberThat('from 0', (value) => value >= 0);

/** `tensorrt-node compare`: exit code 1 where an output is beyond the tolerance. */
export function compareCommand(): Command {
  const comparing = command('compare', 'run two models, or one in two runtimes, and compare', [
    'compare model.onnx int8.onnx --samples texts.npz',
    'compare model.onnx model.onnx --runtime-b tensorrt --shapes input_ids:8x128,attention_mask:8x128',
    'compare fp32.onnx fp16.onnx --intermediates --absolute 0.01 --relative 0.01',
  ])
    .argument('<a>', 'an ONNX model or a plan: the reference')
    .argument('<b>', 'what is compared with it');
  return addSampleOptions(comparing)
    .option(
      '--shapes <shapes>',
      'without --samples: shapes of random inputs, a:1x8,b:1x8',
      parseShapes,
    )
    .addOption(
      new Option('--runtime <name>', 'what runs ONNX models (onnxruntime)').choices(runtimeNames),
    )
    .addOption(
      new Option('--runtime-b <name>', 'what runs <b> (as --runtime)').choices(runtimeNames),
    )
    .addOption(
      new Option(
        '--int8 <how>',
        'with ONNX Runtime: by its INT8 kernels, or in float (kernels)',
      ).choices(['kernels', 'float']),
    )
    .option('--threads <count>', 'threads that ONNX Runtime computes with (all cores)', wholeNumber)
    .option(
      '--cpu-fallback',
      'let the CPU compute what a GPU provider of ONNX Runtime does not take',
    )
    .option('--absolute <value>', 'tolerated: |a-b| up to this', notNegative, 1e-5)
    .option('--relative <value>', 'and this times |a|', notNegative, 1e-3)
    .option('--intermediates', 'compare the tensors inside too, and find the first that differs')
    .addOption(jsonOption())
    .action(run);
}

async function run(pathA: string, pathB: string, flags: CompareFlags): Promise<void> {
  checkFlags(flags);
  const a = await read(pathA);
  try {
    const b = pathA === pathB ? a : await readOther(pathB);
    const comparison = await compare(a, b, flags);
    if (flags.json) printJson(comparison);
    else printLines(describeRunComparison(comparison, pathA, pathB));
    process.exitCode = comparison.within ? 0 : 1;
  } finally {
    if (!(a instanceof Model)) await a.close();
  }
}

/** A plan is open from the beginning: only it tells its inputs. */
async function read(path: string): Promise<Model | Runtime> {
  return isModelPath(path) ? Model.load(path) : Runtime.load(path, { runtime: 'tensorrt' });
}

async function readOther(path: string): Promise<Model | string> {
  return isModelPath(path) ? Model.load(path) : path;
}

async function compare(
  a: Model | Runtime,
  b: Model | Runtime | string,
  flags: CompareFlags,
): Promise<RunComparison> {
  const { absolute, relative, intermediates, runtime, runtimeB = runtime } = flags;
  const samples = flags.samples === undefined ? [randomly(a, flags)] : samplesOf(flags, a);
  if (flags.samples === undefined) note('The inputs are random; --samples takes real ones.');
  const [left, right] = [
    await sourceOf(a, samples, runtime, flags),
    await sourceOf(b, samples, runtimeB, flags),
  ];
  return await withProgress((line) =>
    compareRuns(left, right, samples, {
      tolerance: { absolute, relative },
      intermediates,
      onProgress: ({ phase, samples: count, group, groups }) => {
        const part = phase === 'inside' ? `, tensors inside, group ${group} of ${groups}` : '';
        line.show(`${counted(count, 'sample')}${part}`);
      },
    }),
  );
}

function randomly(a: Model | Runtime, { shapes }: CompareFlags): TensorMap {
  return randomSample(a instanceof Model ? a : a.inputs, shapes);
}

/** A model runs where `--runtime` says, a plan by TensorRT alone. */
async function sourceOf(
  model: Model | Runtime | string,
  samples: Iterable<TensorMap> | AsyncIterable<TensorMap>,
  runtime: RuntimeName = 'onnxruntime',
  flags: CompareFlags,
): Promise<Runtime | RunSource> {
  if (typeof model === 'string') return { model, runtime: 'tensorrt' };
  if (!(model instanceof Model)) return model;
  const given = specificNames.filter((name) => concerns(name, runtime));
  const options = Object.fromEntries(given.map((name) => [name, flags[name]]));
  const isDynamic = model.inputs.some(({ dims }) => dims?.some((dim) => typeof dim !== 'number'));
  if (runtime !== 'tensorrt' || !isDynamic) return { model, runtime, ...options };
  return { model, runtime, ...options, profiles: [await profileOfSamples(samples)] };
}

const specificNames = ['int8', 'threads', 'cpuFallback'] as const;

/** Options that mean nothing would be ignored. */
function checkFlags(flags: CompareFlags): void {
  const { samples, shapes, runtime = 'onnxruntime', runtimeB = runtime } = flags;
  if (samples !== undefined && shapes) {
    throw new TypeError('Expected either --samples or --shapes, which is of random inputs');
  }
  for (const name of specificNames) {
    if (flags[name] === undefined) continue;
    if (concerns(name, runtime) || concerns(name, runtimeB)) continue;
    const option = name === 'cpuFallback' ? 'cpu-fallback' : name;
    throw new TypeError(
      `Expected no --${option} beside ${[...new Set([runtime, runtimeB])].join(' and ')}`,
    );
  }
}
