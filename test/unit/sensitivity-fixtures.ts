import type { Model } from '../../dist/onnx/model.js';
import { openOnnxRuntime } from '../../dist/runtime/onnxruntime.js';
import { type Tensor, type TensorMap, tensor } from '../../dist/tensor.js';
import { buildModel, type ModelSpec, randomTensor } from './helpers.js';

const size = 16;
/** The attention of {@link encoder} has two heads of this size. */
const headSize = size / 2;

/**
 * A transformer encoder [batch, sequence, 16] with a mask, in the form that exporters write, and a
 * classifier of the first position: nodes `b0/q`, `b0/k`, `b0/v`, `b0/o`, `b0/up`, `b0/down`, ... and
 * `classifier`.
 *
 * @param badBlock - the block whose feed-forward weights make one channel thousands of times larger
 * than the others, between its two products; what comes out is as usual.
 */
export function encoder({ blocks = 2, badBlock = -1 } = {}): Model {
  const initializers: Record<string, Tensor> = {};
  const nodes: ModelSpec['nodes'][number][] = [];
  const weight = (name: string, dims: number[], seed: number) => {
    initializers[name] = randomTensor(dims, { seed, scale: Math.sqrt(3 / (dims[0] as number)) });
    return name;
  };
  const node = (opType: string, name: string, inputs: string[], attributes = {}) => {
    nodes.push({ opType, name, inputs, outputs: [`${name}_out`], attributes });
    return `${name}_out`;
  };
  initializers['heads'] = tensor('int64', [4], [0, 0, 2, headSize]);
  initializers['joined'] = tensor('int64', [3], [0, 0, size]);
  initializers['far'] = tensor('float32', [], [-10000]);
  initializers['one'] = tensor('float32', [], [1]);
  initializers['root'] = tensor('float32', [], [Math.sqrt(headSize)]);
  initializers['gamma'] = tensor('float32', [size], new Float32Array(size).fill(1));
  initializers['beta'] = tensor('float32', [size], new Float32Array(size));
  initializers['axes'] = tensor('int64', [2], [1, 2]);
  initializers['first'] = tensor('int64', [], [0]);

  const lifted = node('Unsqueeze', 'mask/lift', ['mask', 'axes']);
  const mask = node('Mul', 'mask/far', [node('Sub', 'mask/not', ['one', lifted]), 'far']);
  let x = 'x';
  for (let block = 0; block < blocks; block++) {
    const at = (name: string) => `b${block}/${name}`;
    const linear = (name: string, input: string, dims: number[], seed: number) =>
      node('MatMul', at(name), [input, weight(at(`${name}_w`), dims, 10 * block + seed)]);
    const heads = (name: string, seed: number, perm: number[]) =>
      node(
        'Transpose',
        at(`${name}/turn`),
        [node('Reshape', at(`${name}/split`), [linear(name, x, [size, size], seed), 'heads'])],
        { perm },
      );
    const queries = heads('q', 1, [0, 2, 1, 3]);
    const keys = heads('k', 2, [0, 2, 3, 1]);
    const values = heads('v', 3, [0, 2, 1, 3]);
    const scores = node('Div', at('scale'), [
      node('MatMul', at('scores'), [queries, keys]),
      'root',
    ]);
    const masked = node('Add', at('masked'), [scores, mask]);
    const shares = node('Softmax', at('softmax'), [masked], { axis: -1 });
    const context = node('MatMul', at('context'), [shares, values]);
    const turned = node('Transpose', at('back'), [context], { perm: [0, 2, 1, 3] });
    const attended = linear('o', node('Reshape', at('join'), [turned, 'joined']), [size, size], 4);
    const sum = node('Add', at('add'), [x, attended]);
    const middle = node('LayerNormalization', at('norm'), [sum, 'gamma', 'beta'], { axis: -1 });
    const up = node('Relu', at('relu'), [linear('up', middle, [size, 32], 5)]);
    const down = linear('down', up, [32, size], 6);
    if (block === badBlock) spoil(initializers, at('up_w'), at('down_w'));
    const total = node('Add', at('add2'), [middle, down]);
    x = node('LayerNormalization', at('norm2'), [total, 'gamma', 'beta'], { axis: -1 });
  }
  const pooled = node('Gather', 'first_position', [x, 'first'], { axis: 1 });
  weight('classifier_w', [size, 16], 99);
  nodes.push({
    opType: 'MatMul',
    name: 'classifier',
    inputs: [pooled, 'classifier_w'],
    outputs: ['y'],
  });
  return buildModel({
    inputs: [
      { name: 'x', type: 'float32', dims: ['batch', 'sequence', size] },
      { name: 'mask', type: 'float32', dims: ['batch', 'sequence'] },
    ],
    outputs: [{ name: 'y', type: 'float32', dims: ['batch', 16] }],
    initializers,
    nodes,
  });
}

/** Channel 0 of the hidden layer grows 4,000 times, and is taken back by the next product. */
function spoil(initializers: Record<string, Tensor>, up: string, down: string): void {
  const grow = 4000;
  const [first, second] = [initializers[up]?.data, initializers[down]?.data] as Float32Array[];
  first?.forEach((value, index) => {
    if (index % 32 === 0) first[index] = value * grow;
  });
  second?.forEach((value, index) => {
    if (index < size) second[index] = value / grow;
  });
}

/** Samples of different lengths, with padding. */
export function encoderSamples(count: number, seed = 1): TensorMap[] {
  return Array.from({ length: count }, (_, index) => {
    const [batch, length] = [2, 3 + (index % 3)];
    const mask = Float32Array.from({ length: batch * length }, (_, i) =>
      i === length - 1 ? 0 : 1,
    );
    return {
      x: randomTensor([batch, length, size], { seed: seed * 100 + index, scale: 2 }),
      mask: tensor('float32', [batch, length], mask),
    };
  });
}

/** In this process, which is faster than a process for each trial. */
export const open = (model: Model) => openOnnxRuntime(model, { threads: 1, int8: 'float' });
