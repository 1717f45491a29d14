import { type Command, InvalidArgumentError, Option } from 'commander';
import { type Product, products } from '../engine/library/libraries.js';
import { type RuntimeName, runtimeNames } from '../runtime/runtime.js';
import { type Precision, precisions } from '../variants/precision.js';
import { numberThat, wholeNumber } from './command.js';
import { nearest } from './nearest.js';
import { addSampleOptions, type SampleFlags } from './sample-options.js';
import { addShapeOptions, parseShapes, type ShapeFlags } from './shape-options.js';

/** The axes of `--matrix`. */
export interface Matrix {
  readonly batch?: readonly number[];
  readonly length?: readonly number[];
  readonly precision?: readonly Precision[];
  readonly runtime?: readonly RuntimeName[];
  readonly rate?: readonly number[];
}

/** What is asked of `tensorrt-node bench`. */
export interface BenchFlags extends ShapeFlags, SampleFlags {
  matrix?: Matrix;
  shapes?: ReadonlyMap<string, readonly number[]>;
  table?: string;
  warmUp?: number;
  duration?: number;
  iterations?: number;
  contexts?: number;
  concurrency?: number;
  cudaGraph?: boolean;
  wait?: 'block' | 'spin';
  transfers?: boolean;
  rate?: readonly number[];
  arrivals?: 'poisson' | 'even';
  threads?: number;
  device?: number;
  product?: Product;
  seed?: number;
  pricePerHour?: number;
  cacheDir?: string;
  timingCache?: string;
  saveEngine?: string;
  buildOnly?: boolean;
  layers?: boolean;
  layersFile?: string;
  layerInfo?: string;
  json?: string;
  csv?: string;
  markdown?: string;
  html?: string;
  compare?: string;
  threshold?: number;
}

export function addBenchOptions(command: Command): Command {
  command
    .option(
      '--matrix <axis=values...>',
      'every combination: batch=1,8 length=128 precision=fp32,int8 runtime=tensorrt rate=100',
      parseMatrix,
    )
    .option('--shapes <shapes>', 'shapes of inputs, as trtexec takes them: a:8x128', parseShapes);
  addShapeOptions(command)
    .option('--table <file>', 'ranges for INT8: a calibration table, or a cache of TensorRT')
    .option('--warm-up <ms>', 'run for this long before (200)', fromZero)
    .option('--duration <seconds>', 'measure each cell for this long (3)', fromZero)
    .option('--iterations <count>', 'measure at least this many inferences (10)', wholeNumber)
    .option('--contexts <count>', 'execution contexts, each with its streams (1)', wholeNumber)
    .option('--concurrency <count>', 'inferences in flight (one for each context)', wholeNumber)
    .option('--cuda-graph', 'launch captured CUDA graphs')
    .option('--no-cuda-graph', 'launch every kernel by itself (default)')
    .addOption(
      new Option('--wait <how>', 'how threads wait for the GPU (block)').choices(['block', 'spin']),
    )
    .option('--transfers', 'copy inputs and outputs in every inference (default)')
    .option('--no-transfers', 'leave inputs and outputs on the device')
    .option('--rate <list>', 'arrivals a second, for open loops: 100,200', numberList)
    .addOption(
      new Option('--arrivals <gaps>', 'with a rate: at random, or evenly (poisson)').choices([
        'poisson',
        'even',
      ]),
    )
    .option('--threads <count>', 'threads of ONNX Runtime (one for each core)', wholeNumber)
    .option('--device <number>', 'the GPU (0)', wholeNumber)
    .addOption(new Option('--product <name>', 'the TensorRT to build with').choices(products));
  return addSampleOptions(command)
    .option('--seed <number>', 'of random inputs and arrivals (1)', wholeNumber)
    .option('--price-per-hour <price>', 'of the machine, to tell what inferences cost', fromZero)
    .option('--cache-dir <folder>', 'keep engines there, and take them from there')
    .option('--timing-cache <file>', 'what the builder measured, for the next build')
    .option('--save-engine <file>', 'write the plan, and measure that')
    .option('--build-only', 'build, and measure nothing: needs no GPU with TensorRT for RTX')
    .option('--layers', 'time the layers of the engine too, and print the slowest')
    .option('--layers-file <file>', 'write the times of all layers as JSON')
    .option('--layer-info <file>', 'write what TensorRT tells of the layers as JSON')
    .option('--json <file>', 'write the report; - is the standard output')
    .option('--csv <file>', 'write the cells as CSV')
    .option('--markdown <file>', 'write the report as Markdown')
    .option('--html <file>', 'draw the report into a page that needs no network')
    .option('--compare <report>', 'tell what changed since that report; ends with 1 if slower')
    .option('--threshold <share>', 'with --compare: the change that matters (0.05)', share);
}

const fromZero = numberThat('from 0', (value) => value >= 0 && Number.isFinite(value));
const share = numberThat('from 0 to below 1', (value) => value >= 0 && value < 1);

function numberList(text: string): number[] {
  return text.split(',').map(numberThat('above 0', (value) => value > 0 && Number.isFinite(value)));
}

const axes: Readonly<Record<string, (text: string) => unknown>> = {
  batch: wholeNumber,
  length: wholeNumber,
  precision: oneOf(precisions),
  runtime: oneOf(runtimeNames),
  rate: (text) => numberList(text)[0],
};

function oneOf(choices: readonly string[]): (text: string) => string {
  return (text) => {
    if (choices.includes(text)) return text;
    throw new InvalidArgumentError(`'${text}' is none of ${choices.join(', ')}.`);
  };
}

/** Reads `batch=1,4 precision=fp32,int8`, in one argument or in several. */
export function parseMatrix(text: string, before: Matrix = {}): Matrix {
  const matrix: Record<string, unknown> = { ...before };
  for (const part of text.trim().split(/\s+/)) {
    const [, axis = '', values = ''] = /^(\w+)=(.+)$/.exec(part) ?? [];
    const read = Object.hasOwn(axes, axis) ? axes[axis] : undefined;
    if (!read) throw new InvalidArgumentError(noAxis(part, axis));
    if (matrix[axis]) throw new InvalidArgumentError(`${axis} is there twice.`);
    matrix[axis] = values.split(',').map(read);
  }
  return matrix;
}

function noAxis(part: string, axis: string): string {
  const names = Object.keys(axes);
  const meant = nearest(axis, names);
  if (axis !== '' && meant !== undefined) return `There is no ${axis}; did you mean ${meant}?`;
  return `'${part}' is not one of ${names.join(', ')} with =values; the model comes before --matrix.`;
}
