import type { RuntimeName } from '../runtime/runtime.js';
import type { Precision } from '../variants/precision.js';

/** What one inference has to compute and to move, whatever runs it. */
export interface Work {
  /** Floating point operations, or those on integers: two for each multiplication with addition. */
  readonly flops: number;
  /** Weights that are read, and activations that are written and read between fused operators. */
  readonly bytes: number;
}

/** What `bench` measured, as it is written to JSON. Times are in milliseconds, sizes in bytes. */
export interface BenchReport {
  readonly format: 'tensorrt-node-bench';
  readonly version: 1;
  /** ISO 8601, UTC. */
  readonly date: string;
  readonly machine: BenchMachine;
  /** Of this package, Node, and the libraries that ran. */
  readonly versions: Readonly<Record<string, string>>;
  readonly model: { readonly name: string; readonly bytes: number; readonly sha256: string };
  readonly method: BenchMethod;
  readonly cells: readonly BenchCell[];
}

export interface BenchMachine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly system: string;
  readonly gpu?: string | undefined;
}

/** How every cell was measured. */
export interface BenchMethod {
  readonly warmupMs: number;
  readonly durationMs: number;
  /** Fewest inferences, if they take longer than the duration. */
  readonly iterations: number;
  /** Execution contexts, each with streams of its own. */
  readonly contexts: number;
  /** Inferences in flight, in a closed loop. */
  readonly concurrency: number;
  readonly cudaGraphs: boolean;
  /** Whether inputs and outputs are copied to and from the device in every inference. */
  readonly transfers: boolean;
  readonly inputs: 'random' | 'samples';
  readonly pricePerHour?: number | undefined;
}

/** One combination of the matrix. */
export interface BenchCell {
  /** Such as `8x128 int8 onnxruntime:cpu`; unique in the report. */
  readonly name: string;
  readonly parameters: BenchParameters;
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  /** How the model came to its precision, in sentences. */
  readonly notes?: readonly string[] | undefined;
  /** Of one inference, as `countWork` counts it; absent where it cannot, as of plans. */
  readonly work?: Work | undefined;
  /** Absent where it could not be measured. */
  readonly result?: BenchResult | undefined;
  /** Why it was not measured. */
  readonly problem?: string | undefined;
}

export interface BenchParameters {
  readonly runtime: RuntimeName;
  /** Undefined for a plan, which is what it is. */
  readonly precision?: Precision | undefined;
  readonly batch?: number | undefined;
  readonly length?: number | undefined;
  /** Arrivals a second, in an open loop; undefined in a closed one. */
  readonly rate?: number | undefined;
}

export interface BenchResult {
  /** What did the work, as the runtime says: never what was asked for. */
  readonly provider: string;
  readonly inferences: number;
  readonly failures: number;
  /** Arrivals of an open loop that were not served by the end; the latencies lack them. */
  readonly unserved?: number | undefined;
  /** From the first start to the last end, without the warm-up. */
  readonly wallMs: number;
  readonly inferencesPerSecond: number;
  /** Rows of the batch a second; undefined where there is no batch axis. */
  readonly samplesPerSecond?: number | undefined;
  /** In a closed loop from the call to the result, in an open one from the intended arrival. */
  readonly latency: Distribution;
  readonly queue?: Distribution | undefined;
  readonly enqueue?: Distribution | undefined;
  readonly copyIn?: Distribution | undefined;
  readonly compute?: Distribution | undefined;
  readonly copyOut?: Distribution | undefined;
  readonly memory: { readonly hostPeak?: number; readonly devicePeak?: number };
  readonly energy?: { readonly joules: number; readonly watts: number } | undefined;
  readonly cost?: BenchCost | undefined;
  readonly warnings: readonly BenchWarning[];
  /** Latencies in the order in which they ended; evenly thinned where there are very many. */
  readonly samples: readonly number[];
}

export interface Distribution {
  readonly count: number;
  readonly min: number;
  readonly mean: number;
  readonly median: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
  /** Standard deviation by the mean. */
  readonly variation: number;
}

/** Of a million inferences. */
export interface BenchCost {
  readonly price?: number | undefined;
  readonly joules?: number | undefined;
}

export interface BenchWarning {
  readonly code:
    | 'enqueue-bound'
    | 'transfer-bound'
    | 'unstable'
    | 'several-streams'
    | 'few-samples'
    | 'overloaded'
    | 'no-graph'
    | 'random-ranges';
  /** What it means for the figures, and what to do. */
  readonly message: string;
}
