import type { BuilderOptions } from '../../engine/build/build-options.js';
import type { Profile } from '../../engine/build/profiles.js';
import type { Product } from '../../engine/library/libraries.js';
import type { RuntimeName } from '../../runtime/runtime.js';
import type { TensorMap } from '../../tensor.js';
import type { CellShapes, ShapeRequest } from '../cell-shapes.js';
import type { Recorded } from '../load/recorder.js';

/** What the process that measures a cell is told to run. */
export interface OpenRequest {
  readonly runtime: RuntimeName;
  /** A file. */
  readonly subject: { readonly kind: 'model' | 'plan'; readonly path: string };
  readonly shapes: ShapeRequest;
  readonly samples: readonly TensorMap[] | undefined;
  readonly profiles: readonly Profile[] | undefined;
  readonly build: BuilderOptions | undefined;
  readonly cacheDir: string | undefined;
  readonly product: Product | undefined;
  readonly libraryDir: string | undefined;
  readonly contexts: number;
  readonly cudaGraphs: boolean;
  readonly wait: 'block' | 'spin';
  readonly transfers: boolean;
  readonly threads: number | undefined;
  readonly int8: 'kernels' | 'float' | undefined;
  readonly device: number;
  readonly seed: number;
}

/** What was opened, as it says itself. */
export interface Opened extends CellShapes {
  readonly provider: string;
  /** Of the libraries that run it. */
  readonly versions: Readonly<Record<string, string>>;
}

export interface LoadRequest {
  readonly durationMs: number;
  readonly iterations: number;
  readonly concurrency: number;
  /** Arrivals a second; undefined for a closed loop. */
  readonly rate: number | undefined;
  readonly arrivals: 'poisson' | 'even';
  readonly seed: number;
}

export interface Measured {
  readonly recorded: Recorded;
  readonly hostPeak: number | undefined;
  readonly devicePeak: number | undefined;
  readonly joules: number | undefined;
  /** Why graphs could not be used, as far as they were asked for. */
  readonly graphProblems: readonly string[];
}

export interface MeasureProtocol {
  open: { request: OpenRequest; result: Opened };
  warmUp: { request: { durationMs: number; concurrency: number }; result: undefined };
  measure: { request: LoadRequest; result: Measured };
}
