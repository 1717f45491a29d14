import { TensorRTError } from '../errors.js';
import type { CheckedBenchOptions } from './bench-options.js';
import type { BenchCost, BenchResult } from './bench-report.js';
import type { Measured, Opened } from './child/protocol.js';
import { distributionOf, thinned } from './distribution.js';
import { warningsOf } from './warnings.js';

/** Latencies that a report keeps of a cell, for its histogram. */
const mostSamples = 10_000;

export interface CellFacts {
  readonly opened: Opened;
  readonly measured: Measured;
  readonly rate: number | undefined;
  readonly randomRanges: boolean;
}

/** The figures of a cell. @throws TensorRTError where nothing came to an end. */
export function resultOf(facts: CellFacts, options: CheckedBenchOptions): BenchResult {
  const { opened, measured, rate, randomRanges } = facts;
  const { recorded, hostPeak, devicePeak, joules } = measured;
  const latency = distributionOf(recorded.latency);
  if (!latency) throw new TensorRTError('ERR_RUNTIME', 'No inference came to an end.');
  const inferencesPerSecond = (latency.count / recorded.wallMs) * 1000;
  const { queue, enqueue, copyIn, compute, copyOut } = recorded.parts;
  const parts = {
    queue: distributionOf(queue),
    enqueue: distributionOf(enqueue),
    copyIn: distributionOf(copyIn),
    compute: distributionOf(compute),
    copyOut: distributionOf(copyOut),
  };
  const { contexts, cudaGraphs, pricePerHour } = options;
  const { batch = 1 } = opened;
  return {
    provider: opened.provider,
    inferences: latency.count,
    failures: recorded.failures,
    unserved: recorded.load?.unserved,
    wallMs: recorded.wallMs,
    inferencesPerSecond,
    samplesPerSecond: opened.batch === undefined ? undefined : inferencesPerSecond * opened.batch,
    latency,
    ...parts,
    memory: {
      ...(hostPeak !== undefined && { hostPeak }),
      ...(devicePeak !== undefined && { devicePeak }),
    },
    energy: joules === undefined ? undefined : energyOf(joules, recorded.wallMs),
    cost: costOf(latency.count * batch, inferencesPerSecond * batch, pricePerHour, joules),
    warnings: warningsOf({
      latency,
      ...parts,
      contexts,
      cudaGraphs,
      hasContexts: parts.copyIn !== undefined,
      graphProblems: measured.graphProblems,
      load: recorded.load,
      rate,
      randomRanges,
    }),
    samples: thinned(recorded.latency, mostSamples),
  };
}

function energyOf(joules: number, wallMs: number): { joules: number; watts: number } {
  return { joules, watts: joules / (wallMs / 1000) };
}

const million = 1e6;
const secondsPerHour = 3600;

function costOf(
  samples: number,
  perSecond: number,
  pricePerHour: number | undefined,
  joules: number | undefined,
): BenchCost | undefined {
  if (pricePerHour === undefined && joules === undefined) return undefined;
  return {
    price:
      pricePerHour === undefined
        ? undefined
        : (pricePerHour / secondsPerHour / perSecond) * million,
    joules: joules === undefined ? undefined : (joules / samples) * million,
  };
}
