import { TensorProto_DataType as ElementType, type GraphProto } from 'onnx-buf';
import { getInt } from '../../dist/onnx/attributes.js';
import { subgraphsOf } from '../../dist/onnx/graph/subgraphs.js';
import type { Model } from '../../dist/onnx/model.js';
import { numbersOf } from '../../dist/onnx/tensor/numbers.js';
import type { HalfModel, PrecisionDecision } from '../../dist/precision/report.js';
import { openOnnxRuntime } from '../../dist/runtime/onnxruntime.js';
import type { Tensor, TensorMap } from '../../dist/tensor.js';

/** The casts of a model and its sub-graphs, as `'x -> FLOAT16 as y'`. */
export function castsOf(model: Model): string[] {
  return castsIn(model.graph.proto);
}

function castsIn(graph: GraphProto): string[] {
  return graph.node.flatMap((node) => {
    const inner = subgraphsOf(node).flatMap(castsIn);
    if (node.opType !== 'Cast') return inner;
    const to = ElementType[getInt(node, 'to') ?? 0];
    return [`${node.input[0]} -> ${to} as ${node.output[0]}`, ...inner];
  });
}

/** The element type of an initializer, by the name of the specification. */
export function storedType(model: Model, name: string): string | undefined {
  const tensor = model.graph.initializer(name);
  return tensor && ElementType[tensor.dataType];
}

/** @throws Error when the report does not have the node. */
export function decisionOn(model: HalfModel, name: string): PrecisionDecision {
  const found = model.report.nodes.find(({ node }) => node === name);
  if (!found) throw new Error(`No decision on ${name}`);
  return found;
}

/** The names of the nodes that stay FP32. */
export function islandsOf(model: HalfModel): string[] {
  return model.report.nodes.filter(({ action }) => action === 'float').map(({ node }) => node);
}

/** What ONNX Runtime computes. */
export async function outputsOf(model: Model, feeds: TensorMap): Promise<TensorMap> {
  await using runtime = await openOnnxRuntime(model);
  return await runtime.infer(feeds);
}

/** The largest difference between what two models give, by ONNX Runtime. */
export async function distance(model: Model, other: Model, feeds: TensorMap): Promise<number> {
  const [expected, actual] = [await outputsOf(model, feeds), await outputsOf(other, feeds)];
  const names = Object.keys(expected);
  return Math.max(
    ...names.flatMap((name) => {
      const [left, right] = [expected[name], actual[name]].map((value) =>
        numbersOf(value as Tensor),
      );
      return left?.map((value, i) => Math.abs(value - Number(right?.[i]))) ?? [];
    }),
  );
}
