import type { NodeProto } from 'onnx-buf';
import type { Graph } from '../../onnx/graph/graph.js';
import { tensorsReadBy } from '../../onnx/graph/subgraphs.js';
import type { Model } from '../../onnx/model.js';
import { inferShapes } from '../../onnx/shapes/infer-shapes.js';
import type { InferredShapes } from '../../onnx/shapes/inferred-shapes.js';
import { toDataType } from '../../onnx/tensor/element-types.js';
import { toValueInfoProto, type ValueInfo } from '../../onnx/value-info.js';
import { nodesBehind } from './sensitivity-flow.js';

/** The part of a model that depends on some of its nodes: all that a change of those can change. */
export interface Cut {
  /** What the part reads of the rest: its inputs, beside those of the model. */
  readonly boundary: readonly ValueInfo[];
  /** The outputs of the model that the part computes. The others do not change. */
  readonly outputs: readonly string[];
  /** How many of the model's nodes are in the part. */
  readonly nodes: number;
}

/** Finds cuts of one model. */
export class Cutter {
  readonly #graph: Graph;
  readonly #nodes: ReadonlyMap<string, NodeProto>;
  readonly #shapes: InferredShapes;
  /** The nodes that depend on inputs of the model; the others compute constants. */
  readonly #dynamic: ReadonlySet<NodeProto>;

  private constructor({ graph }: Model, shapes: InferredShapes) {
    this.#graph = graph;
    this.#nodes = new Map(graph.nodes.map((node) => [node.name, node]));
    this.#shapes = shapes;
    this.#dynamic = nodesBehind(
      graph,
      graph.inputs.flatMap(({ name }) => graph.consumers(name)),
    );
  }

  /** @param model - whose nodes all have names. */
  static async of(model: Model, signal?: AbortSignal): Promise<Cutter> {
    return new Cutter(model, await inferShapes(model, { signal }));
  }

  /** The part that depends on nodes of these names. */
  cut(names: readonly string[]): Cut {
    const graph = this.#graph;
    const starts = names.flatMap((name) => this.#nodes.get(name) ?? []);
    const part = nodesBehind(graph, starts);
    const boundary = new Map<string, ValueInfo>();
    // What cannot be handed over is computed in the part as well, which may need more in turn.
    for (const node of part) {
      for (const tensor of tensorsReadBy(node)) {
        const producer = graph.producer(tensor);
        if (!producer || part.has(producer) || !this.#dynamic.has(producer)) continue;
        const value = this.#valueInfo(tensor);
        if (value) boundary.set(tensor, value);
        else part.add(producer);
      }
    }
    for (const tensor of boundary.keys()) {
      if (part.has(graph.producer(tensor) as NodeProto)) boundary.delete(tensor);
    }
    const outputs = graph.outputs.flatMap(({ name }) => {
      const producer = graph.producer(name);
      return producer && part.has(producer) ? [name] : [];
    });
    return { boundary: [...boundary.values()], outputs, nodes: part.size };
  }

  /** Undefined for what cannot be fed: sequences, texts, bfloat16, and what is not known. */
  #valueInfo(name: string): ValueInfo | undefined {
    const { elementType, dims } = this.#shapes.tensor(name);
    const type = elementType === undefined ? undefined : toDataType(elementType);
    if (type === undefined || type === 'bfloat16') return undefined;
    return { name, type, dims: dims && [...dims] };
  }
}

/**
 * Reduces a model to the part that a cut of it says. The model may have been quantized since, as long
 * as the tensors of the boundary are the same.
 */
export function keepPart({ graph }: Model, { boundary, outputs }: Cut): void {
  const { proto } = graph;
  const given = new Set(boundary.map(({ name }) => name));
  for (const node of proto.node) {
    // A node that nobody reads from goes with the rest.
    node.output = node.output.map((name) => (given.has(name) ? '' : name));
  }
  proto.output = proto.output.filter(({ name }) => outputs.includes(name));
  proto.valueInfo = proto.valueInfo.filter(({ name }) => !given.has(name));
  proto.input.push(...boundary.map(toValueInfoProto));
  graph.changed();
  graph.removeUnused();
  proto.input = proto.input.filter(({ name }) => graph.consumers(name).length > 0);
  graph.changed();
}
