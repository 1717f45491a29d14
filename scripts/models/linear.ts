/** Linear layers as torch.onnx writes them. */
import type { GraphBuilder } from './graph-builder.js';
import { vectorOf, type Weight, type Weights, weightOf } from './weights.js';

/** `encoder.layer.0.output` -> `/encoder/layer.0/output`, as torch.onnx scopes its nodes. */
export function scopeOf(name: string): string {
  return `/${name.replaceAll('.', '/').replace(/\/(\d+)/g, '.$1')}`;
}

/** On sequences of vectors: a product and a sum. */
export function addLinear(
  graph: GraphBuilder,
  weights: Weights,
  name: string,
  input: string,
  prefix = '',
): string {
  const scope = scopeOf(name);
  const weight = weightOf(weights, `${prefix}${name}.weight`);
  const [outputs = 0, inputs = 0] = weight.dims;
  const bias = vectorOf(weights, `${prefix}${name}.bias`, outputs);
  const matrix = graph.floats(`${name}.weight`, [inputs, outputs], transpose(weight));
  const product = graph.node('MatMul', scope, [input, matrix]);
  return graph.node('Add', scope, [product, graph.floats(`${name}.bias`, [outputs], bias.data)]);
}

/** On one vector each: a Gemm, which takes the weight as it is. */
export function addGemm(
  graph: GraphBuilder,
  weights: Weights,
  name: string,
  input: string,
  options: { output?: string } = {},
): string {
  const { dims, data } = weightOf(weights, `${name}.weight`);
  const bias = vectorOf(weights, `${name}.bias`, dims[0] ?? 0);
  const parameters = [
    graph.floats(`${name}.weight`, dims, data),
    graph.floats(`${name}.bias`, bias.dims, bias.data),
  ];
  return graph.node('Gemm', scopeOf(name), [input, ...parameters], {
    attributes: { transB: 1 },
    ...options,
  });
}

/** PyTorch keeps a linear layer as `[outputs, inputs]`; MatMul wants `[inputs, outputs]`. */
function transpose({ dims, data }: Weight): Float32Array {
  const [rows = 0, columns = 0] = dims;
  const result = new Float32Array(data.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      result[column * rows + row] = data[row * columns + column] as number;
    }
  }
  return result;
}
