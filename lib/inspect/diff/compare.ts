import { toBinary } from '@bufbuild/protobuf';
import { FunctionProtoSchema, type ModelProto, type NodeProto } from 'onnx-buf';
import type { Model } from '../../onnx/model.js';
import { summariseValue } from '../values.js';
import { attributesOf, digest } from './attributes.js';
import type { ChangedNode, DifferentNode, ModelDifference, PropertyChange } from './difference.js';
import { firstOutput, type MatchedNodes, matchNodes } from './match-nodes.js';
import { compareWeights } from './weights.js';

/**
 * Finds what differs between two models: what they say of themselves, inputs and outputs, nodes
 * and weights. External weights are read piece by piece.
 *
 * @throws TensorRTError `ERR_FILE`, `ERR_ONNX_EXTERNAL_DATA` when weights cannot be read.
 */
export async function compareModels(
  before: Model,
  after: Model,
  options: { signal?: AbortSignal | undefined } = {},
): Promise<ModelDifference> {
  const matched = matchNodes(before.graph.proto, after.graph.proto);
  const changed = matched.pairs.flatMap(([a, b]) => changedNode(a, b, matched));
  const parts = {
    properties: changes(propertiesOf(before.proto), propertiesOf(after.proto)),
    inputs: changes(valuesOf(before, 'input'), valuesOf(after, 'input')),
    outputs: changes(valuesOf(before, 'output'), valuesOf(after, 'output')),
    nodes: {
      unchanged: matched.pairs.length - changed.length,
      added: matched.added.map(different),
      removed: matched.removed.map(different),
      changed,
    },
    weights: await compareWeights(before, after, matched.nameBefore, options.signal),
  };
  return { same: isSame(parts), ...parts };
}

function isSame({ properties, inputs, outputs, nodes, weights }: Omit<ModelDifference, 'same'>) {
  const lists = [properties, inputs, outputs, nodes.added, nodes.removed, nodes.changed];
  return [...lists, weights.added, weights.removed, weights.changed].every((l) => l.length === 0);
}

/** What has another value in the second map than in the first, or is in one of them alone. */
function changes(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): PropertyChange[] {
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((name) => {
    const [a = null, b = null] = [before.get(name), after.get(name)];
    return a === b ? [] : [{ name, before: a, after: b }];
  });
}

function propertiesOf(model: ModelProto): Map<string, string> {
  const fields: [string, string][] = [
    ['IR version', `${model.irVersion}`],
    ['producer', `${model.producerName} ${model.producerVersion}`.trim()],
    ['domain', model.domain],
    ['model version', `${model.modelVersion}`],
    ['description', model.docString],
    ['graph', model.graph?.name ?? ''],
  ];
  const opsets = model.opsetImport.map(({ domain, version }): [string, string] => [
    `opset ${domain || 'ai.onnx'}`,
    `${version}`,
  ]);
  const metadata = model.metadataProps.map(({ key, value }): [string, string] => [
    `metadata ${key}`,
    value,
  ]);
  const functions = model.functions.map((proto): [string, string] => [
    `function ${proto.domain}::${proto.name}${proto.overload && `:${proto.overload}`}`,
    `${proto.node.length} nodes #${digest(toBinary(FunctionProtoSchema, proto))}`,
  ]);
  return new Map([...fields, ...opsets, ...metadata, ...functions]);
}

function valuesOf({ graph }: Model, kind: 'input' | 'output'): Map<string, string> {
  return new Map(
    graph.proto[kind]
      .filter(({ name }) => kind === 'output' || !graph.initializer(name))
      .map((value) => {
        const { name, type, dims } = summariseValue(value);
        return [name, dims ? `${type} [${dims.map((dim) => dim ?? '?').join(', ')}]` : type];
      }),
  );
}

function different(node: NodeProto): DifferentNode {
  return { name: node.name, opType: node.opType, output: firstOutput(node) };
}

function changedNode(
  before: NodeProto,
  after: NodeProto,
  { nameBefore }: MatchedNodes,
): ChangedNode[] {
  const found = changes(
    describe(before, (name) => name),
    describe(after, nameBefore),
  );
  return found.length === 0 ? [] : [{ ...different(after), changes: found }];
}

/** A node's name and those of its tensors are no part of what it does, so far as they were followed. */
function describe(node: NodeProto, nameBefore: (name: string) => string): Map<string, string> {
  const attributes = [...attributesOf(node)].map(([name, text]): [string, string] => [
    `attribute ${name}`,
    text,
  ]);
  const inputs = node.input.map((name, index): [string, string] => [
    `input ${index}`,
    nameBefore(name),
  ]);
  return new Map([
    ['operator', node.domain ? `${node.domain}::${node.opType}` : node.opType],
    ['outputs', `${node.output.length}`],
    ...inputs,
    ...attributes,
  ]);
}
