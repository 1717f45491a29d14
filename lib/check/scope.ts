import type { NodeProto, TensorProto } from 'onnx-buf';
import type { NodeReference } from '../errors.js';
import { Graph } from '../onnx/graph/graph.js';
import { subgraphsOf } from '../onnx/graph/subgraphs.js';
import type { Dim, InferredShapes, InferredTensor } from '../onnx/shapes/inferred-shapes.js';

/** A node and where it stands. */
export interface Site {
  readonly node: NodeProto;
  readonly scope: Scope;
  readonly reference: NodeReference;
}

/** A graph, or a sub-graph that also sees the tensors of the graphs around it. */
export class Scope {
  readonly graph: Graph;
  readonly sites: readonly Site[];
  readonly #outer: Scope | undefined;
  readonly #shapes: InferredShapes;

  constructor(graph: Graph, shapes: InferredShapes, outer?: Scope) {
    this.graph = graph;
    this.#shapes = shapes;
    this.#outer = outer;
    this.sites = graph.nodes.map((node, index) => ({
      node,
      scope: this,
      reference: {
        ...(node.name && { name: node.name }),
        opType: node.opType,
        // In a sub-graph a position says nothing to somebody who looks at the model.
        ...(outer === undefined && { index }),
      },
    }));
  }

  get isMain(): boolean {
    return this.#outer === undefined;
  }

  producer(tensor: string): NodeProto | undefined {
    return this.#home(tensor)?.graph.producer(tensor);
  }

  constant(tensor: string): TensorProto | undefined {
    return this.#home(tensor)?.graph.constant(tensor);
  }

  consumers(tensor: string): readonly NodeProto[] {
    return this.graph.consumers(tensor);
  }

  isOutput(tensor: string): boolean {
    return this.graph.isOutput(tensor);
  }

  tensor(name: string): InferredTensor {
    const constant = this.constant(name);
    if (constant) return { elementType: constant.dataType, dims: constant.dims.map(Number) };
    const here = this.#shapes.tensor(name, this.graph.proto);
    if (here.elementType !== undefined || here.dims || !this.#outer) return here;
    return this.#outer.tensor(name);
  }

  elementType(tensor: string): number | undefined {
    return this.tensor(tensor).elementType;
  }

  dims(tensor: string): readonly Dim[] | undefined {
    return this.tensor(tensor).dims;
  }

  /** The innermost scope that has a tensor. */
  #home(tensor: string): Scope | undefined {
    const { graph } = this;
    if (graph.producer(tensor) || graph.initializer(tensor)) return this;
    return this.#outer === undefined ? undefined : this.#outer.#home(tensor);
  }
}

/** A graph's scope and those of all its sub-graphs, the outermost first. */
export function scopesOf(graph: Graph, shapes: InferredShapes): Scope[] {
  const scopes: Scope[] = [];
  const add = (scope: Scope): void => {
    scopes.push(scope);
    for (const { node } of scope.sites) {
      for (const inner of subgraphsOf(node)) add(new Scope(new Graph(inner), shapes, scope));
    }
  };
  add(new Scope(graph, shapes));
  return scopes;
}
