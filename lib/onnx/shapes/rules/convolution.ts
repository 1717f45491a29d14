import { TensorProto_DataType as ElementType } from 'onnx-buf';
import { isAtLeast } from '../bounds.js';
import { ceilDivide, floorDivide } from '../division.js';
import { add, multiply, type Size, subtract } from '../expression.js';
import { fact } from '../fact.js';
import type { NodeView, Rule, Rules } from '../node-view.js';
import { dimsFromValues } from './shape-tensors.js';

/** How a window moves over the spatial dimensions. */
interface Window {
  readonly kernel: readonly Size[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** All starts, then all ends; absent where `auto_pad` decides. */
  readonly pads: readonly number[] | undefined;
  readonly autoPad: string;
  readonly ceil: boolean;
}

function windowOf(n: NodeView, kernel: readonly Size[]): Window {
  const count = kernel.length;
  const autoPad = n.text('auto_pad') || 'NOTSET';
  return {
    kernel,
    strides: listOf(n.ints('strides'), count, 1),
    dilations: listOf(n.ints('dilations'), count, 1),
    pads: autoPad.startsWith('SAME')
      ? undefined
      : autoPad === 'VALID'
        ? listOf(undefined, 2 * count, 0)
        : listOf(n.ints('pads'), 2 * count, 0),
    autoPad,
    ceil: n.int('ceil_mode', 0) === 1,
  };
}

function listOf(given: number[] | undefined, count: number, fallback: number): number[] {
  return given && given.length > 0 ? given : new Array<number>(count).fill(fallback);
}

/** The size of one spatial dimension after the window (ONNX, operators Conv and MaxPool). */
function windowedSize(n: NodeView, size: Size, window: Window, axis: number): Size {
  const { kernel, strides, dilations, pads, ceil } = window;
  const stride = strides[axis] ?? 1;
  if (!pads) return ceilDivide(size, stride);
  const before = pads[axis] ?? 0;
  const padding = before + (pads[axis + kernel.length] ?? 0);
  const reach = add(multiply(subtract(kernel[axis] as Size, 1), dilations[axis] ?? 1), 1);
  const room = subtract(add(size, padding), reach);
  if (typeof room === 'number' && room < 0) {
    n.problem(`a window of ${reach} does not fit into ${size} with a padding of ${padding}`);
    return n.fresh();
  }
  if (!ceil) return add(floorDivide(room, stride), 1);
  const count = add(ceilDivide(room, stride), 1);
  // A window that would start in the padding behind the end is left out.
  if (typeof count === 'number' && typeof size === 'number') {
    return (count - 1) * stride >= size + before ? count - 1 : count;
  }
  const last = multiply(subtract(count, 1), stride);
  return isAtLeast(subtract(add(size, before), 1), last)
    ? count
    : ceilOrFloor(n, count, room, stride);
}

function ceilOrFloor(n: NodeView, count: Size, room: Size, stride: number): Size {
  const floor = add(floorDivide(room, stride), 1);
  return isAtLeast(floor, count) ? count : n.fresh();
}

function windowed(
  n: NodeView,
  batch: Size,
  channels: Size,
  kernel: readonly Size[],
  spatial: readonly Size[],
): Size[] {
  const window = windowOf(n, kernel);
  return [batch, channels, ...spatial.map((size, axis) => windowedSize(n, size, window, axis))];
}

function convolutionDims(
  n: NodeView,
  weights: readonly Size[] | undefined,
): readonly Size[] | undefined {
  const dims = n.dims(0);
  const kernel = n.ints('kernel_shape') ?? weights?.slice(2);
  if (!dims) return undefined;
  const [batch, channels, ...spatial] = dims as [Size, Size, ...Size[]];
  if (!kernel) return [batch, ...n.freshDims(dims.length - 1)];
  if (kernel.length !== spatial.length) {
    return n.problem(`a kernel of ${kernel.length} dimensions on [${dims.join(', ')}]`);
  }
  const inGroups = weights && multiply(weights[1] as Size, n.int('group', 1));
  if (typeof inGroups === 'number' && typeof channels === 'number' && inGroups !== channels) {
    return n.problem(`weights for ${inGroups} channels on [${dims.join(', ')}]`);
  }
  return windowed(n, batch, weights?.[0] ?? n.fresh(), kernel, spatial);
}

export const convolution: Rule = (n) => [
  fact(n.type(0) ?? n.type(1), convolutionDims(n, n.dims(1))),
];

export const poolDims = (n: NodeView): readonly Size[] | undefined => {
  const dims = n.dims(0);
  const kernel = n.ints('kernel_shape');
  if (!dims || !kernel) return undefined;
  const [batch, channels, ...spatial] = dims as [Size, Size, ...Size[]];
  if (kernel.length !== spatial.length) {
    return n.problem(`a kernel of ${kernel.length} dimensions on [${dims.join(', ')}]`);
  }
  return windowed(n, batch, channels, kernel, spatial);
};

export const pool: Rule = (n) => [fact(n.type(0), poolDims(n))];

/** The second output tells where each maximum was. */
const maxPool: Rule = (n) => {
  const dims = poolDims(n);
  return [fact(n.type(0), dims), fact(ElementType.INT64, dims)];
};

const globalPool: Rule = (n) => {
  const dims = n.dims(0);
  return [
    fact(
      n.type(0),
      dims?.map((dim, axis) => (axis < 2 ? dim : 1)),
    ),
  ];
};

const transposed: Rule = (n) => {
  const [dims, weights] = [n.dims(0), n.dims(1)];
  const type = n.type(0) ?? n.type(1);
  if (!dims) return [fact(type)];
  const [batch, , ...spatial] = dims as [Size, Size, ...Size[]];
  const channels = weights ? multiply(weights[1] as Size, n.int('group', 1)) : n.fresh();
  const kernel = n.ints('kernel_shape') ?? weights?.slice(2);
  if (kernel?.length !== spatial.length) {
    return [fact(type, [batch, channels, ...n.freshDims(spatial.length)])];
  }
  const window = windowOf(n, kernel);
  const asked = n.ints('output_shape')?.slice(-spatial.length);
  const extra = listOf(n.ints('output_padding'), spatial.length, 0);
  const sizes = spatial.map(
    (size, axis) => asked?.[axis] ?? transposedSize(size, window, axis, extra[axis] ?? 0),
  );
  return [fact(type, [batch, channels, ...sizes])];
};

function transposedSize(size: Size, window: Window, axis: number, extra: number): Size {
  const { kernel, strides, dilations, pads } = window;
  const stride = strides[axis] ?? 1;
  if (!pads) return multiply(size, stride);
  const reach = add(multiply(subtract(kernel[axis] as Size, 1), dilations[axis] ?? 1), 1);
  const padding = (pads[axis] ?? 0) + (pads[axis + kernel.length] ?? 0);
  return add(add(multiply(subtract(size, 1), stride), reach), extra - padding);
}

const maxUnpool: Rule = (n) => {
  const asked = n.values(2);
  const dims = n.dims(0);
  if (n.has(2)) {
    return [
      fact(
        n.type(0),
        asked ? asked.map((size) => size ?? n.fresh()) : dims && n.freshDims(dims.length),
      ),
    ];
  }
  const kernel = n.ints('kernel_shape');
  if (!dims || kernel?.length !== dims.length - 2) return [fact(n.type(0))];
  const window = windowOf(n, kernel);
  const [batch, channels, ...spatial] = dims as [Size, Size, ...Size[]];
  const sizes = spatial.map((size, axis) => transposedSize(size, window, axis, 0));
  return [fact(n.type(0), [batch, channels, ...sizes])];
};

/** Regions are cut from the feature map: one per row of the second input. */
function regions(n: NodeView, height: number | undefined, width: number | undefined) {
  const channels = n.dims(0)?.[1] ?? n.fresh();
  return [n.dims(1)?.[0] ?? n.fresh(), channels, height ?? n.fresh(), width ?? n.fresh()];
}

const deformed: Rule = (n) => {
  const [weights, offset] = [n.dims(1), n.dims(2)];
  const dims = n.dims(0) && convolutionDims(n, weights);
  return [fact(n.type(0), dims ?? (offset && [...n.freshDims(2), ...offset.slice(2)]))];
};

const col2Im: Rule = (n) => {
  const dims = n.dims(0);
  const image = dimsFromValues(n, 1);
  if (!dims || !image) return [fact(n.type(0))];
  const block = n.numbers(2)?.reduce((a, b) => a * b, 1);
  const channels = block && dims[1] !== undefined ? floorDivide(dims[1], block) : n.fresh();
  return [fact(n.type(0), [dims[0] ?? n.fresh(), channels, ...image])];
};

export const convolutions: Rules = {
  AveragePool: pool,
  Col2Im: col2Im,
  Conv: convolution,
  ConvInteger: (n) => [fact(ElementType.INT32, convolutionDims(n, n.dims(1)))],
  ConvTranspose: transposed,
  DeformConv: deformed,
  GlobalAveragePool: globalPool,
  GlobalLpPool: globalPool,
  GlobalMaxPool: globalPool,
  LpPool: pool,
  MaxPool: maxPool,
  MaxRoiPool: (n) => [
    fact(n.type(0), regions(n, ...((n.ints('pooled_shape') ?? []) as [number, number]))),
  ],
  MaxUnpool: maxUnpool,
  QLinearConv: (n) => [fact(n.type(7), convolutionDims(n, n.dims(3)))],
  RoiAlign: (n) => [
    fact(n.type(0), regions(n, n.int('output_height', 1), n.int('output_width', 1))),
  ],
};
