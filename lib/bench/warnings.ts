import type { BenchWarning, Distribution } from './bench-report.js';
import type { OpenLoad } from './load/recorder.js';

/** What warnings are drawn from. */
export interface Evidence {
  readonly latency: Distribution;
  readonly enqueue: Distribution | undefined;
  readonly copyIn: Distribution | undefined;
  readonly compute: Distribution | undefined;
  readonly copyOut: Distribution | undefined;
  readonly contexts: number;
  readonly cudaGraphs: boolean;
  /** Whether it runs on TensorRT, by contexts and graphs. */
  readonly hasContexts: boolean;
  readonly graphProblems: readonly string[];
  readonly load: OpenLoad | undefined;
  readonly rate: number | undefined;
  readonly randomRanges: boolean;
}

/** From here on, trtexec says that the CPU cannot launch as fast as the GPU computes. */
const enqueueShare = 0.8;
/** Above it, trtexec calls the compute time unstable. */
const stableVariation = 0.025;
/** For the 99th percentile to lie between observations, and not to be the largest one. */
const fewestForP99 = 100;
/** A part of the arrivals that waits at the end, and is no chance of a few gaps any more. */
const tolerableBacklog = 0.05;
const smallBacklog = 10;

/** What is to be known about the figures of a cell; the first ones by the rules of trtexec. */
export function warningsOf(evidence: Evidence): BenchWarning[] {
  const all = [
    overloaded(evidence),
    enqueueBound(evidence),
    transferBound(evidence),
    unstable(evidence),
    severalStreams(evidence),
    noGraph(evidence),
    fewSamples(evidence),
    randomRanges(evidence),
  ];
  return all.filter((warning) => warning !== undefined);
}

function enqueueBound({ enqueue, compute, cudaGraphs }: Evidence): BenchWarning | undefined {
  if (!enqueue || !compute || enqueue.median <= enqueueShare * compute.median) return undefined;
  const remedy = cudaGraphs ? 'a larger batch' : 'CUDA graphs or a larger batch';
  return {
    code: 'enqueue-bound',
    message: `The CPU takes ${ms(enqueue.median)} to launch what the GPU computes in ${ms(compute.median)}: throughput is bound by launching, and ${remedy} would help.`,
  };
}

function transferBound({ copyIn, compute, copyOut }: Evidence): BenchWarning | undefined {
  if (!compute) return undefined;
  const slow = [
    ['Copying inputs to the GPU', copyIn],
    ['Copying outputs from the GPU', copyOut],
  ] as const;
  const found = slow.find(([, times]) => times && times.median >= compute.median);
  if (!found) return undefined;
  const [what, times] = found;
  return {
    code: 'transfer-bound',
    message: `${what} takes ${ms(times?.median ?? 0)}, computing ${ms(compute.median)}: throughput is bound by copying. Leave data on the GPU, or use smaller types.`,
  };
}

function unstable({ compute }: Evidence): BenchWarning | undefined {
  if (!compute || compute.variation <= stableVariation) return undefined;
  return {
    code: 'unstable',
    message: `Computing times vary by ${(compute.variation * 100).toFixed(1)} % of their mean: lock the clocks, end other work on this machine, or measure for longer.`,
  };
}

function severalStreams({ hasContexts, contexts }: Evidence): BenchWarning | undefined {
  if (!hasContexts || contexts === 1) return undefined;
  return {
    code: 'several-streams',
    message: `${contexts} contexts share the GPU: throughput is what counts, and the times of one inference contain waiting for others.`,
  };
}

function noGraph({ graphProblems }: Evidence): BenchWarning | undefined {
  if (graphProblems.length === 0) return undefined;
  return {
    code: 'no-graph',
    message: `CUDA graphs were asked for and could not be used: ${graphProblems.join('; ')}.`,
  };
}

function fewSamples({ latency: { count } }: Evidence): BenchWarning | undefined {
  if (count >= fewestForP99) return undefined;
  return {
    code: 'few-samples',
    message: `${count} inferences are too few for a 99th percentile, which is hardly more than the slowest of them: measure for longer.`,
  };
}

function overloaded({ load, rate, latency }: Evidence): BenchWarning | undefined {
  if (!load) return undefined;
  const { arrivals, backlog, unserved } = load;
  if (unserved === 0 && backlog <= Math.max(smallBacklog, tolerableBacklog * arrivals)) {
    return undefined;
  }
  const left =
    unserved > 0
      ? ` ${unserved} were never served and are missing in the latencies, which are too low.`
      : '';
  return {
    code: 'overloaded',
    message: `${rate} arrivals a second are more than can be served: ${backlog} of ${arrivals} still waited when the last one came.${left} Latencies grow with the duration (here up to ${ms(latency.max)}) and say nothing else: use a lower rate.`,
  };
}

function randomRanges({ randomRanges: are }: Evidence): BenchWarning | undefined {
  if (!are) return undefined;
  return {
    code: 'random-ranges',
    message:
      'The ranges of this model were measured on random inputs: its speed is right and its answers mean nothing. Give samples or a table to use it.',
  };
}

function ms(time: number): string {
  return `${time.toPrecision(3)} ms`;
}
