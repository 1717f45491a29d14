import type { Option } from 'commander';
import type { Task } from '../../evaluate/task.js';
import type { ValueInfo } from '../../onnx/value-info.js';
import type { SampleFlags } from '../sample-options.js';

/** What every task has on the command line, beside its own options. */
export interface TaskFlags extends SampleFlags {
  task: string;
  labels?: string;
  /** An input that is 0 at padding. */
  mask?: string;
  /** One of {@link TaskCommand.metrics}. */
  metric?: string;
}

/** A task on the command line of `evaluate`. */
export interface TaskCommand<Flags extends TaskFlags = TaskFlags> {
  /** By which models can be compared; the first is the usual one. */
  readonly metrics: readonly string[];
  /** The options that only some tasks take: those that this one does. */
  readonly options: readonly Option[];
  /** @param inputs - of the first model. */
  make(flags: Flags, inputs: readonly ValueInfo[]): Promise<Task>;
}

/** The field with the right answers. @throws TypeError where it was not given. */
export function neededLabels({ labels, task }: TaskFlags): string {
  if (labels !== undefined) return labels;
  throw new TypeError(`Expected --labels beside --task ${task}: where the right answers are`);
}

/**
 * The file with texts, and its tokenizer.
 *
 * @param idle - options that would be ignored.
 * @throws TypeError where one is missing, or an idle one was given.
 */
export function neededTexts(
  flags: TaskFlags,
  idle: readonly (keyof TaskFlags)[],
): { samples: string; tokenizer: string } {
  const { samples, tokenizer, task } = flags;
  if (samples === undefined) throw new TypeError(`Expected --samples beside --task ${task}`);
  if (tokenizer === undefined) throw new TypeError(`Expected --tokenizer beside --task ${task}`);
  const given = idle.find((name) => flags[name] !== undefined);
  if (given === undefined) return { samples, tokenizer };
  const option = given.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  throw new TypeError(`Expected no --${option}: --task ${task} has no use for it`);
}
