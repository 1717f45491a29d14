/** In what a model computes: its floats, or its linear layers with floats around them. */
export const precisions = ['fp32', 'fp16', 'bf16', 'int8', 'int8+fp16', 'fp8', 'fp8+fp16'] as const;

export type Precision = (typeof precisions)[number];
