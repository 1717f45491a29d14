import type { Model } from '../../onnx/model.js';
import { multiplicationsOf, readsWholeTensors } from '../../onnx/multiplications.js';
import { inferShapes } from '../../onnx/shapes/infer-shapes.js';
import type { InferredShapes } from '../../onnx/shapes/inferred-shapes.js';
import { elementCount, type TensorMap } from '../../tensor.js';

/** What a GPU can do at best. */
export interface CostConstants {
  /** Multiplications with addition per second, of half-precision and of INT8 tensor cores. */
  readonly halfMacs: number;
  readonly int8Macs: number;
  /** Of its memory. */
  readonly bytesPerSecond: number;
}

/** NVIDIA L4, from its data sheet: 121 TFLOPS in FP16 and 242 TOPS in INT8 (dense), 300 GB/s. */
export const costConstants: CostConstants = {
  halfMacs: 60.5e12,
  int8Macs: 121e12,
  bytesPerSecond: 300e9,
};

/**
 * Estimates how long a model takes on a GPU, by a roofline: a product takes what its multiplications or
 * its bytes take, whichever is more; a normalisation, reduction or pooling takes what its bytes take;
 * elementwise operators are taken to be fused with what is around them.
 *
 * Nothing is known here of kernels, launches and caches: small models gain less from INT8 than this
 * says. It ranks choices where there is no GPU to measure.
 */
export class CostModel {
  readonly #model: Model;
  readonly #shapes: InferredShapes;
  readonly #constants: CostConstants;

  private constructor(model: Model, shapes: InferredShapes, constants: CostConstants) {
    this.#model = model;
    this.#shapes = shapes;
    this.#constants = constants;
  }

  /** @param sample - whose shapes are those that count. */
  static async of(model: Model, sample: TensorMap, constants = costConstants): Promise<CostModel> {
    const dims = Object.entries(sample).map(([name, { dims }]) => [name, dims]);
    const shapes = await inferShapes(model, { inputs: Object.fromEntries(dims) });
    return new CostModel(model, shapes, constants);
  }

  /**
   * @param int8 - the names of the nodes that compute in INT8; all others do in half precision.
   * @returns milliseconds
   */
  estimate(int8: ReadonlySet<string> = new Set()): number {
    const { halfMacs, int8Macs, bytesPerSecond } = this.#constants;
    let seconds = 0;
    for (const node of this.#model.graph.nodes) {
      const isInt8 = int8.has(node.name);
      const macs = multiplicationsOf(node, (tensor) => this.#dims(tensor)) ?? 0;
      if (macs === 0 && !readsWholeTensors.test(node.opType)) continue;
      const bytes = this.#bytes(node.input, isInt8 ? 1 : 2) + this.#bytes(node.output, 2);
      seconds += Math.max(macs / (isInt8 ? int8Macs : halfMacs), bytes / bytesPerSecond);
    }
    return 1000 * seconds;
  }

  #bytes(tensors: readonly string[], each: number): number {
    return tensors.reduce((sum, name) => sum + each * elementCount(this.#dims(name) ?? [0]), 0);
  }

  #dims(tensor: string): number[] | undefined {
    const known = this.#model.graph.constant(tensor)?.dims.map(Number);
    if (known) return known;
    const { dims } = this.#shapes.tensor(tensor);
    return dims?.every((dim) => typeof dim === 'number') ? (dims as number[]) : undefined;
  }
}
