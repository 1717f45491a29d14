import { create } from '@bufbuild/protobuf';
import {
  GraphProtoSchema,
  ModelProtoSchema,
  type NodeProto,
  type TensorProto,
  ValueInfoProtoSchema,
} from 'onnx-buf';
import { TensorRTError } from '../../errors.js';
import { elementCount, type Tensor, type TensorMap } from '../../tensor.js';
import type { Graph } from '../graph/graph.js';
import { copyMessage } from '../messages.js';
import { Model } from '../model.js';
import { storedBytes, toDataType } from '../tensor/element-types.js';
import { fixedConstant } from './constant-numbers.js';

/** Runs a model without inputs, and returns its outputs. */
export type Evaluator = (model: Model, signal?: AbortSignal) => Promise<TensorMap>;

interface Request {
  readonly model: Model;
  readonly graph: Graph;
  readonly isFoldable: (node: NodeProto) => boolean;
  readonly maxBytes: number;
  readonly evaluator: Evaluator;
  readonly signal: AbortSignal | undefined;
}

/**
 * Has a runtime compute the nodes that depend on constants alone, all in one run. What it refuses, or
 * makes larger than wanted, stays as it is.
 */
export async function evaluateRest(request: Request): Promise<Map<NodeProto, Tensor[]>> {
  const { graph, maxBytes, evaluator, signal } = request;
  const part = constantPart(request);
  const outputs = part.nodes.flatMap(({ output }) => output.filter((name) => name !== ''));
  if (outputs.length === 0) return new Map();
  const computed = await run(() => evaluator(modelOf(request, part, outputs), signal));
  const isSmall = (name: string) => (computed[name]?.data.byteLength ?? Infinity) <= maxBytes;
  const isRead = (name: string) => graph.consumers(name).length > 0;
  const done = part.nodes.filter(({ output }) => output.filter(isRead).every(isSmall));
  return new Map(done.map((node) => [node, node.output.map((name) => computed[name] as Tensor)]));
}

interface Part {
  readonly nodes: NodeProto[];
  readonly constants: Map<string, TensorProto>;
}

function constantPart({ model, graph, isFoldable, maxBytes }: Request): Part {
  const made = new Set<string>();
  const constants = new Map<string, TensorProto>();
  const isConstant = (name: string): boolean => {
    if (name === '' || made.has(name) || constants.has(name)) return true;
    const value = fixedConstant(model, graph, name);
    if (!value || !isCarried(value, maxBytes)) return false;
    constants.set(name, value);
    return true;
  };
  const nodes = graph.nodes.filter((node) => {
    if (!isFoldable(node) || node.input.length === 0 || !node.input.every(isConstant)) return false;
    for (const output of node.output) made.add(output);
    return true;
  });
  return { nodes, constants };
}

function isCarried({ dataType, dims }: TensorProto, maxBytes: number): boolean {
  if (toDataType(dataType) === undefined) return false;
  return (storedBytes(dataType, elementCount(dims.map(Number))) ?? Infinity) <= maxBytes;
}

/** The constant part of a graph as a model of its own, of which all results are outputs. */
function modelOf({ model }: Request, { nodes, constants }: Part, outputs: string[]): Model {
  const { irVersion, opsetImport } = model.proto;
  const { directory } = model.externalData;
  const proto = create(ModelProtoSchema, {
    // From IR version 4 on, initializers need not be inputs.
    irVersion: irVersion < 4n ? 4n : irVersion,
    opsetImport: opsetImport.map(copyMessage),
    graph: create(GraphProtoSchema, {
      name: 'constants',
      node: nodes.map(copyMessage),
      initializer: [...constants].map(([name, value]) =>
        Object.assign(copyMessage(value), { name }),
      ),
      output: outputs.map((name) => create(ValueInfoProtoSchema, { name })),
    }),
  });
  return Model.fromProto(proto, directory === undefined ? {} : { directory });
}

async function run(compute: () => Promise<TensorMap>): Promise<TensorMap> {
  try {
    return await compute();
  } catch (error) {
    if (error instanceof TensorRTError && error.code === 'ERR_RUNTIME') return {};
    throw error;
  }
}
