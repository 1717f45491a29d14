/**
 * How much faster and smaller static INT8 makes a model that ONNX Runtime runs on this CPU.
 *
 *   npx tsx scripts/repro/cpu-int8.ts [--model <file.onnx>] [--batch 1] [--length 128] [--json <file>]
 *
 * Without `--model` it is BERT-base with random weights.
 */
import { readFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { inPrecision, Model } from 'tensorrt-node';
import { isProgram, run } from './main.js';
import { cpuInt8 as published } from './published.js';
import type { Context, Outcome, Reproduction, Row } from './reproduction.js';

/** Weights of embeddings too, since they are a fifth of BERT-base. */
const placement = { embeddings: true };

export const cpuInt8: Reproduction = {
  name: 'cpu-int8',
  title: 'Static INT8 on a CPU, by ONNX Runtime',
  method: [
    'FP32 by INT8: the median latency from the call to the result, and the bytes of the model',
    'which model, shape and CPU the published figures are of is not stated',
    'weights are INT8 in linear layers and embeddings, and activations of linear layers; ranges are random without a model of your own to calibrate',
    'without instructions for INT8 dot products (VNNI) INT8 is often no faster on a CPU, and that tells nothing about a GPU',
  ],
  options: {
    model: { type: 'string' },
    batch: { type: 'string', default: '1' },
    length: { type: 'string', default: '128' },
  },
  async rows(context) {
    const { model: path } = context.options;
    const model =
      typeof path === 'string'
        ? await Model.load(path)
        : context.tools.modelOf('bert-base', 'classification');
    const { model: int8 } = await inPrecision(model, 'int8', { placement, signal: context.signal });
    return [
      latencyRow(await latencyOf(model, context), await latencyOf(int8, context)),
      sizeRow(model, int8),
    ];
  },
};

/** Its median in milliseconds, or why there is none. */
async function latencyOf(model: Model, { tools, options, signal }: Context) {
  const { cells } = await tools.bench(model, {
    ...tools.method,
    runtimes: ['onnxruntime:cpu'],
    batches: [Number(options['batch'])],
    lengths: [Number(options['length'])],
    signal,
  });
  return cells[0]?.result?.latency ?? cells[0]?.problem ?? 'bench has no cell';
}

type Latency = Awaited<ReturnType<typeof latencyOf>>;

function latencyRow(fp32: Latency, int8: Latency): Row {
  const what = 'latency';
  const problem = [fp32, int8].find((latency) => typeof latency === 'string');
  if (typeof fp32 === 'string' || typeof int8 === 'string') {
    return { what, published: [published.latency], outcome: { notMeasured: `${problem}` } };
  }
  const outcome: Outcome = {
    value: fp32.median / int8.median,
    device: cpuName(),
    remarks: [
      hasVnni() ? 'with VNNI' : 'without VNNI',
      `${fp32.median.toFixed(1)} ms by ${int8.median.toFixed(1)} ms`,
      `variation ${(100 * fp32.variation).toFixed(0)} % and ${(100 * int8.variation).toFixed(0)} %`,
      `load ${loadavg()[0]?.toFixed(1)} on ${cpus().length} cores`,
    ],
  };
  return { what, published: [published.latency], outcome };
}

function sizeRow(model: Model, int8: Model): Row {
  const [before, after] = [model.byteLength(), int8.byteLength()];
  const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
  const remarks = [`${megabytes(before)} by ${megabytes(after)}`];
  const outcome = { value: before / after, device: cpuName(), remarks };
  return { what: 'size', published: [published.size], outcome };
}

function cpuName(): string {
  return cpus()[0]?.model.trim() ?? 'unknown CPU';
}

/** Dot products of INT8 in one instruction, as Linux names them. */
function hasVnni(): boolean {
  try {
    return /\b(avx512_vnni|avx_vnni)\b/.test(readFileSync('/proc/cpuinfo', 'utf8'));
  } catch {
    return false;
  }
}

if (isProgram(import.meta.url)) await run(cpuInt8);
