/** Shows each step of the quickstart while it goes on, and how it ended. */
import { startTask } from '../setup/progress.mjs';

/** Tells how far a step is. */
export type Advance = (done: number, total: number, unit: string) => void;

export class Steps {
  /** Aborted when the user interrupts. */
  readonly signal: AbortSignal;

  constructor(signal: AbortSignal) {
    this.signal = signal;
  }

  /**
   * @param work - receives a function to report progress with, which throws once the user has
   * interrupted, and one to name a phase of unknown length.
   * @param summary - what to say of the result, in a few words.
   */
  async run<T>(
    label: string,
    work: (advance: Advance, phase: (name: string) => void) => Promise<T>,
    summary: (result: T) => string,
  ): Promise<T> {
    this.signal.throwIfAborted();
    const task = startTask(label);
    const advance: Advance = (done, total, unit) => {
      this.signal.throwIfAborted();
      task.update({ fraction: done / total, note: `${done} of ${total} ${unit}` });
    };
    try {
      const result = await work(advance, (note) => task.update({ note }));
      task.succeed(summary(result));
      return result;
    } catch (error) {
      task.fail();
      throw error;
    }
  }
}
