import type { NativeJobTimes } from '../../native.js';

/**
 * What the parts of one inference took, in milliseconds. Its latency on the device is, as trtexec
 * defines it, `copyInMs + computeMs + copyOutMs`.
 */
export interface InferenceTimes {
  /** In line for a context, before anything was done. */
  readonly queueMs: number;
  /** The CPU's part of launching the work. */
  readonly enqueueMs: number;
  /** Inputs to the device; 0 where all of them lie there. */
  readonly copyInMs: number;
  /** On the device. */
  readonly computeMs: number;
  /** Outputs from the device; 0 where none is wanted on the host. */
  readonly copyOutMs: number;
  /**
   * When each part began, in milliseconds after the call of `infer`. The device's clock is tied to
   * the CPU's once in every inference, to within what the device takes to follow a call (a few
   * microseconds); then the starts are a little early, never late.
   */
  readonly startsMs: {
    readonly enqueue: number;
    readonly copyIn: number;
    readonly compute: number;
    readonly copyOut: number;
  };
  /** `'enqueue'`, `'graph'`, `'capture'`, or why a CUDA graph could not be used. */
  readonly launch: string;
}

/** The job was called when the line was over, `queueMs` after `infer`. */
export function inferenceTimes(
  queueMs: number,
  launch: string,
  times: NativeJobTimes,
): InferenceTimes {
  const { enqueue, copyIn, compute, copyOut } = times.startsMs;
  return {
    ...times,
    queueMs,
    startsMs: {
      enqueue: queueMs + enqueue,
      copyIn: queueMs + copyIn,
      compute: queueMs + compute,
      copyOut: queueMs + copyOut,
    },
    launch,
  };
}
