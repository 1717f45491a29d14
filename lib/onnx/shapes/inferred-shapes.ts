import type { GraphProto } from 'onnx-buf';

/** A size, the name of a dynamic size (`'batch'`, `'batch * 2'`), or undefined where nothing is known. */
export type Dim = number | string | undefined;

/** What is known about one tensor. */
export interface InferredTensor {
  /** An ONNX element type (`TensorProto.DataType`), also those without a typed array. */
  readonly elementType: number | undefined;
  /** Undefined where even the rank is unknown. */
  readonly dims: readonly Dim[] | undefined;
  /** The elements, row-major, of a small tensor that shapes are computed from, as far as known. */
  readonly values?: readonly Dim[] | undefined;
}

const unknown: InferredTensor = { elementType: undefined, dims: undefined };

/** The tensors of a model and of its sub-graphs, with what is known about each. */
export class InferredShapes {
  readonly #main: GraphProto;
  readonly #graphs: ReadonlyMap<GraphProto, ReadonlyMap<string, InferredTensor>>;

  constructor(
    main: GraphProto,
    graphs: ReadonlyMap<GraphProto, ReadonlyMap<string, InferredTensor>>,
  ) {
    this.#main = main;
    this.#graphs = graphs;
  }

  /**
   * What is known about a tensor; nothing, for a name that the graph does not have.
   *
   * @param graph - the sub-graph that the tensor belongs to; the model's own graph when left out.
   */
  tensor(name: string, graph: GraphProto = this.#main): InferredTensor {
    return this.#graphs.get(graph)?.get(name) ?? unknown;
  }
}
