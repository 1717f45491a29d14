import type { NodeProto } from 'onnx-buf';
import { getInt, getString, setAttributes } from '../../attributes.js';
import { constantNumbers } from '../constant-numbers.js';
import { type Site, setInput, take } from './site.js';

/** Raises a node by one opset; returns whether it changed. */
export type Step = (node: NodeProto, site: Site) => boolean;

/** Moves an attribute with a list of integers to an input. */
function intsToInput(attribute: string, index = 1): Step {
  return (node, site) => {
    const values = take(node, attribute)?.ints.map(Number);
    if (!values) return false;
    setInput(node, index, site.ints(attribute, values));
    return true;
  };
}

const axesToInput = intsToInput('axes');

/** Until opset 12 what follows the axis was one dimension; from 13 on the axis is the only one. */
const softmax: Step = (node, site) => {
  const [input = ''] = node.input;
  const [output = ''] = node.output;
  const { dims } = site.known(input);
  const axis = getInt(node, 'axis') ?? 1;
  const isLast = axis === -1 || axis === (dims?.length ?? 0) - 1;
  setAttributes(node, { axis: isLast ? axis : -1 });
  if (isLast) return true;
  const { graph } = site;
  const [shape, flat, result] = ['shape', 'flat', 'flat_result'].map((what) =>
    graph.uniqueName(`${output}_${what}`),
  ) as [string, string, string];
  graph.addNode({ opType: 'Shape', inputs: [input], outputs: [shape] }, { before: node });
  const attributes = { axis };
  graph.addNode(
    { opType: 'Flatten', inputs: [input], outputs: [flat], attributes },
    { before: node },
  );
  node.input[0] = flat;
  node.output[0] = result;
  graph.addNode({ opType: 'Reshape', inputs: [result, shape], outputs: [output] }, { after: node });
  return true;
};

const sliceToInputs: Step = (node, site) => {
  intsToInput('starts', 1)(node, site);
  intsToInput('ends', 2)(node, site);
  intsToInput('axes', 3)(node, site);
  return true;
};

const topKToInput: Step = (node, site) => {
  const k = Number(take(node, 'k')?.i ?? 0n);
  setInput(node, 1, site.ints('k', [k]));
  return true;
};

const clipToInputs: Step = (node, site) => {
  const min = take(node, 'min')?.f;
  const max = take(node, 'max')?.f;
  if (min !== undefined) setInput(node, 1, site.scalarLikeInput(node, 'min', min));
  if (max !== undefined) setInput(node, 2, site.scalarLikeInput(node, 'max', max));
  return min !== undefined || max !== undefined;
};

const padToInputs: Step = (node, site) => {
  intsToInput('pads')(node, site);
  const value = take(node, 'value')?.f ?? 0;
  if (value !== 0) setInput(node, 2, site.scalarLikeInput(node, 'value', value));
  return true;
};

const dropoutToInputs: Step = (node, site) => {
  const ratio = take(node, 'ratio')?.f;
  if (ratio === undefined) return false;
  setInput(node, 1, site.scalar('ratio', 'float32', ratio));
  return true;
};

const upsampleToInput: Step = (node, site) => {
  const scales = take(node, 'scales')?.floats;
  if (!scales) throw site.cannot(node, 'it has no scales');
  setInput(node, 1, site.floats('scales', scales));
  return true;
};

const upsampleToResize: Step = (node) => {
  node.opType = 'Resize';
  return true;
};

/** Opset 10 has no choice of how coordinates are found; these are what it did. */
const resize: Step = (node, site) => {
  const [input = '', scales = ''] = node.input;
  setAttributes(node, { coordinate_transformation_mode: 'asymmetric' });
  if ((getString(node, 'mode') ?? 'nearest') === 'nearest') {
    const factors = constantNumbers(site.model, site.graph, scales);
    if (!factors) throw site.cannot(node, 'its scales are not constant');
    const grows = factors.every((factor) => factor >= 1);
    if (!grows && factors.some((factor) => factor > 1)) {
      throw site.cannot(node, 'it makes one axis larger and another one smaller');
    }
    setAttributes(node, { nearest_mode: grows ? 'floor' : 'ceil' });
  }
  node.input = [input, site.floats('roi', []), scales];
  return true;
};

const resizeWithoutTensorFlowMode: Step = (node, site) => {
  if (getString(node, 'coordinate_transformation_mode') === 'tf_half_pixel_for_nn') {
    throw site.cannot(node, 'opset 13 dropped its way to find coordinates, tf_half_pixel_for_nn');
  }
  return false;
};

const scatterElements: Step = (node) => {
  node.opType = 'ScatterElements';
  return true;
};

/** `spatial` 0 had a mean for each pixel, which later opsets do not have. */
const batchNormalizationWithoutSpatial: Step = (node, site) => {
  const spatial = take(node, 'spatial')?.i;
  if (spatial === 0n) throw site.cannot(node, 'its statistics differ from pixel to pixel');
  return spatial !== undefined;
};

const batchNormalizationOneOutput: Step = (node, site) => {
  if (node.output.slice(1).some((output) => output !== '')) {
    throw site.cannot(node, 'it is made for training');
  }
  node.output.length = 1;
  return false;
};

const splitCount: Step = (node) => {
  if (node.input[1]) return false;
  setAttributes(node, { num_outputs: node.output.length });
  return true;
};

const roiAlign: Step = (node) => {
  setAttributes(node, { coordinate_transformation_mode: 'output_half_pixel' });
  return true;
};

const gridSampleModes: Step = (node) => {
  const names: Record<string, string> = { bilinear: 'linear', bicubic: 'cubic' };
  const mode = names[getString(node, 'mode') ?? ''];
  if (mode) setAttributes(node, { mode });
  return mode !== undefined;
};

const dftAxis: Step = (node, site) => {
  const axis = Number(take(node, 'axis')?.i ?? 1n);
  setInput(node, 2, site.scalar('axis', 'int64', axis));
  return true;
};

const cannot =
  (why: string): Step =>
  (node, site) => {
    throw site.cannot(node, why);
  };

/**
 * What has to be done for an operator to mean the same in an opset, by the opset and the operator.
 * Everything else means the same as before: later opsets only add types, attributes and inputs
 * (ONNX, docs/Changelog.md).
 */
export const steps: Readonly<Record<number, Readonly<Record<string, Step>>>> = {
  9: {
    BatchNormalization: batchNormalizationWithoutSpatial,
    Upsample: upsampleToInput,
    Scan: cannot('opset 9 dropped its batch axis'),
  },
  10: { Slice: sliceToInputs, TopK: topKToInput, Upsample: upsampleToResize },
  11: { Clip: clipToInputs, Pad: padToInputs, Resize: resize, Scatter: scatterElements },
  12: { Dropout: dropoutToInputs },
  13: {
    Squeeze: axesToInput,
    Unsqueeze: axesToInput,
    ReduceSum: axesToInput,
    Split: intsToInput('split'),
    Softmax: softmax,
    LogSoftmax: softmax,
    Hardmax: softmax,
    Resize: resizeWithoutTensorFlowMode,
  },
  14: { BatchNormalization: batchNormalizationOneOutput },
  16: { RoiAlign: roiAlign },
  18: {
    ReduceL1: axesToInput,
    ReduceL2: axesToInput,
    ReduceLogSum: axesToInput,
    ReduceLogSumExp: axesToInput,
    ReduceMax: axesToInput,
    ReduceMean: axesToInput,
    ReduceMin: axesToInput,
    ReduceProd: axesToInput,
    ReduceSumSquare: axesToInput,
    Split: splitCount,
  },
  20: { DFT: dftAxis, GridSample: gridSampleModes },
  21: { GroupNormalization: cannot('opset 21 has scales for channels, not for groups') },
};
