import { TensorProto_DataType as ElementType } from 'onnx-buf';
import { divideExactly, floorDivide } from '../division.js';
import { add, multiply, type Size } from '../expression.js';
import { fact, type Value } from '../fact.js';
import type { NodeView, Rule, Rules } from '../node-view.js';
import { dimsFromValues } from './shape-tensors.js';

/** The sizes, or the factors by which the input's sizes grow; both belong to `axes` since opset 18. */
const resize: Rule = (n) => {
  const { type, dims } = n.input(0);
  const [scalesAt, sizesAt] = n.opset < 11 ? [1, -1] : [2, 3];
  const [scales, sizes] = [n.values(scalesAt), n.values(sizesAt)];
  if (!dims) return [fact(type, freshLike(n, [scalesAt, sizesAt]))];
  const axes =
    n.ints('axes')?.map((axis) => n.axis(axis, dims.length)) ?? dims.map((_, axis) => axis);
  const result = dims.map((dim, axis) => {
    const at = axes.indexOf(axis);
    if (at === -1) return dim;
    if (n.has(sizesAt)) return sizes?.[at] ?? n.fresh();
    return scaled(n, dim, scales?.[at]);
  });
  return [fact(type, n.has(sizesAt) ? keepAspect(n, dims, result, axes) : result)];
};

function freshLike(n: NodeView, lists: readonly number[]): Size[] | undefined {
  if (n.ints('axes')) return undefined;
  const rank = lists
    .map((at) => n.dims(at)?.[0])
    .find((count) => typeof count === 'number' && count > 0);
  return typeof rank === 'number' ? n.freshDims(rank) : undefined;
}

function scaled(n: NodeView, dim: Size, scale: Value): Size {
  if (typeof scale !== 'number') return n.fresh();
  if (typeof dim === 'number') return Math.floor(dim * scale);
  if (Number.isInteger(scale)) return multiply(dim, scale);
  const divisor = 1 / scale;
  return Number.isInteger(divisor) ? floorDivide(dim, divisor) : n.fresh();
}

/** Since opset 18 the sizes can be limits, within which the picture keeps its aspect ratio. */
function keepAspect(
  n: NodeView,
  dims: readonly Size[],
  asked: readonly Size[],
  axes: readonly (number | undefined)[],
): readonly Size[] {
  const policy = n.text('keep_aspect_ratio_policy') || 'stretch';
  if (policy === 'stretch') return asked;
  const ratios = axes.map((axis) => {
    const [size, dim] = [asked[axis ?? -1], dims[axis ?? -1]];
    return typeof size === 'number' && typeof dim === 'number' ? size / dim : Number.NaN;
  });
  const ratio = policy === 'not_larger' ? Math.min(...ratios) : Math.max(...ratios);
  return dims.map((dim, axis) => {
    if (!axes.includes(axis)) return dim;
    return Number.isNaN(ratio) ? n.fresh() : Math.floor((dim as number) * ratio + 0.5);
  });
}

const upsample: Rule = (n) => {
  const { type, dims } = n.input(0);
  // The factors were an attribute before opset 9, two of them in opset 1.
  const scales =
    n.opset >= 9
      ? n.values(1)
      : (n.floats('scales') ?? [1, 1, n.float('height_scale'), n.float('width_scale')]);
  return [
    fact(
      type,
      dims?.map((dim, axis) => scaled(n, dim, scales?.[axis])),
    ),
  ];
};

const pad: Rule = (n) => {
  const { type, dims } = n.input(0);
  const pads = n.opset < 11 ? (n.ints('pads') ?? n.ints('paddings')) : n.values(1);
  const count = n.dims(1)?.[0];
  if (!dims) {
    const known = n.opset >= 11 && !n.has(3) && typeof count === 'number';
    return [fact(type, known ? n.freshDims(count / 2) : undefined)];
  }
  const axes = n.has(3) ? n.numbers(3) : dims.map((_, axis) => axis);
  if (!axes) return [fact(type, n.freshDims(dims.length))];
  const counted = axes.map((axis) => n.axis(axis, dims.length));
  const result = dims.map((dim, axis) => {
    const at = counted.indexOf(axis);
    if (at === -1) return dim;
    const [before, after] = [pads?.[at], pads?.[at + axes.length]];
    return before === undefined || after === undefined ? n.fresh() : add(dim, add(before, after));
  });
  return [fact(type, result)];
};

const centerCropPad: Rule = (n) => {
  const { type, dims } = n.input(0);
  if (!dims) return [fact(type)];
  const axes =
    n.ints('axes')?.map((axis) => n.axis(axis, dims.length)) ?? dims.map((_, axis) => axis);
  const asked = n.values(1);
  return [
    fact(
      type,
      dims.map((dim, axis) => {
        const at = axes.indexOf(axis);
        return at === -1 ? dim : (asked?.[at] ?? n.fresh());
      }),
    ),
  ];
};

const spaceToDepth: Rule = (n) => {
  const { type, dims } = n.input(0);
  const block = n.int('blocksize', 1);
  if (dims?.length !== 4) return [fact(type)];
  const [batch, channels, height, width] = dims as [Size, Size, Size, Size];
  return [
    fact(type, [
      batch,
      multiply(channels, block * block),
      floorDivide(height, block),
      floorDivide(width, block),
    ]),
  ];
};

const depthToSpace: Rule = (n) => {
  const { type, dims } = n.input(0);
  const block = n.int('blocksize', 1);
  if (dims?.length !== 4) return [fact(type)];
  const [batch, channels, height, width] = dims as [Size, Size, Size, Size];
  return [
    fact(type, [
      batch,
      divideExactly(channels, block * block) ?? floorDivide(channels, block * block),
      multiply(height, block),
      multiply(width, block),
    ]),
  ];
};

/** `[N, C, ...]` sampled at a grid of `[N, ..., coordinates]`. */
const gridSample: Rule = (n) => {
  const [dims, grid] = [n.dims(0), n.dims(1)];
  if (!dims || !grid) return [fact(n.type(0))];
  return [fact(n.type(0), [dims[0] as Size, dims[1] as Size, ...grid.slice(1, -1)])];
};

/** A grid for GridSample: of two coordinates for pictures, of three for volumes. */
const affineGrid: Rule = (n) => {
  const size = dimsFromValues(n, 1);
  if (!size || size.length < 3) return [fact(n.type(0))];
  const [batch, , ...spatial] = size;
  return [fact(n.type(0), [batch as Size, ...spatial, spatial.length])];
};

/** The picture's size lies in its bytes. */
const imageDecoder: Rule = (n) => {
  const channels = n.text('pixel_format') === 'Grayscale' ? 1 : 3;
  return [fact(ElementType.UINT8, [n.fresh(), n.fresh(), channels])];
};

export const images: Rules = {
  AffineGrid: affineGrid,
  CenterCropPad: centerCropPad,
  DepthToSpace: depthToSpace,
  GridSample: gridSample,
  ImageDecoder: imageDecoder,
  Pad: pad,
  Resize: resize,
  SpaceToDepth: spaceToDepth,
  Upsample: upsample,
};
