/**
 * Makes plans for the TensorRT stand-ins. The header is laid out as TensorRT's own; behind it stands
 * a description of a network, whose grammar README.md gives.
 */

/** A header has the same fields at the same places in both products. */
const headerBytes = 64;
const totalBytesOffset = 16;
const versionOffset = 24;

const products = {
  'tensorrt-rtx': { magic: 'vtrt', version: [1, 7, 1, 116] },
  tensorrt: { magic: 'ftrt', version: [11, 4, 0, 106] },
} as const;

export type StandinProduct = keyof typeof products;

/** Major, minor, patch, build; one byte each. */
export type StandinVersion = readonly [number, number, number, number];

/** The element types that the stand-ins compute with. */
export type StandinDataType = 'float32' | 'int8' | 'uint8' | 'bool' | 'int32' | 'int64';

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
  | { op: 'cast'; result: string; operand: string; to: StandinDataType }
  /** Element by element; shapes broadcast as in NumPy. */
  | { op: 'add' | 'mul'; result: string; left: string; right: string }
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
  /** Device memory that each execution context takes. Default: 256 bytes. */
  scratchBytes?: number;
}

export interface StandinPlanOptions extends StandinNetwork {
  product: StandinProduct;
  /** Default: the version that the stand-in of the product says it is. */
  version?: StandinVersion;
}

/** A plan that the stand-in of `product` deserializes, if `version` is the stand-in's own. */
export function standinPlan(options: StandinPlanOptions): Uint8Array {
  const { magic, version: ownVersion } = products[options.product];
  const description = new TextEncoder().encode(describe(options));
  const plan = new Uint8Array(headerBytes + description.length);
  plan.set(new TextEncoder().encode(magic));
  new DataView(plan.buffer).setBigUint64(totalBytesOffset, BigInt(plan.length), true);
  plan.set(options.version ?? ownVersion, versionOffset);
  plan.set(description, headerBytes);
  return plan;
}

function describe({ name, inputs, outputs, profiles, ops, scratchBytes }: StandinNetwork): string {
  const lines = [
    ...(name === undefined ? [] : [`name ${quoted(name)}`]),
    ...inputs.map((input) => `input ${quoted(input.name)} ${input.type} ${shape(input.dims)}`),
    ...ops.map((op) => `op ${op.op} ${quoted(op.result)} ${operandsAndAttributes(op)}`),
    ...outputs.map((output) => `output ${quoted(output)}`),
    ...(profiles ?? []).flatMap((profile) => ['profile', ...Object.entries(profile).map(range)]),
    ...(scratchBytes === undefined ? [] : [`scratch ${scratchBytes}`]),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function operandsAndAttributes(op: StandinOp): string {
  switch (op.op) {
    case 'constant':
      return [op.type, shape(op.dims), ...op.values].join(' ');
    case 'identity':
    case 'relu':
      return quoted(op.operand);
    case 'cast':
      return `${quoted(op.operand)} ${op.to}`;
    case 'add':
    case 'mul':
    case 'matmul':
      return `${quoted(op.left)} ${quoted(op.right)}`;
    case 'sum':
      return `${quoted(op.operand)} ${op.axis}`;
  }
}

function range([input, { min, opt, max }]: [string, StandinRange]): string {
  return `range ${quoted(input)} ${shape(min)} ${shape(opt)} ${shape(max)}`;
}

function shape(dims: readonly number[]): string {
  return `[${dims.join(',')}]`;
}

function quoted(name: string): string {
  if (name.includes('\n')) throw new TypeError('A name in a stand-in plan has no line break');
  return `"${name.replace(/["\\]/g, '\\$&')}"`;
}

/** What the ready networks below leave to the test. */
export type StandinPlanTarget = Pick<StandinPlanOptions, 'product' | 'version'>;

/** y = 2x + 1: input `x` and output `y`, float32 [b, 4], b from 1 to 8 (optimum 4). */
export function scalePlan(target: StandinPlanTarget): Uint8Array {
  return standinPlan({
    ...target,
    name: 'scale',
    inputs: [{ name: 'x', type: 'float32', dims: [-1, 4] }],
    ops: [
      { op: 'constant', result: 'two', type: 'float32', dims: [1], values: [2] },
      { op: 'constant', result: 'one', type: 'float32', dims: [1], values: [1] },
      { op: 'mul', result: 'doubled', left: 'x', right: 'two' },
      { op: 'add', result: 'y', left: 'doubled', right: 'one' },
    ],
    outputs: ['y'],
    profiles: [{ x: { min: [1, 4], opt: [4, 4], max: [8, 4] } }],
  });
}

/**
 * Inputs `input_ids` and `attention_mask`, int64 [b, s]; output `logits`, float32 [b, 2]. With
 * total = sum over s of input_ids * attention_mask, and count = sum over s of attention_mask:
 *
 *     logits[0] = 0.5 * total + count + 0.125
 *     logits[1] = -0.25 * total + 2 * count - 3
 *
 * Exact in float32 while |total| < 2^21. Profile 0 holds b from 1 to 8 and s from 1 to 32, profile 1
 * b from 1 to 32 and s from 33 to 128.
 */
export function tinyClassifierPlan(target: StandinPlanTarget): Uint8Array {
  const both = (dims: StandinRange): StandinProfile => ({ input_ids: dims, attention_mask: dims });
  return standinPlan({
    ...target,
    name: 'tiny classifier',
    inputs: [
      { name: 'input_ids', type: 'int64', dims: [-1, -1] },
      { name: 'attention_mask', type: 'int64', dims: [-1, -1] },
    ],
    ops: [
      { op: 'mul', result: 'masked', left: 'input_ids', right: 'attention_mask' },
      { op: 'cast', result: 'masked_float', operand: 'masked', to: 'float32' },
      { op: 'cast', result: 'mask_float', operand: 'attention_mask', to: 'float32' },
      { op: 'sum', result: 'total', operand: 'masked_float', axis: 1 },
      { op: 'sum', result: 'count', operand: 'mask_float', axis: 1 },
      { op: 'constant', result: 'slope', type: 'float32', dims: [1, 2], values: [0.5, -0.25] },
      { op: 'constant', result: 'per_token', type: 'float32', dims: [1, 2], values: [1, 2] },
      { op: 'constant', result: 'bias', type: 'float32', dims: [2], values: [0.125, -3] },
      { op: 'matmul', result: 'from_total', left: 'total', right: 'slope' },
      { op: 'matmul', result: 'from_count', left: 'count', right: 'per_token' },
      { op: 'add', result: 'unbiased', left: 'from_total', right: 'from_count' },
      { op: 'add', result: 'logits', left: 'unbiased', right: 'bias' },
    ],
    outputs: ['logits'],
    profiles: [
      both({ min: [1, 1], opt: [4, 16], max: [8, 32] }),
      both({ min: [1, 33], opt: [8, 64], max: [32, 128] }),
    ],
  });
}
