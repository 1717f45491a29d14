/**
 * The F1 of BERT-large on SQuAD in FP32, FP16 and INT8, with your weights.
 *
 *   npx tsx scripts/repro/squad-accuracy.ts --model <file.onnx> --data dev-v1.1.json
 *     [--tokenizer <tokenizer.json>] [--calibration train-v1.1.json] [--runtime tensorrt]
 *     [--limit <questions>] [--json <file>]
 *
 * The tokenizer is the one beside the model. `--runtime onnxruntime` needs no GPU, and computes INT8
 * in float on the same rounded values, as TensorRT's tensor cores do.
 */
import { dirname, join } from 'node:path';
import { doctor, inPrecision, Model, Runtime, type TensorMap } from 'tensorrt-node';
import { evaluate, type SquadTaskOptions, squadTask } from 'tensorrt-node/evaluate';
import { isProgram, run } from './main.js';
import { squad as published } from './published.js';
import type { Context, Outcome, Reproduction, Row } from './reproduction.js';
import { isStandin } from './tools.js';

type Precision = keyof typeof published;
const precisions = ['fp32', 'fp16', 'int8'] as const satisfies readonly Precision[];

/** As for the published figures. */
const windows = { maxLength: 128, stride: 32, batchSize: 8 };
/** Questions that INT8 is calibrated with, by the texts that they are about. */
const calibrationQuestions = 256;

export const squadAccuracy: Reproduction = {
  name: 'squad-accuracy',
  title: 'BERT-large on SQuAD v1.1, F1',
  method: [
    'sequences of 128 tokens, stride 32; F1 as the official script computes it',
    `INT8 is calibrated with the first ${calibrationQuestions} questions of --calibration, and Q/DQ are in linear layers, attention and residuals`,
    'how the published INT8 model was made is not stated',
  ],
  options: {
    model: { type: 'string' },
    data: { type: 'string' },
    tokenizer: { type: 'string' },
    calibration: { type: 'string' },
    runtime: { type: 'string', default: 'tensorrt' },
    limit: { type: 'string' },
  },
  async rows(context) {
    const why = await whyNot(context);
    if (why !== undefined) return precisions.map((name) => rowOf(name, { notMeasured: why }));
    const rows: Row[] = [];
    for (const precision of precisions) {
      rows.push(rowOf(precision, await outcomeOf(precision, context)));
    }
    return rows;
  },
};

async function whyNot({ options, tools }: Context): Promise<string | undefined> {
  if (!options['model'] || !options['data']) {
    return "there are no weights: pass --model and --data, such as SQuAD's dev-v1.1.json";
  }
  if (options['runtime'] !== 'tensorrt') return undefined;
  const problem = await tools.whyNoEngine();
  return problem && `${problem}; --runtime onnxruntime measures the accuracy on the CPU`;
}

function rowOf(precision: Precision, outcome: Outcome): Row {
  return { what: precision.toUpperCase(), published: [published[precision]], outcome };
}

async function outcomeOf(precision: Precision, context: Context): Promise<Outcome> {
  const { options, signal } = context;
  const original = await Model.load(`${options['model']}`, { signal });
  const dev = taskOptions(original, `${options['data']}`, context);
  const { calibration, runtime } = options;
  if (precision === 'int8' && typeof calibration !== 'string') {
    return { notMeasured: 'there is nothing to calibrate with: pass --calibration' };
  }
  const samples =
    precision === 'int8'
      ? await samplesOf(taskOptions(original, `${calibration}`, context))
      : undefined;
  const profiles = [profileOf(original)];
  const { model } = await inPrecision(original, precision, { samples, profiles, signal });
  const limit = options['limit'] === undefined ? undefined : Number(options['limit']);
  const { models } = await evaluate(
    [{ name: precision, runtime: () => open(model, `${runtime}`, profiles, signal) }],
    squadTask({ ...dev, limit }),
    { signal },
  );
  const [{ metrics, provider }] = models as [(typeof models)[number]];
  const device = await deviceOf(provider);
  if (isStandin(device)) return { notMeasured: `it ran on ${device}, which stands in for a GPU` };
  const remarks = [provider, ...(limit === undefined ? [] : [`the first ${limit} questions`])];
  return { value: 100 * Number(metrics['f1']), device, remarks };
}

function taskOptions(model: Model, data: string, { options }: Context): SquadTaskOptions {
  const beside = join(dirname(`${options['model']}`), 'tokenizer.json');
  return { data, tokenizer: `${options['tokenizer'] ?? beside}`, inputs: model.inputs, ...windows };
}

/** One by one: batches would have padding in them. */
async function samplesOf(task: SquadTaskOptions): Promise<TensorMap[]> {
  const calibration = squadTask({ ...task, batchSize: 1, limit: calibrationQuestions });
  const samples: TensorMap[] = [];
  for await (const feeds of calibration.samples()) samples.push(feeds);
  return samples;
}

function profileOf(model: Model) {
  const { maxLength, batchSize } = windows;
  const range = { min: [1, 1], opt: [batchSize, maxLength], max: [batchSize, maxLength] };
  return Object.fromEntries(model.inputs.map(({ name }) => [name, range]));
}

function open(
  model: Model,
  runtime: string,
  profiles: ReturnType<typeof profileOf>[],
  signal: AbortSignal | undefined,
): Promise<Runtime> {
  if (runtime === 'tensorrt') return Runtime.load(model, { runtime, profiles, signal });
  return Runtime.load(model, { runtime: 'onnxruntime', int8: 'float', signal });
}

async function deviceOf(provider: string): Promise<string> {
  if (provider === 'cpu') return 'CPU';
  const { gpus } = await doctor();
  return gpus[0]?.name ?? 'unknown device';
}

if (isProgram(import.meta.url)) await run(squadAccuracy);
