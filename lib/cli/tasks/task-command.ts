import type { Option } from 'commander';
import type { Task } from '../../evaluate/task.js';
import type { ValueInfo } from '../../onnx/value-info.js';
import type { SampleFlags } from '../sample-options.js';

/** What every task has on the command line, beside its own options. */
export interface TaskFlags extends SampleFlags {
  labels?: string;
  mask?: string;
}

/** A task on the command line of `evaluate`. */
export interface TaskCommand<Flags extends TaskFlags = TaskFlags> {
  /** The options that only some tasks take: those that this one does. */
  readonly options: readonly Option[];
  /** @param inputs - of the first model. */
  make(flags: Flags, inputs: readonly ValueInfo[]): Promise<Task>;
}
