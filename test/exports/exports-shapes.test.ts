import { TensorProto_DataType as ElementType, type GraphProto } from 'onnx-buf';
import { inferShapes, Model, Runtime, type Tensor, type TensorMap } from 'tensorrt-node';
import { describe, expect, test } from 'vitest';
import { subgraphsOf } from '../../dist/onnx/graph/subgraphs.js';
import { substitute } from '../../dist/onnx/shapes/bounds.js';
import type { Dim, InferredShapes } from '../../dist/onnx/shapes/inferred-shapes.js';
import { parseSize } from '../../dist/onnx/shapes/parse-expression.js';
import { exportNames, feedsFor, pathOf } from './exports.js';

/*
 * What shape inference says about every tensor of the exports, held against the tensors that ONNX
 * Runtime computes at two sizes. What the models state is taken away before.
 */

describe.each(exportNames)('%s', (name) => {
  test.each(['opt', 'max'] as const)('has the tensors that were inferred, at %s', async (bound) => {
    const model = await Model.load(pathOf(name));
    const feeds = feedsFor(model, bound);
    const actual = Object.entries(await runAll(model, feeds));
    forgetWhatIsStated(model.graph.proto);

    const symbolic = await inferShapes(model);
    const sizes = sizesOf(model, feeds);
    expect(symbolic.problems).toEqual([]);
    expect(actual.filter((one) => !agrees(symbolic, one, sizes)).map(([tensor]) => tensor)).toEqual(
      [],
    );

    // What comes out of branches depends on what is fed.
    if (model.graph.nodes.some(({ opType }) => opType === 'If')) return;
    const inputs = Object.fromEntries(entriesOfDims(feeds));
    const fixed = await inferShapes(model, { inputs });
    const open = actual.filter(
      ([tensor, { dims }]) => `${fixed.tensor(tensor).dims}` !== `${dims}`,
    );
    expect(open.map(([tensor]) => tensor)).toEqual([]);
  });
});

/** Runs a model with all its tensors as outputs. */
async function runAll(model: Model, feeds: TensorMap): Promise<TensorMap> {
  const observed = model.clone();
  for (const output of observed.graph.nodes.flatMap((node) => node.output)) {
    if (output === '' || observed.graph.isOutput(output)) continue;
    observed.graph.addOutput({ name: output, type: undefined, dims: undefined });
  }
  await using runtime = await Runtime.load(observed, {
    runtime: 'onnxruntime',
    threads: 1,
    isolate: false,
  });
  return await runtime.infer(feeds);
}

function forgetWhatIsStated(graph: GraphProto): void {
  graph.valueInfo = [];
  for (const output of graph.output) delete output.type;
  for (const node of graph.node) subgraphsOf(node).forEach(forgetWhatIsStated);
}

function entriesOfDims(feeds: TensorMap) {
  return Object.entries(feeds).map(([input, { dims }]) => [input, dims] as const);
}

/** The sizes of the named dimensions. */
function sizesOf(model: Model, feeds: TensorMap): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const { name, dims = [] } of model.inputs) {
    dims.forEach((dim, axis) => {
      if (typeof dim === 'string') sizes.set(dim, feeds[name]?.dims[axis] as number);
    });
  }
  return sizes;
}

/** Whether the type is known and right, and no size is wrong at the sizes that were fed. */
function agrees(
  shapes: InferredShapes,
  [tensor, actual]: readonly [string, Tensor],
  sizes: ReadonlyMap<string, number>,
): boolean {
  const { elementType, dims } = shapes.tensor(tensor);
  return (
    elementType === elementTypes[actual.type] &&
    dims?.length === actual.dims.length &&
    dims.every((dim, axis) => dim === undefined || evaluate(dim, sizes) === actual.dims[axis])
  );
}

const elementTypes: Readonly<Record<Tensor['type'], ElementType>> = {
  float32: ElementType.FLOAT,
  float64: ElementType.DOUBLE,
  float16: ElementType.FLOAT16,
  bfloat16: ElementType.BFLOAT16,
  int8: ElementType.INT8,
  int16: ElementType.INT16,
  int32: ElementType.INT32,
  int64: ElementType.INT64,
  uint8: ElementType.UINT8,
  uint16: ElementType.UINT16,
  uint32: ElementType.UINT32,
  uint64: ElementType.UINT64,
  bool: ElementType.BOOL,
};

function evaluate(dim: Dim, sizes: ReadonlyMap<string, number>): unknown {
  return typeof dim === 'string' ? substitute(parseSize(dim), sizes) : dim;
}
