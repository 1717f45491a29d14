import type { GraphProto } from 'onnx-buf';
import { invalidArgument } from '../../arguments.js';
import type { Model } from '../model.js';
import { annotateGraph } from './annotate.js';
import type { Fact, Value } from './fact.js';
import type { Inference, ShapeProblem } from './inference.js';
import type { ShapeConflict } from './stated.js';

/** A size, the name of a dynamic size (`'batch'`, `'batch * 2'`), or undefined where nothing is known. */
export type Dim = number | string | undefined;

/** What is known about one tensor. */
export interface InferredTensor {
  /** An ONNX element type (`TensorProto.DataType`), also those without a typed array. */
  readonly elementType: number | undefined;
  /** Undefined where even the rank is unknown. */
  readonly dims: readonly Dim[] | undefined;
  /**
   * The elements, row-major, of a small tensor that shapes are computed from, as far as known.
   * Booleans are 0 and 1; numbers past 2^53 are rounded.
   */
  readonly values?: readonly Dim[] | undefined;
}

const unknown: InferredTensor = { elementType: undefined, dims: undefined };

/**
 * The tensors of a model and of its sub-graphs, with what is known about each.
 *
 * Sequences and optional values are no tensors: nothing is said of them, but what is taken out of
 * them is known. The tensors in the body of a model's function are not kept, as each call has
 * others.
 */
export class InferredShapes {
  /** Where the model states something else than follows from its graph. */
  readonly conflicts: readonly ShapeConflict[];
  /** What cannot be: nodes whose inputs do not fit each other. Their outputs are unknown. */
  readonly problems: readonly ShapeProblem[];
  readonly #main: GraphProto;
  readonly #graphs: ReadonlyMap<GraphProto, ReadonlyMap<string, Fact>>;
  readonly #parents: ReadonlyMap<GraphProto, GraphProto>;

  /** @internal */
  constructor(main: GraphProto, inference: Inference, problems: readonly ShapeProblem[]) {
    this.#main = main;
    this.#graphs = inference.graphs;
    this.#parents = inference.parents;
    this.conflicts = [...inference.conflicts.values()];
    this.problems = [...problems, ...inference.problems.values()];
  }

  /**
   * What is known about a tensor; nothing, for a name that the graph does not have.
   *
   * @param graph - the sub-graph that reads or writes the tensor, which may belong to a graph
   * around it; the model's own graph when left out.
   */
  tensor(name: string, graph: GraphProto = this.#main): InferredTensor {
    for (let at: GraphProto | undefined = graph; at; at = this.#parents.get(at)) {
      const found = this.#graphs.get(at)?.get(name);
      if (found) return toInferredTensor(found);
    }
    return unknown;
  }

  /**
   * A model like the one that was looked at, with what is known in its `value_info`, and in its
   * outputs where they state nothing or what is not so.
   *
   * @throws TypeError for another model.
   */
  writeTo(model: Model): Model {
    if (model.graph.proto !== this.#main) {
      throw invalidArgument('model', 'the model whose shapes were inferred', model);
    }
    const copy = model.clone();
    const wrong = new Set(this.conflicts.map(({ tensor }) => tensor));
    const look = (name: string, graph: GraphProto) => this.tensor(name, graph);
    annotateGraph(copy.graph.proto, this.#main, look, wrong);
    copy.graph.changed();
    return copy;
  }
}

function toInferredTensor({ type, dims, values }: Fact): InferredTensor {
  return {
    elementType: type,
    dims: dims?.map(toDim),
    ...(values && { values: values.map(toDim) }),
  };
}

function toDim(value: Value): Dim {
  if (typeof value !== 'object') return value;
  return value.anonymous ? undefined : value.key;
}
