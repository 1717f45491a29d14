import { invalidArgument } from '../../arguments.js';
import type { NodeReference } from '../../errors.js';
import { Model } from '../../onnx/model.js';
import { inferShapes } from '../../onnx/shapes/infer-shapes.js';
import type { InferredShapes } from '../../onnx/shapes/inferred-shapes.js';
import { toDataType } from '../../onnx/tensor/element-types.js';
import { alsoReturn } from '../../quantize/tuning/also-return.js';
import { modelOrPlan } from '../../runtime/load.js';
import { type DataType, elementBytes, elementCount, type TensorMap } from '../../tensor.js';
import { RunPair, type RunSource, type Samples } from './pair.js';
import type { InsideComparison, TensorComparison, TensorOrigin, Tolerance } from './result.js';
import { TensorComparator } from './tensor.js';

/** What the tensors that are returned together may take, for one sample and one model. */
const groupBytes = 2 ** 28;

/** For tensors whose size nobody can tell beforehand. */
const unknownBytes = 2 ** 24;

/** The float types that every runtime returns. */
const comparedTypes: readonly (DataType | undefined)[] = ['float32', 'float16', 'float64'];

interface Side {
  readonly source: RunSource;
  readonly model: Model;
  readonly shapes: InferredShapes;
}

interface Inner {
  readonly name: string;
  readonly node: NodeReference;
}

/** Compares the tensors inside two models that have the same name in both. */
export class InsideComparer {
  readonly #a: Side;
  readonly #b: Side;
  readonly #tolerance: Tolerance;
  /** In the order of the first model's graph. */
  readonly #tensors: readonly Inner[];
  readonly #signal: AbortSignal | undefined;
  #largest: Record<string, readonly number[]> = {};

  private constructor(a: Side, b: Side, tolerance: Tolerance, signal: AbortSignal | undefined) {
    this.#a = a;
    this.#b = b;
    this.#tolerance = tolerance;
    this.#signal = signal;
    this.#tensors = commonTensors(a, b);
  }

  /** @throws TypeError where one of them is no ONNX model. */
  static async prepare(
    a: RunSource,
    b: RunSource,
    tolerance: Tolerance,
    signal: AbortSignal | undefined,
  ): Promise<InsideComparer> {
    const [left, right] = [await toSide('a', a, signal), await toSide('b', b, signal)];
    return new InsideComparer(left, right, tolerance, signal);
  }

  /** Remembers the largest sample, for which memory has to do. */
  see(feeds: TensorMap): void {
    const dims = Object.fromEntries(Object.entries(feeds).map(([name, feed]) => [name, feed.dims]));
    if (elements(dims) > elements(this.#largest)) this.#largest = dims;
  }

  /**
   * @param outputs - of the models, which were compared already.
   * @param onSample - is told how far each group is.
   */
  async compare(
    samples: Samples,
    outputs: readonly TensorComparison[],
    onSample: (samples: number, group: number, groups: number) => void,
  ): Promise<InsideComparison> {
    const compared = new Map(outputs.map((comparison) => [comparison.name, comparison]));
    const groups = await this.#groups(this.#tensors.filter(({ name }) => !compared.has(name)));
    for (const [index, group] of groups.entries()) {
      const report = (_: TensorMap, count: number) => onSample(count, index + 1, groups.length);
      for (const comparison of await this.#compareGroup(group, samples, report)) {
        compared.set(comparison.name, comparison);
      }
    }
    const tensors = this.#tensors.map(({ name }) => compared.get(name) as TensorComparison);
    const first = (is: (comparison: TensorComparison) => boolean): TensorOrigin | undefined => {
      const inner = this.#tensors[tensors.findIndex(is)];
      return inner && { tensor: inner.name, node: inner.node };
    };
    const firstDifference = first(({ within }) => !within);
    const [a, b] = [
      first(({ nonFinite }) => nonFinite.a.nan > 0),
      first(({ nonFinite }) => nonFinite.b.nan > 0),
    ];
    return {
      tensors,
      ...(firstDifference && { firstDifference }),
      firstNaN: { ...(a && { a }), ...(b && { b }) },
    };
  }

  async #compareGroup(
    group: readonly string[],
    samples: Samples,
    onSample: (feeds: TensorMap, count: number) => void,
  ): Promise<TensorComparison[]> {
    const comparators = group.map((name) => new TensorComparator(name, this.#tolerance));
    await using pair = await RunPair.open(
      returning(this.#a, group),
      returning(this.#b, group),
      this.#signal,
    );
    await pair.compare(samples, comparators, onSample, this.#signal);
    return comparators.map((comparator) => comparator.result());
  }

  /** Neighbours together, as many as the memory allows. */
  async #groups(tensors: readonly Inner[]): Promise<string[][]> {
    const shapes = await inferShapes(this.#a.model, {
      inputs: this.#largest,
      signal: this.#signal,
    });
    const groups: string[][] = [];
    let left = 0;
    for (const { name } of tensors) {
      const bytes = bytesOf(shapes, name);
      if (bytes > left || groups.length === 0) {
        groups.push([]);
        left = groupBytes;
      }
      groups.at(-1)?.push(name);
      left -= bytes;
    }
    return groups;
  }
}

async function toSide(
  name: string,
  source: RunSource,
  signal: AbortSignal | undefined,
): Promise<Side> {
  const model = await modelOrPlan(source.model, signal);
  if (!(model instanceof Model)) {
    throw invalidArgument(`${name}.model`, 'an ONNX model for options.intermediates', model);
  }
  return { source, model, shapes: await inferShapes(model, { signal }) };
}

function commonTensors(a: Side, b: Side): Inner[] {
  return a.model.graph.nodes.flatMap((node, index) => {
    const { name, opType } = node;
    // A weight by another name.
    if (opType === 'Constant') return [];
    return node.output
      .filter((output) => output !== '' && b.model.graph.producer(output))
      .filter((output) => [a, b].every((side) => comparedTypes.includes(typeOf(side, output))))
      .map((output) => ({ name: output, node: { ...(name && { name }), opType, index } }));
  });
}

function typeOf({ shapes }: Side, tensor: string): DataType | undefined {
  const { elementType } = shapes.tensor(tensor);
  return elementType === undefined ? undefined : toDataType(elementType);
}

/** The source, with a model that returns these tensors too. */
function returning(side: Side, tensors: readonly string[]): RunSource {
  const model = side.model.clone();
  alsoReturn(model.graph, tensors, (tensor) => typeOf(side, tensor) as DataType);
  return { ...side.source, model };
}

function bytesOf(shapes: InferredShapes, name: string): number {
  const { dims, elementType } = shapes.tensor(name);
  const type = elementType === undefined ? undefined : toDataType(elementType);
  const isKnown = (dim: unknown): dim is number => typeof dim === 'number';
  if (!type || !dims?.every(isKnown)) return unknownBytes;
  return elementCount(dims) * elementBytes(type);
}

function elements(shapes: Readonly<Record<string, readonly number[]>>): number {
  return Object.values(shapes).reduce((sum, dims) => sum + elementCount(dims), 0);
}
