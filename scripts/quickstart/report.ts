/** The findings of one run of the quickstart, as `quickstart-report.json` holds them. */
import type { Comparison, Pair } from './evaluate.js';

export interface EngineFacts {
  precision: keyof Pair<unknown>;
  /** Compute capability that it was built for, for example `sm86`. */
  target: string;
  bytes: number;
  /** Parse and build. */
  seconds: number;
  library: string;
  version: string;
  /** Where the plan is. */
  file: string;
}

export interface RuntimeName {
  /** For example `ONNX Runtime`. */
  name: string;
  /** Its version and where it ran, for example `1.30.0, CPU, 2 threads`. */
  details: string;
}

/** How one runtime did on the held-out texts. */
export interface RuntimeFacts extends Comparison {
  runtime: RuntimeName;
  /** Of calls with one text. */
  latencyMs: Pair<{ p50: number; p95: number }>;
  /** Every call that the quantiles are of, in milliseconds, in the order of the calls. */
  latencySamplesMs: Pair<number[]>;
}

export interface Report extends RuntimeFacts {
  created: string;
  model: string;
  parameters: number;
  /** Held-out texts. */
  samples: number;
  texts: { train: number; heldIn: number; calibration: number; heldOut: number; latency: number };
  calibration: { method: string; percentile: number };
  quantized: { int8: number; float: number };
  modelBytes: Pair<number>;
  engines: EngineFacts[];
  /** Delay of the event loop while an FP32 engine was built. */
  eventLoopDelayMs: { p99: number; max: number };
  /** The name of the GPU; null where there is none. */
  gpu: string | null;
  /** The same on the GPU by TensorRT; null where it could not run. */
  tensorrt: RuntimeFacts | null;
  notMeasured: { what: string; why: string }[];
  machine: { cpu: string; cores: number; node: string; platform: string };
  /** Of the whole run, without set-up. */
  seconds: number;
}
