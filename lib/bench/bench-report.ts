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
  /** Of open loops: gaps between arrivals by chance, or equal. */
  readonly arrivals?: 'poisson' | 'even' | undefined;
  /** How threads waited for the GPU. */
  readonly wait?: 'block' | 'spin' | undefined;
  /** Of ONNX Runtime; undefined for one per core. */
  readonly threads?: number | undefined;
  /** How ONNX Runtime computed INT8; undefined for its kernels. */
  readonly int8?: 'kernels' | 'float' | undefined;
  readonly pricePerHour?: number | undefined;
}

/** One combination of the matrix. */
export interface BenchCell {
  /** Such as `8x128 int8 onnxruntime:cpu`; unique in the report. */
  readonly name: string;
  readonly parameters: BenchParameters;
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  /** How the model came to its precision, and what failed, in sentences. */
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

/**
 * The figures of one cell. An inference is one run of the model, with all rows of its batch. With
 * TensorRT, the parts are measured by events on the GPU's streams and follow trtexec's definitions:
 * its latency is `copyIn + compute + copyOut`. `latency` here is what the caller waits for: besides
 * those parts it has the time in line and that of the CPU.
 */
export interface BenchResult {
  /** What did the work, as the runtime says: never what was asked for. */
  readonly provider: string;
  /** Those that came to an end well, without the warm-up. */
  readonly inferences: number;
  readonly failures: number;
  /** Arrivals of an open loop that were not served by the end; the latencies lack them. */
  readonly unserved?: number | undefined;
  /** From the beginning of the measurement to the end of the last inference. */
  readonly wallMs: number;
  /** `inferences` by `wallMs`. */
  readonly inferencesPerSecond: number;
  /** Rows of the batch a second; undefined where there is no batch axis. */
  readonly samplesPerSecond?: number | undefined;
  /** In a closed loop from the call to the result, in an open one from the intended arrival. */
  readonly latency: Distribution;
  /** Before anything was done: in line for a context, and in an open loop since the arrival. */
  readonly queue?: Distribution | undefined;
  /** The CPU's part of launching the work on the GPU; it overlaps with computing. */
  readonly enqueue?: Distribution | undefined;
  /** Inputs to the GPU; 0 where they stay there. */
  readonly copyIn?: Distribution | undefined;
  /** On the GPU; by ONNX Runtime, the call of it. */
  readonly compute?: Distribution | undefined;
  /** Outputs from the GPU; 0 where they stay there. */
  readonly copyOut?: Distribution | undefined;
  readonly memory: {
    /**
     * The largest resident set of the process that measured, from its start: Node.js, the library, the
     * model and its activations. Absent where the system does not tell.
     */
    readonly hostPeak?: number;
    /**
     * The most that was seen taken on the GPU beyond what was taken before: after loading, warming up
     * and measuring. Other processes on the GPU count too.
     */
    readonly devicePeak?: number;
  };
  /**
   * What the whole GPU took while the cell was measured, its idle power included, by NVML's counter
   * of energy; undefined where there is none. The counter moves about ten times a second.
   */
  readonly energy?: { readonly joules: number; readonly watts: number } | undefined;
  readonly cost?: BenchCost | undefined;
  readonly warnings: readonly BenchWarning[];
  /** Latencies in the order in which they ended; of more than 10,000 evenly spread ones. */
  readonly samples: readonly number[];
}

/**
 * Of all values, not of a sample of them: percentiles by linear interpolation, as NumPy's default.
 * Behind a 99.9th percentile should be thousands of values, or it is the maximum by another name.
 */
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
  /** Standard deviation by the mean: the coefficient of variation, 0.025 for 2.5 %. */
  readonly variation: number;
}

/** Of a million samples, which are rows of batches; where there is no batch axis, of inferences. */
export interface BenchCost {
  /** In the currency of `pricePerHour`, if the machine did nothing but this, at this throughput. */
  readonly price?: number | undefined;
  /** Of the GPU. */
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
