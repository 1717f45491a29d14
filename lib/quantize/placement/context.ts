import type { NodeProto } from 'onnx-buf';
import { type Profile, toNativeProfiles } from '../../engine/build/profiles.js';
import type { Graph } from '../../onnx/graph/graph.js';
import { subgraphsOf } from '../../onnx/graph/subgraphs.js';
import type { Model } from '../../onnx/model.js';
import { inferShapes } from '../../onnx/shapes/infer-shapes.js';
import type { Dim, InferredShapes } from '../../onnx/shapes/inferred-shapes.js';
import { toDataType } from '../../onnx/tensor/element-types.js';

/** The dims of a tensor, with dynamic sizes at the largest that a profile allows. */
export interface LargestDims {
  /** Which profile allows them; undefined where none are given, so that dynamic sizes stay open. */
  readonly profile: number | undefined;
  readonly dims: readonly Dim[] | undefined;
}

/** A model as placement sees it: its graph, and what is known about the tensors. */
export class PlacementContext {
  readonly graph: Graph;
  readonly hasProfiles: boolean;
  readonly #shapes: InferredShapes;
  readonly #largest: readonly InferredShapes[];
  readonly #positions = new Map<NodeProto, number>();
  readonly #answers = new Map<string, unknown>();

  private constructor(graph: Graph, shapes: InferredShapes, largest: readonly InferredShapes[]) {
    this.graph = graph;
    this.hasProfiles = largest.length > 0;
    this.#shapes = shapes;
    this.#largest = largest;
    graph.nodes.forEach((node, position) => {
      this.#place(node, position);
    });
  }

  /** @throws TypeError when the profiles do not fit the model. */
  static async of(model: Model, profiles: readonly Profile[] = []): Promise<PlacementContext> {
    const native = profiles.length > 0 ? toNativeProfiles(model.inputs, profiles) : [];
    const largest: InferredShapes[] = [];
    for (const { shapes } of native) {
      const inputs = Object.fromEntries(shapes.map(({ input, max }) => [input, max]));
      largest.push(await inferShapes(model, { inputs }));
    }
    return new PlacementContext(model.graph, await inferShapes(model), largest);
  }

  dims(tensor: string): readonly Dim[] | undefined {
    return this.#shapes.tensor(tensor).dims;
  }

  /** Whether a tensor is FLOAT, as far as known: what an operator outside the schemas makes is not. */
  isFloat32(tensor: string): boolean {
    const { elementType } = this.#shapes.tensor(tensor);
    return elementType === undefined || toDataType(elementType) === 'float32';
  }

  elementType(tensor: string): number | undefined {
    return this.#shapes.tensor(tensor).elementType;
  }

  /** What a tensor grows to: once for each profile, or once where no profiles are given. */
  largestDims(tensor: string): LargestDims[] {
    if (!this.hasProfiles) return [{ profile: undefined, dims: this.dims(tensor) }];
    return this.#largest.map((shapes, profile) => ({ profile, dims: shapes.tensor(tensor).dims }));
  }

  /** The place of a node in the graph, or of the node whose sub-graph it is in. */
  position(node: NodeProto): number {
    return this.#positions.get(node) ?? -1;
  }

  /** Whether a tensor has been quantized by whoever made the model, in ONNX's or TensorRT's way. */
  hasQdq(tensor: string): boolean {
    return this.once(`Q/DQ at ${tensor}`, () => {
      const { opType = '' } = this.graph.producer(tensor) ?? {};
      return (
        /(Quantize|Dequantize)Linear$/.test(opType) ||
        this.graph.consumers(tensor).some((consumer) => consumer.opType.endsWith('QuantizeLinear'))
      );
    });
  }

  /** What many nodes ask of one tensor is found once: a mask, or a shared weight, has thousands. */
  once<T>(question: string, find: () => T): T {
    if (!this.#answers.has(question)) this.#answers.set(question, find());
    return this.#answers.get(question) as T;
  }

  #place(node: NodeProto, position: number): void {
    this.#positions.set(node, position);
    for (const graph of subgraphsOf(node)) {
      for (const inner of graph.node) this.#place(inner, position);
    }
  }
}
