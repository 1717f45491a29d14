import { TensorProto_DataType as ElementType, type NodeProto, type TensorProto } from 'onnx-buf';
import { checkInteger, checkOptions } from '../../arguments.js';
import { elementCount, type Tensor, tensor } from '../../tensor.js';
import type { Graph } from '../graph/graph.js';
import { subgraphsOf } from '../graph/subgraphs.js';
import type { Model } from '../model.js';
import { inferShapes } from '../shapes/infer-shapes.js';
import type { Dim, InferredShapes } from '../shapes/inferred-shapes.js';
import { constantValue, refersToAttributes } from '../tensor/constants.js';
import { storedBytes, toDataType } from '../tensor/element-types.js';
import { readWeights } from '../tensor/weights.js';
import { fromValueInfoProto, toValueInfoProto } from '../value-info.js';
import { fixedConstant } from './constant-numbers.js';
import { evaluate } from './evaluate/evaluate.js';
import { type Evaluator, evaluateRest } from './evaluate-rest.js';
import { type PassResult, type Report, runPass } from './pass.js';

export interface FoldOptions {
  /** Computes what this package does not, such as {@link onnxRuntimeEvaluator}. By default that stays. */
  evaluator?: Evaluator;
  /** Constants above this many bytes are neither computed with nor made. Default: 64 KiB. */
  maxBytes?: number;
  /** Sizes of inputs that the model leaves open; the new model takes these alone. */
  inputs?: Readonly<Record<string, readonly Dim[]>>;
  signal?: AbortSignal | undefined;
}

/**
 * Computes what does not depend on the inputs of the model, in sub-graphs too: `Constant` nodes become
 * initializers, and nodes whose result is known become the constants that others read. Shapes
 * count as known where {@link inferShapes} knows them.
 *
 * Left alone are outputs of graphs, what is random, control flow, and `QuantizeLinear` and
 * `DequantizeLinear`, which say how a model is to be run.
 */
export async function foldConstants(model: Model, options: FoldOptions = {}): Promise<PassResult> {
  checkFoldOptions(options, []);
  return runPass('foldConstants', model, (copy, report) => foldConstantsIn(copy, report, options));
}

export function checkFoldOptions(options: FoldOptions, others: readonly string[]): void {
  checkOptions('options', options, ['evaluator', 'maxBytes', 'inputs', 'signal', ...others]);
  if (options.maxBytes !== undefined) checkInteger('options.maxBytes', options.maxBytes, 0);
}

export async function foldConstantsIn(
  model: Model,
  report: Report,
  options: FoldOptions,
): Promise<void> {
  const { inputs, signal } = options;
  const shapes = await inferShapes(model, { inputs, signal });
  fixInputs(model, inputs ?? {});
  for (const graph of model.graphs()) {
    const folding = new Folding(model, graph, shapes, report, options);
    await folding.run();
  }
}

/** What was computed for sizes must not be fed with others. */
function fixInputs(model: Model, sizes: Readonly<Record<string, readonly Dim[]>>): void {
  const { proto } = model.graph;
  proto.input = proto.input.map((input) => {
    const given = sizes[input.name];
    const { name, type, dims } = fromValueInfoProto(input);
    if (!given) return input;
    return toValueInfoProto({ name, type, dims: given.map((dim, axis) => dim ?? dims?.[axis]) });
  });
  model.graph.changed();
}

const defaultMaxBytes = 2 ** 16;

/** Operators whose result is not a matter of their inputs alone, or that are there for a reason. */
const kept: ReadonlySet<string> = new Set([
  'QuantizeLinear',
  'DequantizeLinear',
  'DynamicQuantizeLinear',
  'RandomNormal',
  'RandomNormalLike',
  'RandomUniform',
  'RandomUniformLike',
  'Multinomial',
  'Bernoulli',
  'Dropout',
]);

class Folding {
  readonly #model: Model;
  readonly #graph: Graph;
  readonly #shapes: InferredShapes;
  readonly #report: Report;
  readonly #options: FoldOptions;
  readonly #maxBytes: number;
  /** What was computed, and the constants that were read for it. */
  readonly #values = new Map<string, Tensor>();
  readonly #folded = new Set<NodeProto>();

  constructor(
    model: Model,
    graph: Graph,
    shapes: InferredShapes,
    report: Report,
    options: FoldOptions,
  ) {
    this.#model = model;
    this.#graph = graph;
    this.#shapes = shapes;
    this.#report = report;
    this.#options = options;
    this.#maxBytes = options.maxBytes ?? defaultMaxBytes;
  }

  async run(): Promise<void> {
    this.#moveConstants();
    const { signal } = this.#options;
    for (const node of this.#graph.nodes) {
      if (!this.#isFoldable(node)) continue;
      const results = this.#fromShapes(node) ?? (await this.#computed(node));
      if (results && this.#isSmall(results)) this.#fold(node, results);
    }
    signal?.throwIfAborted();
    this.#finish();
    await this.#computeRest();
  }

  /** Constant nodes become initializers, whose bytes they share. */
  #moveConstants(): void {
    const moved: [NodeProto, TensorProto][] = [];
    for (const node of this.#graph.nodes) {
      const value = constantValue(node);
      if (value && !this.#graph.isOutput(node.output[0] ?? '')) moved.push([node, value]);
    }
    this.#graph.removeNodes(moved.map(([node]) => node));
    for (const [node, value] of moved) {
      this.#addConstant(node.output[0] ?? '', value);
      this.#report(node, 'turned the Constant into an initializer');
    }
  }

  #isFoldable(node: NodeProto): boolean {
    return (
      node.domain === '' &&
      !kept.has(node.opType) &&
      !refersToAttributes(node) &&
      subgraphsOf(node).length === 0 &&
      !node.output.some((output) => this.#graph.isOutput(output))
    );
  }

  /** A result that the inference of shapes knows, such as that of `Shape` of a fixed size. */
  #fromShapes(node: NodeProto): Tensor[] | undefined {
    const [output = '', ...more] = node.output;
    if (more.length > 0) return undefined;
    const { elementType, dims, values } = this.#shapes.tensor(output, this.#graph.proto);
    const type = elementType === ElementType.INT64 ? 'int64' : 'int32';
    if (elementType !== ElementType.INT64 && elementType !== ElementType.INT32) return undefined;
    if (!areNumbers(dims) || !areNumbers(values)) return undefined;
    return elementCount(dims) === values.length ? [tensor(type, dims, values)] : undefined;
  }

  /** Whether a result is known to be too large, before it is computed. */
  #isLarge(output: string): boolean {
    const { elementType = 0, dims } = this.#shapes.tensor(output, this.#graph.proto);
    if (!areNumbers(dims)) return false;
    return (storedBytes(elementType, elementCount(dims)) ?? 0) > this.#maxBytes;
  }

  async #computed(node: NodeProto): Promise<Tensor[] | undefined> {
    if (node.output.some((output) => this.#isLarge(output))) return undefined;
    const inputs: (Tensor | undefined)[] = [];
    for (const name of node.input) {
      const value = name === '' ? undefined : await this.#valueOf(name);
      if (name !== '' && !value) return undefined;
      inputs.push(value);
    }
    return evaluate(node, inputs);
  }

  async #valueOf(name: string): Promise<Tensor | undefined> {
    const known = this.#values.get(name);
    if (known) return known;
    const constant = fixedConstant(this.#model, this.#graph, name);
    if (!constant || toDataType(constant.dataType) === undefined) return undefined;
    const bytes = storedBytes(constant.dataType, elementCount(constant.dims.map(Number)));
    if (bytes === undefined || bytes > this.#maxBytes) return undefined;
    const { signal } = this.#options;
    const value = await readWeights(this.#model, constant, { signal });
    this.#values.set(name, value);
    return value;
  }

  #isSmall(results: readonly Tensor[]): boolean {
    return results.every(({ data }) => data.byteLength <= this.#maxBytes);
  }

  #fold(node: NodeProto, results: readonly Tensor[]): void {
    this.#folded.add(node);
    node.output.forEach((output, index) => {
      const result = results[index];
      if (output !== '' && result) this.#values.set(output, result);
    });
    this.#report(node, `computed the ${node.opType}`);
  }

  /** Replaces the folded nodes by those of their results that are read by others. */
  #finish(): void {
    const results = [...this.#folded].flatMap(({ output }) => output);
    const isRead = (name: string) =>
      this.#graph.consumers(name).some((node) => !this.#folded.has(node));
    const wanted = results.filter((name) => name !== '' && isRead(name));
    this.#graph.removeNodes(this.#folded);
    this.#folded.clear();
    for (const name of wanted) {
      const value = this.#values.get(name);
      if (value) this.#addConstant(name, value);
    }
  }

  #addConstant(name: string, value: Tensor | TensorProto): void {
    const graph = this.#graph;
    graph.addInitializer(name, value);
    if (this.#model.irVersion >= 4) return;
    // Before IR version 4 every initializer had to be an input too.
    const { dataType, dims } = graph.initializer(name) as TensorProto;
    const type = toDataType(dataType);
    graph.addInput({ name, type, dims: dims.map(Number) });
  }

  async #computeRest(): Promise<void> {
    const { evaluator, signal } = this.#options;
    if (!evaluator) return;
    const done = await evaluateRest({
      model: this.#model,
      graph: this.#graph,
      isFoldable: (node) => this.#isFoldable(node),
      maxBytes: this.#maxBytes,
      evaluator,
      signal,
    });
    for (const [node, results] of done) this.#fold(node, results);
    this.#finish();
  }
}

function areNumbers(dims: readonly Dim[] | undefined): dims is readonly number[] {
  return dims?.every((dim) => Number.isSafeInteger(dim)) ?? false;
}
