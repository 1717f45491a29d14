/**
 * Makes plans for the TensorRT stand-ins. The header is laid out as TensorRT's own; behind it stands
 * a description of a network, whose grammar README.md gives.
 */

import type {
  StandinNetwork,
  StandinOp,
  StandinProfile,
  StandinProfileExtras,
  StandinRange,
} from './network.js';

export type * from './network.js';

/** A header has the same fields at the same places in both products. */
const headerBytes = 64;
const totalBytesOffset = 16;
const versionOffset = 24;
/** These two only stand-ins have: what TensorRT for RTX's getEngineValidity shall say. */
const validityOffset = 32;
const diagnosticsOffset = 40;

const products = {
  'tensorrt-rtx': { magic: 'vtrt', version: [1, 7, 1, 116] },
  tensorrt: { magic: 'ftrt', version: [11, 4, 0, 106] },
} as const;

export type StandinProduct = keyof typeof products;

/** Major, minor, patch, build; one byte each. */
export type StandinVersion = readonly [number, number, number, number];

export type StandinDiagnostic = keyof typeof diagnosticBits;

/** Bits of EngineInvalidityDiagnostics, in TensorRT for RTX only. */
const diagnosticBits = {
  versionMismatch: 1n << 0n,
  unsupportedComputeCapability: 1n << 1n,
  oldCudaDriver: 1n << 2n,
  oldCudaRuntime: 1n << 3n,
  insufficientGpuMemory: 1n << 4n,
  malformedEngine: 1n << 5n,
  cudaError: 1n << 6n,
} as const;

export interface StandinPlanOptions extends StandinNetwork {
  product: StandinProduct;
  /** Default: the version that the stand-in of the product says it is. */
  version?: StandinVersion;
  /** What TensorRT for RTX's getEngineValidity says; an invalid plan cannot be loaded. */
  validity?: 'valid' | 'suboptimal' | readonly StandinDiagnostic[];
}

/** A plan that the stand-in of `product` deserializes, if `version` is the stand-in's own. */
export function standinPlan(options: StandinPlanOptions): Uint8Array {
  const { magic, version: ownVersion } = products[options.product];
  const description = new TextEncoder().encode(describe(options));
  const plan = new Uint8Array(headerBytes + description.length);
  plan.set(new TextEncoder().encode(magic));
  new DataView(plan.buffer).setBigUint64(totalBytesOffset, BigInt(plan.length), true);
  plan.set(options.version ?? ownVersion, versionOffset);
  const { validity = 'valid' } = options;
  if (typeof validity !== 'string') {
    const bits = validity.reduce((mask, name) => mask | diagnosticBits[name], 0n);
    new DataView(plan.buffer).setBigUint64(diagnosticsOffset, bits, true);
  } else if (validity === 'suboptimal') {
    plan[validityOffset] = 1;
  }
  plan.set(description, headerBytes);
  return plan;
}

function describe(network: StandinNetwork): string {
  const { name, inputs, outputs, profiles = [], profileExtras = [], ops } = network;
  const lines = [
    ...optional('name', name === undefined ? undefined : quoted(name)),
    ...inputs.map((input) => `input ${quoted(input.name)} ${input.type} ${shape(input.dims)}`),
    ...ops.map((op) => `op ${op.op} ${quoted(op.result)} ${operandsAndAttributes(op)}`),
    ...outputs.map((output) => `output ${quoted(output)}`),
    ...profiles.flatMap((profile, index) => describeProfile(profile, profileExtras[index])),
    ...pairs('format', network.formats, (format) => format),
    ...pairs('alias', network.aliases, quoted),
    ...(network.debug ?? []).map((tensor) => `debug ${quoted(tensor)}`),
    ...(network.fused ?? []).map(([a, b]) => `fused ${quoted(a)} ${quoted(b)}`),
    ...(network.refittable ? ['refittable'] : []),
    ...optional('streamable', network.streamableBytes),
    ...optional('auxStreams', network.auxStreams),
    ...optional('verbosity', network.verbosity),
    ...optional('hardware', network.hardware),
    ...optional('capability', network.capability),
    ...optional('scratch', network.scratchBytes),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function describeProfile(
  shapes: StandinProfile,
  { values = {}, scratchBytes }: StandinProfileExtras = {},
): string[] {
  return [
    'profile',
    ...Object.entries(shapes).map((entry) => range('range', entry)),
    ...Object.entries(values).map((entry) => range('values', entry)),
    ...optional('profileScratch', scratchBytes),
  ];
}

function optional(statement: string, value: string | number | undefined): string[] {
  return value === undefined ? [] : [`${statement} ${value}`];
}

function pairs<Value>(
  statement: string,
  entries: Readonly<Record<string, Value>> | undefined,
  write: (value: Value) => string,
): string[] {
  return Object.entries(entries ?? {}).map(
    ([name, value]) => `${statement} ${quoted(name)} ${write(value)}`,
  );
}

function operandsAndAttributes(op: StandinOp): string {
  switch (op.op) {
    case 'constant':
      return [op.type, shape(op.dims), ...op.values].join(' ');
    case 'identity':
    case 'relu':
    case 'shape':
    case 'nonzero':
    case 'argmax':
      return quoted(op.operand);
    case 'cast':
      return `${quoted(op.operand)} ${op.to}`;
    case 'add':
    case 'mul':
    case 'matmul':
      return `${quoted(op.left)} ${quoted(op.right)}`;
    case 'reshape':
    case 'expand':
      return `${quoted(op.operand)} ${quoted(op.shape)}`;
    case 'compress':
      return `${quoted(op.operand)} ${quoted(op.mask)}`;
    case 'concat':
      return `${quoted(op.left)} ${quoted(op.right)} ${op.axis}`;
    case 'sum':
      return `${quoted(op.operand)} ${op.axis}`;
  }
}

function range(statement: string, [input, { min, opt, max }]: [string, StandinRange]): string {
  return `${statement} ${quoted(input)} ${shape(min)} ${shape(opt)} ${shape(max)}`;
}

function shape(dims: readonly number[]): string {
  return `[${dims.join(',')}]`;
}

function quoted(name: string): string {
  if (name.includes('\n')) throw new TypeError('A name in a stand-in plan has no line break');
  return `"${name.replace(/["\\]/g, '\\$&')}"`;
}

/**
 * A file of weights for the stand-in of the ONNX parser's refitter: text, and no ONNX at all. The
 * values are those of constants, by name.
 */
export function standinWeights(
  weights: Readonly<Record<string, Omit<Extract<StandinOp, { op: 'constant' }>, 'op' | 'result'>>>,
): string {
  const lines = Object.entries(weights).map(
    ([name, { type, dims, values }]) =>
      `${quoted(name)} ${[type, shape(dims), ...values].join(' ')}`,
  );
  return ['stand-in weights', ...lines].map((line) => `${line}\n`).join('');
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

/**
 * The indices of the elements of `x`, float32 [b, 4] with b from 1 to 8, that are not zero: output
 * `indices`, int64 [2, count], whose shape depends on the data.
 */
export function nonZeroPlan(target: StandinPlanTarget): Uint8Array {
  return standinPlan({
    ...target,
    name: 'nonzero',
    inputs: [{ name: 'x', type: 'float32', dims: [-1, 4] }],
    ops: [{ op: 'nonzero', result: 'indices', operand: 'x' }],
    outputs: ['indices'],
    profiles: [{ x: { min: [1, 4], opt: [4, 4], max: [8, 4] } }],
  });
}

/**
 * One step of a decoder: `present` = `past` followed by `token`, float32 [1, p + t, 2], and `next` =
 * the index of the larger of the two sums over all of it, int64 [1, 1, 1]. p from 0 to 16, t from 1
 * to 4.
 */
export function decoderPlan(target: StandinPlanTarget): Uint8Array {
  return standinPlan({
    ...target,
    name: 'decoder',
    inputs: [
      { name: 'past', type: 'float32', dims: [1, -1, 2] },
      { name: 'token', type: 'float32', dims: [1, -1, 2] },
    ],
    ops: [
      { op: 'concat', result: 'present', left: 'past', right: 'token', axis: 1 },
      { op: 'sum', result: 'total', operand: 'present', axis: 1 },
      { op: 'argmax', result: 'next', operand: 'total' },
    ],
    outputs: ['present', 'next'],
    profiles: [
      {
        past: { min: [1, 0, 2], opt: [1, 8, 2], max: [1, 16, 2] },
        token: { min: [1, 1, 2], opt: [1, 1, 2], max: [1, 4, 2] },
      },
    ],
  });
}
