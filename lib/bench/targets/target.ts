import type { Profile } from '../../engine/build/profiles.js';
import type { ValueInfo } from '../../onnx/value-info.js';
import type { TensorMap } from '../../tensor.js';
import type { Run } from '../load/recorder.js';

/** A model that is loaded, as the measurement sees it. */
export interface Target {
  readonly provider: string;
  readonly inputs: readonly ValueInfo[];
  /** Inferences that it takes at once; more would only wait inside. */
  readonly capacity: number;
  /** What it was built for; empty where nothing is built. */
  readonly profiles: readonly Profile[];
  readonly versions: Readonly<Record<string, string>>;
  /** Puts what is fed where it is needed; `run` takes them in turns. */
  prepare(feeds: readonly TensorMap[]): Promise<Run>;
  /** How many inferences could not use a graph that was asked for, by reason. */
  graphFallbacks(): Readonly<Record<string, number>>;
}
