import type {
  BenchCell,
  BenchParameters,
  BenchReport,
  BenchResult,
} from '../../dist/bench/bench-report.js';
import { distributionOf, latencies, reportOf, resultOf } from '../unit/bench-fixtures.js';

/** What is reached of products with a large batch: on a GPU as fast as a T4, on a CPU. */
const speeds: Readonly<Record<string, readonly [gpu: number, cpu: number]>> = {
  fp32: [3.6e12, 0.4e12],
  fp16: [27e12, 0.3e12],
  int8: [48e12, 1.2e12],
  'int8+fp16': [52e12, 1.1e12],
};

interface Matrix {
  runtimes: readonly BenchParameters['runtime'][];
  precisions: readonly NonNullable<BenchParameters['precision']>[];
  batches: readonly number[];
  lengths: readonly number[];
  rates?: readonly number[];
  gpu?: string;
  /** How many times as fast as a T4. */
  gpuSpeed?: number;
  count?: number;
}

/** A report as of a BERT-base: made up, with parts and times that fit each other. */
export function matrixReport(matrix: Matrix, slower = 1): BenchReport {
  const { runtimes, precisions, batches, lengths, rates = [undefined], gpu } = matrix;
  const { gpuSpeed = 1, count = 900 } = matrix;
  let seed = 0;
  const cells = runtimes.flatMap((runtime) =>
    precisions.flatMap((precision) =>
      batches.flatMap((batch) =>
        lengths.flatMap((length) =>
          rates.map((rate) =>
            madeUpCell({ runtime, precision, batch, length, rate }, ++seed, {
              slower,
              count,
              gpuSpeed,
            }),
          ),
        ),
      ),
    ),
  );
  const report = reportOf(cells);
  return {
    ...report,
    machine: {
      cpu: 'Intel(R) Xeon(R) Platinum 8488C',
      cores: 16,
      memoryBytes: 128e9,
      system: 'Linux 6.1.0 x64',
      gpu,
    },
    versions: { ...report.versions, tensorrt: '11.4.0.106', onnxruntime: '1.30.0' },
    method: { ...report.method, pricePerHour: 3.2, cudaGraphs: true },
  };
}

function madeUpCell(
  parameters: BenchParameters,
  seed: number,
  { slower, count, gpuSpeed }: { slower: number; count: number; gpuSpeed: number },
): BenchCell {
  const { runtime, precision = 'fp32', batch = 1, length = 128, rate } = parameters;
  const onGpu = runtime === 'tensorrt';
  const flops = 22.4e9 * batch * (length / 128);
  const [gpu = 1, cpu = 1] = speeds[precision] ?? [];
  const speed = (onGpu ? gpu * gpuSpeed : cpu) / 1000;
  const compute = (0.25 + flops / speed) * slower;
  const copies = onGpu ? 0.02 + batch * length * 4e-6 : 0;
  const queue = rate === undefined ? 0 : (compute * rate * compute) / 2000;
  const samples = latencies(seed, {
    count,
    spread: 0.04,
    scale: (compute + copies + queue) / 10,
  }).map(
    (sample, index) =>
      sample * (index < 60 && precision === 'fp32' ? 1.3 : 1) * (index % 97 === 5 ? 1.8 : 1),
  );
  const result = resultOf(samples);
  const part = (share: number, seed: number) =>
    distributionOf(latencies(seed, { count: 50, spread: 0.02, scale: share / 10 }));
  const perSecond = rate ?? result.inferencesPerSecond;
  const shape = [batch, length];
  return {
    name: [`${batch}x${length}`, rate === undefined ? '' : `${rate}/s`, precision, runtime]
      .filter(Boolean)
      .join(' '),
    parameters,
    shapes: { input_ids: shape, attention_mask: shape },
    work: { flops, bytes: (precision.startsWith('int8') ? 1.2e8 : 3.4e8) + batch * length * 4e5 },
    result: {
      ...result,
      provider: onGpu ? 'tensorrt' : 'cpu',
      inferencesPerSecond: perSecond,
      samplesPerSecond: perSecond * batch,
      compute: part(compute, seed + 1),
      ...(rate !== undefined && { queue: part(queue, seed + 2) }),
      ...(onGpu && gpuParts(part, copies, compute)),
      cost: {
        price: (3.2 / 3600 / perSecond / batch) * 1e6,
        ...(onGpu && { joules: (70 / perSecond / batch) * 1e6 }),
      },
      warnings: warningsOf(precision, compute),
    },
  };
}

function gpuParts(
  part: (share: number, seed: number) => BenchResult['latency'],
  copies: number,
  compute: number,
): Partial<BenchResult> {
  return {
    enqueue: part(0.2, 5),
    copyIn: part(copies * 0.8, 6),
    copyOut: part(copies * 0.2, 7),
    memory: { hostPeak: 812e6, devicePeak: 1.4e9 },
    energy: { joules: 210 * compute, watts: 70 },
  };
}

function warningsOf(precision: string, compute: number): BenchResult['warnings'] {
  return [
    ...(precision.startsWith('int8')
      ? [
          {
            code: 'random-ranges' as const,
            message:
              'The INT8 ranges come from random inputs: good for speed only. Give samples or a table to measure what you will deploy.',
          },
        ]
      : []),
    ...(compute < 0.4
      ? [
          {
            code: 'enqueue-bound' as const,
            message: 'Launching takes longer than computing. Turn CUDA graphs on.',
          },
        ]
      : []),
  ];
}
