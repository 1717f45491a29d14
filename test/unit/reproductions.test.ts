import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Model, tensor } from 'tensorrt-node';
import type { BenchReport, BenchResult, Distribution } from 'tensorrt-node/bench';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { architectures } from '../../scripts/models/architectures.js';
import { randomModel } from '../../scripts/models/random-model.js';
import { bertLatency } from '../../scripts/repro/bert-latency.js';
import { cpuInt8 } from '../../scripts/repro/cpu-int8.js';
import { demoBert } from '../../scripts/repro/demo-bert.js';
import { run } from '../../scripts/repro/main.js';
import { mlperf } from '../../scripts/repro/mlperf.js';
import { printed } from '../../scripts/repro/print.js';
import { pytorchComparison } from '../../scripts/repro/pytorch-comparison.js';
import type { Context, Reproduction } from '../../scripts/repro/reproduction.js';
import { squadAccuracy } from '../../scripts/repro/squad-accuracy.js';
import { throughput } from '../../scripts/repro/throughput.js';
import type { Tools } from '../../scripts/repro/tools.js';
import { buildModel, temporaryFolder } from './helpers.js';
import { writeSquad, writeTokenizer } from './squad-fixtures.js';

const whyNoGpu = 'there is no GPU in this test';

const noGpu: Tools = {
  whyNoEngine: async () => whyNoGpu,
  modelOf: () => {
    throw new Error('Without a GPU no model is made');
  },
  bench: () => Promise.reject(new Error('Without a GPU nothing is measured')),
  method: {},
};

describe('without a GPU', () => {
  // Figures as the issue and facts of the project have them.
  it.each<[Reproduction, string[]]>([
    [bertLatency, ['< 1.00 ms, A100', '< 2.00 ms, A100']],
    [pytorchComparison, ['6.20 ms', '4.10 ms', '22.40 ms', '9.80 ms']],
    [throughput, ['3,200 requests/s', '2,100 requests/s']],
    [squadAccuracy, ['F1 87.52', 'F1 87.69', 'F1 87.97']],
    [demoBert, ['0.54 ms, A100 40GB', '194.18 ms, L40S', '1518.35 ms, T4']],
    [mlperf, ['9,163.7 requests/s, 1 of 8 H200-SXM-141GB', '2.58 ms, L4', 'F1 90.78']],
  ])('$name prints what is published beside "not measured"', async (reproduction, figures) => {
    const rows = await reproduction.rows(contextOf(reproduction, noGpu));
    const text = printed(reproduction, rows);
    for (const figure of figures) expect(text).toContain(figure);
    const lines = text.split('\n');
    for (const { what } of rows) {
      expect(lines.find((line) => line.trim().startsWith(what))).toContain('not measured');
    }
    expect(rows.every(({ outcome }) => 'notMeasured' in outcome)).toBe(true);
  });

  it.each([bertLatency, pytorchComparison, throughput, demoBert, mlperf])(
    '$name says why',
    async (reproduction) => {
      const rows = await reproduction.rows(contextOf(reproduction, noGpu));
      expect(printed(reproduction, rows)).toContain(whyNoGpu);
    },
  );
});

describe('with a GPU', () => {
  it('a figure stands beside the device it is of', async () => {
    const rows = await throughput.rows(contextOf(throughput, toolsOn('NVIDIA A100-SXM4-40GB')));
    expect(rows.map(({ outcome }) => outcome)).toEqual([
      { value: 3100, device: 'NVIDIA A100-SXM4-40GB', remarks: ['tensorrt', 'unstable'] },
      { notMeasured: 'there is no CUDA provider (ERR_RUNTIME)' },
    ]);
    const text = printed(throughput, rows);
    expect(text).toMatch(/3,100 requests\/s, NVIDIA A100-SXM4-40GB, tensorrt, unstable/);
    expect(text).toContain('there is no CUDA provider');
  });

  it('what only stands in for one is no measurement', async () => {
    const rows = await throughput.rows(contextOf(throughput, toolsOn('stand-in GPU 0')));
    expect(rows[0]?.outcome).toEqual({
      notMeasured: 'it ran on stand-in GPU 0, which stands in for a GPU in tests',
    });
    expect(printed(throughput, rows)).not.toContain('3,100');
  });
});

it('INT8 on a CPU is set beside FP32', async () => {
  const latencies = [distribution(9), distribution(4)];
  const bench = async () => reportOf('', [{ latency: latencies.shift() as Distribution }]);
  const context = contextOf(cpuInt8, { ...noGpu, bench, modelOf: () => tinyModel() });
  const rows = await cpuInt8.rows(context);
  const [latency = Number.NaN, size = Number.NaN] = rows.map(({ outcome }) =>
    'value' in outcome ? outcome.value : Number.NaN,
  );
  expect(latency).toBe(2.25);
  // Four bytes become one, and scales and what is no weight are left.
  expect(size).toBeGreaterThan(2);
  expect(size).toBeLessThan(4);
  expect(printed(cpuInt8, rows)).toMatch(/2\.25x, .*VNNI, 9\.0 ms by 4\.0 ms/);
});

describe('SQuAD', () => {
  const vocabulary = '[PAD] [UNK] [CLS] [SEP] where is the ? cat sat on mat'.split(' ');

  it('is measured with weights and data of the user', async () => {
    // Whatever the text: an answer begins at "cat" and ends at "mat".
    const model = spans({ cat: 5 }, { mat: 6 });
    const path = join(await temporaryFolder(), 'model.onnx');
    await model.save(path);
    const data = await writeSquad([
      {
        context: 'The cat sat on the mat.',
        qas: [
          question('right', 'cat sat on the mat'),
          // "the" is no word to the script: 1 of 4 words, so 2 * (1/4 * 1) / (1/4 + 1) = .4.
          question('partly', 'the cat'),
        ],
      },
    ]);
    const options = {
      model: path,
      data,
      tokenizer: await writeTokenizer(vocabulary),
      runtime: 'onnxruntime',
    };
    const rows = await squadAccuracy.rows({ options, tools: noGpu });
    const [fp32, fp16, int8] = rows.map(({ outcome }) => outcome);
    expect(fp32).toEqual({ value: expect.closeTo(70, 9), device: 'CPU', remarks: ['cpu'] });
    expect(fp16).toEqual({ value: expect.closeTo(70, 9), device: 'CPU', remarks: ['cpu'] });
    expect(int8).toEqual({ notMeasured: expect.stringContaining('--calibration') });
  });

  const question = (id: string, text: string) => {
    return { id, question: 'Where is the cat?', answers: [{ text, answer_start: 0 }] };
  };

  function spans(starts: Record<string, number>, ends: Record<string, number>): Model {
    const dims = ['batch', 'length'];
    const values = (logits: Record<string, number>) => {
      const known = vocabulary.map((token) => logits[token] ?? 0);
      return tensor('float32', [vocabulary.length], known);
    };
    return buildModel({
      inputs: [{ name: 'input_ids', type: 'int64', dims }],
      outputs: ['start_logits', 'end_logits'].map((name) => ({ name, type: 'float32', dims })),
      initializers: { starts: values(starts), ends: values(ends) },
      nodes: [
        { opType: 'Gather', inputs: ['starts', 'input_ids'], outputs: ['start_logits'] },
        { opType: 'Gather', inputs: ['ends', 'input_ids'], outputs: ['end_logits'] },
      ],
    });
  }
});

describe('the command', () => {
  afterEach(() => vi.restoreAllMocks());

  it('writes the rows as JSON too', async () => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => {});
    const json = join(await temporaryFolder(), 'squad.json');
    await run(squadAccuracy, ['--json', json]);
    expect(`${log.mock.calls}`).toContain('pass --model and --data');
    expect(JSON.parse(await readFile(json, 'utf8'))).toMatchObject({
      format: 'tensorrt-node-reproduction',
      name: 'squad-accuracy',
      machine: { cores: expect.any(Number) },
      rows: [
        {
          what: 'FP32',
          published: [{ value: 87.97, unit: 'F1' }],
          outcome: { notMeasured: expect.stringContaining('--model') },
        },
        { what: 'FP16' },
        { what: 'INT8' },
      ],
    });
  });

  it('refuses an option that it does not have', async () => {
    await expect(run(bertLatency, ['--batches', '8'])).rejects.toThrow('--batches');
  });
});

function contextOf({ options = {} }: Reproduction, tools: Tools): Context {
  const defaults = Object.entries(options).map(([name, option]) => [name, option.default]);
  return { options: Object.fromEntries(defaults), tools };
}

function tinyModel(): Model {
  const sizes = { layers: 2, hidden: 64, heads: 2, vocabulary: 500, positions: 64 };
  return randomModel({ ...architectures['bert-base'], ...sizes });
}

/** A machine with a GPU on which TensorRT answers 3,100 requests a second, and ONNX Runtime fails. */
function toolsOn(gpu: string): Tools {
  return {
    whyNoEngine: async () => undefined,
    modelOf: () => tinyModel(),
    bench: async (_, { runtimes } = {}) =>
      reportOf(gpu, [
        runtimes?.[0] === 'tensorrt'
          ? { latency: distribution(10), samplesPerSecond: 3100 }
          : 'there is no CUDA provider (ERR_RUNTIME)',
      ]),
    method: {},
  };
}

function reportOf(
  gpu: string,
  results: readonly (string | (Pick<BenchResult, 'latency'> & Partial<BenchResult>))[],
): BenchReport {
  return {
    format: 'tensorrt-node-bench',
    version: 1,
    date: '2026-11-22T00:00:00.000Z',
    machine: { cpu: 'test', cores: 1, memoryBytes: 1, system: 'test', gpu },
    versions: {},
    model: { name: 'test', bytes: 1, sha256: '' },
    method: {
      ...{ warmupMs: 1, durationMs: 1, iterations: 1, contexts: 1, concurrency: 1 },
      ...{ cudaGraphs: false, transfers: true, inputs: 'random' },
    },
    cells: results.map((result) => ({
      name: 'test',
      parameters: {
        runtime: typeof result === 'string' ? 'onnxruntime:cuda' : 'tensorrt',
        precision: typeof result === 'string' ? 'int8' : 'int8+fp16',
        batch: 32,
      },
      shapes: {},
      ...(typeof result === 'string'
        ? { problem: result }
        : {
            result: {
              ...{ provider: 'tensorrt', inferences: 10, failures: 0, wallMs: 100 },
              ...{ inferencesPerSecond: 100, memory: {}, samples: [] },
              warnings: [
                { code: 'unstable', message: '' },
                { code: 'random-ranges', message: '' },
              ],
              ...result,
            },
          }),
    })),
  };
}

function distribution(median: number): Distribution {
  const all = { min: median, mean: median, p90: median, p95: median, p99: median };
  return { count: 10, ...all, median, p999: median, max: median, variation: 0.01 };
}
