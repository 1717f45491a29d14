/** The networks that plans for the TensorRT stand-ins describe; README.md gives the grammar. */

/** The element types that the stand-ins compute with. `float8` is ONNX's FLOAT8E4M3FN. */
export type StandinDataType =
  | 'float32'
  | 'float16'
  | 'bfloat16'
  | 'float8'
  | 'int8'
  | 'uint8'
  | 'bool'
  | 'int32'
  | 'int64';

export interface StandinInput {
  name: string;
  type: StandinDataType;
  /** -1 where the dimension is dynamic. */
  dims: readonly number[];
}

export interface StandinRange {
  min: readonly number[];
  opt: readonly number[];
  max: readonly number[];
}

/** One optimization profile: the range of each dynamic input, by name. */
export type StandinProfile = Readonly<Record<string, StandinRange>>;

/** What a profile has beside the ranges of shapes. */
export interface StandinProfileExtras {
  /** Of each shape tensor, the range of its values. */
  values?: StandinProfile;
  /** Device memory of contexts in this profile. Default: that of the network. */
  scratchBytes?: number;
}

/** How an input or output lies in memory; packed along its second dimension unless linear. */
export type StandinFormat = 'linear' | 'chw2' | 'chw4' | 'chw16' | 'chw32';

/** An operator. `result` is the name of the tensor it makes, operands are names of earlier ones. */
export type StandinOp =
  | {
      op: 'constant';
      result: string;
      type: StandinDataType;
      dims: readonly number[];
      values: readonly (number | bigint)[];
    }
  | { op: 'identity' | 'relu'; result: string; operand: string }
  /** The dimensions of the operand, int64 [rank]. */
  | { op: 'shape'; result: string; operand: string }
  /** As ONNX's NonZero: int64 [rank, count], where the count depends on the data. */
  | { op: 'nonzero'; result: string; operand: string }
  /** The index of the largest element along the last axis, which stays with length 1. int64. */
  | { op: 'argmax'; result: string; operand: string }
  | { op: 'cast'; result: string; operand: string; to: StandinDataType }
  /** Element by element; shapes broadcast as in NumPy. */
  | { op: 'add' | 'mul'; result: string; left: string; right: string }
  /** As ONNX's. `shape` names a tensor; an input that it follows from is a shape tensor. */
  | { op: 'reshape' | 'expand'; result: string; operand: string; shape: string }
  /** The rows whose place in a list of bool is true: their number depends on the data. */
  | { op: 'compress'; result: string; operand: string; mask: string }
  | { op: 'concat'; result: string; left: string; right: string; axis: number }
  /** [..., m, k] x [..., k, n] -> [..., m, n]. */
  | { op: 'matmul'; result: string; left: string; right: string }
  /** The summed axis stays, with length 1. */
  | { op: 'sum'; result: string; operand: string; axis: number };

export interface StandinNetwork {
  /** Default: none. */
  name?: string;
  inputs: readonly StandinInput[];
  /** Names of tensors. Their types and shapes follow from the operators. */
  outputs: readonly string[];
  /** Default: one profile, which suits a network without dynamic inputs. */
  profiles?: readonly StandinProfile[];
  ops: readonly StandinOp[];
  /** For each profile, in their order. */
  profileExtras?: readonly StandinProfileExtras[];
  /** Device memory that each execution context takes. Default: 256 bytes. */
  scratchBytes?: number;
  /** Whether the constants can be exchanged; they are the named weights. Default: false. */
  refittable?: boolean;
  /** Pairs of constants that can only be exchanged together. */
  fused?: readonly (readonly [string, string])[];
  /** Bytes of weights that the engine claims beside its constants, and that can be streamed. */
  streamableBytes?: number;
  /** Tensors that a context can show. */
  debug?: readonly string[];
  /** Of inputs and outputs, by name. Default: linear. */
  formats?: Readonly<Record<string, StandinFormat>>;
  /** Of outputs that are written over an input: its name. */
  aliases?: Readonly<Record<string, string>>;
  auxStreams?: number;
  verbosity?: 'layerNamesOnly' | 'none' | 'detailed';
  hardware?: 'none' | 'amperePlus' | 'sameComputeCapability';
  capability?: 'standard' | 'safety';
}
