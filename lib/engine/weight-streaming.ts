/**
 * How the weights of an engine that was built with the flag `weightStreaming` are spread over GPU
 * and host. All in bytes; all 0 for any other engine.
 */
export interface WeightStreaming {
  /** Weights that need not stay on the GPU. */
  readonly streamableBytes: number;
  /** How much of them stays there; the others are copied to it in every inference. */
  readonly budgetBytes: number;
  /** The budget that TensorRT finds fit for the memory that is free now. */
  readonly automaticBudgetBytes: number;
  /** Scratch memory that each execution context takes more at this budget. */
  readonly scratchBytes: number;
}
