import type {
  BenchCell,
  BenchParameters,
  BenchReport,
  BenchResult,
  Distribution,
} from '../../dist/bench/bench-report.js';

/** Numbers from 0 to 1: Park and Miller's generator, so that every run has the same. */
export function uniform(seed: number): () => number {
  let state = (seed * 7919 + 1) % 2147483647;
  const next = () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
  for (let i = 0; i < 5; i++) next();
  return next;
}

/** Normal numbers, by Box and Muller. */
export function normal(seed: number): () => number {
  const random = uniform(seed);
  return () => Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
}

/**
 * Latencies around 10 ms with a long tail above, as machines have them.
 *
 * @param memory - how much of each deviation lives on in the next one, from 0 to 1.
 */
export function latencies(
  seed: number,
  { count = 300, scale = 1, spread = 0.05, memory = 0 } = {},
): number[] {
  const next = normal(seed);
  const fresh = Math.sqrt(1 - memory ** 2);
  let state = next();
  return Array.from({ length: count }, () => {
    state = memory * state + fresh * next();
    return 10 * scale * Math.exp(spread * state);
  });
}

/** By the nearest rank. */
export function distributionOf(samples: readonly number[]): Distribution {
  const sorted = samples.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] as number;
  const mean = samples.reduce((sum, sample) => sum + sample, 0) / samples.length;
  const variance = samples.reduce((sum, sample) => sum + (sample - mean) ** 2, 0) / samples.length;
  return {
    count: samples.length,
    min: at(0),
    mean,
    median: at(0.5),
    p90: at(0.9),
    p95: at(0.95),
    p99: at(0.99),
    p999: at(0.999),
    max: at(1),
    variation: Math.sqrt(variance) / mean,
  };
}

export function resultOf(samples: readonly number[]): BenchResult {
  const wallMs = samples.reduce((sum, sample) => sum + sample, 0);
  return {
    provider: 'cpu',
    inferences: samples.length,
    failures: 0,
    wallMs,
    inferencesPerSecond: (samples.length / wallMs) * 1000,
    latency: distributionOf(samples),
    memory: { hostPeak: 123_456_789 },
    warnings: [],
    samples,
  };
}

export function cellOf(
  samples: readonly number[],
  parameters: Partial<BenchParameters> = {},
): BenchCell {
  const { runtime = 'onnxruntime', batch = 8, precision = 'fp32' } = parameters;
  return {
    name: `${batch} ${precision} ${runtime}`,
    parameters: { runtime, batch, precision, ...parameters },
    shapes: { x: [batch, 16] },
    result: resultOf(samples),
  };
}

export function reportOf(cells: readonly BenchCell[], change: Partial<BenchReport> = {}) {
  const report: BenchReport = {
    format: 'tensorrt-node-bench',
    version: 1,
    date: '2026-11-22T05:00:00.000Z',
    machine: { cpu: 'A CPU', cores: 2, memoryBytes: 24e9, system: 'Linux' },
    versions: { 'tensorrt-node': '0.1.0', node: '20.19.0' },
    model: { name: 'bert.onnx', bytes: 438_000_000, sha256: 'ab'.repeat(32) },
    method: {
      warmupMs: 200,
      durationMs: 3000,
      iterations: 10,
      contexts: 1,
      concurrency: 1,
      cudaGraphs: false,
      transfers: true,
      inputs: 'random',
    },
    cells,
    ...change,
  };
  return report;
}
