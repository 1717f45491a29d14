import type { TensorMap } from '../../tensor.js';
import type { Counted } from './counted.js';
import type { Group } from './groups.js';

/** Something that runs samples and counts the values of observed tensors. */
export interface Executor {
  /** How many samples it can run at a time. */
  readonly width: number;

  /**
   * Opens the model once for each group of observed tensors, in place of what was open. What was
   * counted stays.
   */
  open(groups: readonly Group[]): Promise<void>;

  /**
   * Runs a sample in all that is open. What was opened before the call runs it.
   *
   * @param index - of the sample, for the error.
   */
  collect(feeds: TensorMap, index: number): Promise<void>;

  counted(): Promise<Counted>;

  /** Settles as `work` does, or rejects as soon as the executor fails. */
  guard<T>(work: Promise<T>): Promise<T>;

  /** Ends the work as soon as possible. What is pending, and every later call, rejects. */
  fail(error: unknown): void;

  /** Frees everything. */
  close(): Promise<void>;
}
