/*
 * What TensorRT has INT8 kernels for, as far as placement depends on it. Sources: the developer
 * guide of TensorRT, and plans of TensorRT for RTX 1.7 that were built and read.
 */

/** Below this, a product fills no INT8 tile of a tensor core, and conversion costs more than it saves. */
export const smallestSide = 16;

/** The head sizes of fused INT8 attention. */
export const int8HeadSizes: readonly number[] = [16, 32, 64];

/** The head sizes of fused FP8 attention, which has no longest sequence. */
export const float8HeadSizes = { above: 8, upTo: 256 } as const;

/** The longest sequence of fused INT8 attention; on compute capability 7.5 it is shorter. */
export const longestInt8Attention = 512;
export const longestInt8AttentionOnTuring = 384;
