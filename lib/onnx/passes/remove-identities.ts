import type { NodeProto } from 'onnx-buf';
import { checkOptions } from '../../arguments.js';
import { getInt, getInts } from '../attributes.js';
import type { Graph } from '../graph/graph.js';
import type { Model } from '../model.js';
import { inferShapes } from '../shapes/infer-shapes.js';
import type { Dim, InferredTensor } from '../shapes/inferred-shapes.js';
import { refersToAttributes } from '../tensor/constants.js';
import { scalarValue } from '../tensor/numbers.js';
import { constantNumbers, fixedConstant } from './constant-numbers.js';
import { mergeChain } from './merge-chains.js';
import { type PassResult, type Report, runPass } from './pass.js';

/**
 * Removes the nodes whose output is their input: `Identity`, `Dropout` (which does nothing but in
 * training), `Cast` to the type that a tensor has, `Transpose`, `Reshape`, `Expand` and `Pad` that
 * change nothing, `Concat`, `Sum`, `Max`, `Min` and `Mean` of one tensor. Chains of `Transpose`, and
 * of reshapes, become one node; a `Squeeze` or an `Unsqueeze` that undoes the other goes.
 *
 * What links an input or a weight of a graph to one of its outputs stays.
 */
export async function removeIdentities(
  model: Model,
  options: { signal?: AbortSignal | undefined } = {},
): Promise<PassResult> {
  checkOptions('options', options, ['signal']);
  return runPass('removeIdentities', model, (copy, report) =>
    removeIdentitiesIn(copy, report, options.signal),
  );
}

export async function removeIdentitiesIn(
  model: Model,
  report: Report,
  signal?: AbortSignal,
): Promise<void> {
  const shapes = await inferShapes(model, { signal });
  for (const graph of model.graphs()) {
    const known = (tensor: string) => shapes.tensor(tensor, graph.proto);
    const place: Place = { model, graph, known };
    const removed: NodeProto[] = [];
    for (const node of [...graph.nodes]) {
      if (node.domain !== '' || refersToAttributes(node)) continue;
      const current = mergeChain(model, graph, node, report);
      const source = sourceOf(current, place);
      if (source !== undefined && bypass(graph, current, source)) {
        removed.push(current);
        report(current, `removed the ${current.opType}, which changes nothing`);
      }
    }
    graph.removeNodes(removed);
  }
}

interface Place {
  readonly model: Model;
  readonly graph: Graph;
  readonly known: (tensor: string) => InferredTensor;
}

type Rule = (node: NodeProto, place: Place) => boolean;

const hasOneInput: Rule = ({ input }) => input.length === 1;

const rules: Readonly<Record<string, Rule>> = {
  Identity: () => true,
  Concat: hasOneInput,
  Sum: hasOneInput,
  Max: hasOneInput,
  Min: hasOneInput,
  Mean: hasOneInput,

  Cast: (node, { known }) => known(node.input[0] ?? '').elementType === getInt(node, 'to'),

  Dropout: (node, { model, graph }) => {
    const [, mask = ''] = node.output;
    if (graph.isOutput(mask) || graph.consumers(mask).length > 0) return false;
    const training = node.input[2] ?? '';
    if (model.opset < 12 || training === '') return true;
    const value = fixedConstant(model, graph, training);
    return value !== undefined && scalarValue(value) === 0;
  },

  Transpose: (node) => getInts(node, 'perm')?.every((axis, index) => axis === index) ?? false,

  Reshape: (node, { model, graph, known }) => {
    const { dims } = known(node.input[0] ?? '');
    const shape = constantNumbers(model, graph, node.input[1]);
    if (!dims || shape?.length !== dims.length || getInt(node, 'allowzero')) return false;
    // One size that is not known may be left to the rest: the number of elements is the same.
    return shape.filter((size, axis) => !keepsDim(size, dims[axis])).length <= freeSizes(shape);
  },

  Expand: (node, { model, graph, known }) => {
    const { dims } = known(node.input[0] ?? '');
    const shape = constantNumbers(model, graph, node.input[1]);
    return (
      dims !== undefined &&
      shape !== undefined &&
      shape.length <= dims.length &&
      shape.every((size) => size === 1)
    );
  },

  Pad: (node, { model, graph }) => {
    const pads =
      model.opset < 11 ? getInts(node, 'pads') : constantNumbers(model, graph, node.input[1]);
    return pads?.every((pad) => pad === 0) ?? false;
  },
};

/** The tensor that a node's output is a copy of. */
function sourceOf(node: NodeProto, place: Place): string | undefined {
  if (rules[node.opType]?.(node, place)) return node.input[0];
  const before = place.graph.producer(node.input[0] ?? '');
  return before && undoes(node, before, place) ? before.input[0] : undefined;
}

const opposites: Readonly<Record<string, string>> = { Squeeze: 'Unsqueeze', Unsqueeze: 'Squeeze' };

/** Whether a node removes the axes that the one before it added, or adds those that it removed. */
function undoes(node: NodeProto, before: NodeProto, { model, graph }: Place): boolean {
  if (before.domain !== '' || before.opType !== opposites[node.opType]) return false;
  const axesOf = ({ attribute, input }: NodeProto) =>
    attribute.find(({ name }) => name === 'axes')?.ints.map(Number) ??
    constantNumbers(model, graph, input[1]);
  const axes = axesOf(node)?.toSorted();
  const others = axesOf(before)?.toSorted();
  // Both operators count axes in the tensor that has more of them.
  return axes !== undefined && `${axes}` === `${others}`;
}

function keepsDim(size: number, dim: Dim): boolean {
  return size === 0 || size === dim;
}

function freeSizes(shape: readonly number[]): number {
  return shape.filter((size) => size === -1).length;
}

/** Lets all who read a node's output read its source; false where the node has to stay. */
function bypass(graph: Graph, node: NodeProto, source: string): boolean {
  const [result = ''] = node.output;
  if (graph.isOutput(result) && (!graph.producer(source) || graph.isOutput(source))) return false;
  graph.replaceUses(result, source, { except: [node] });
  return true;
}
