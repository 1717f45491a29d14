import type { NodeProto, TensorProto } from 'onnx-buf';
import { isExternal } from '../onnx/file/external.js';
import { subgraphsOf, tensorsReadBy } from '../onnx/graph/subgraphs.js';
import type { Model } from '../onnx/model.js';
import type { InferredShapes, InferredTensor } from '../onnx/shapes/inferred-shapes.js';
import { readInlineWeights } from '../onnx/tensor/weights.js';
import { elementCount } from '../tensor.js';
import { attributeText } from './attribute-text.js';
import type { Picture, PictureKind, PictureNode, PictureTensor, PictureWeight } from './picture.js';
import { pictureScopes } from './picture-scopes.js';
import { productsOf } from './products.js';
import type { ModelSummary } from './summary.js';
import { dimsOf, typeName } from './values.js';
import { storedTensors } from './walk.js';

/** Indices up to this count tell axes and sizes, which a reader wants to see. */
const mostIntegers = 16;

/** Everything that the page of a picture shows of a model. */
export function makePicture(model: Model, summary: ModelSummary, shapes: InferredShapes): Picture {
  return new PictureMaker(model, shapes).make(summary);
}

class PictureMaker {
  readonly #model: Model;
  readonly #shapes: InferredShapes;
  readonly #stored: ReadonlyMap<string, TensorProto>;
  readonly #inputs: ReadonlySet<string>;
  readonly #tensors: PictureTensor[] = [];
  readonly #tensorIndex = new Map<string, number>();

  constructor(model: Model, shapes: InferredShapes) {
    const graph = model.graph.proto;
    this.#model = model;
    this.#shapes = shapes;
    this.#inputs = new Set(graph.input.map(({ name }) => name));
    this.#stored = new Map(
      [...storedTensors({ nodes: graph.node, graph })].map(({ name, tensor }) => [name, tensor]),
    );
  }

  make(summary: ModelSummary): Picture {
    const graph = this.#model.graph.proto;
    const kinds = this.#kinds();
    const { scopes, scopeOf, standsFor } = pictureScopes(graph, kinds);
    const nodes = graph.node.flatMap((node) => {
      const scope = scopeOf.get(node);
      if (scope === undefined) return [];
      const stands = standsFor.get(node) ?? '';
      return [this.#node(node, { scope, stands, kind: kinds.get(node) ?? 'unknown' })];
    });
    return {
      title: summary.file?.split(/[\\/]/).at(-1) ?? (summary.graphName || 'model'),
      facts: factsOf(summary),
      scopes,
      nodes,
      tensors: this.#tensors,
      inputs: summary.inputs.map(({ name }) => this.#tensor(name)),
      outputs: summary.outputs.map(({ name }) => this.#tensor(name)),
    };
  }

  #kinds(): Map<NodeProto, PictureKind> {
    const graph = this.#model.graph.proto;
    const kinds = new Map(graph.node.map((node) => [node, this.#kindByType(node)]));
    for (const { node, precision } of productsOf({ nodes: graph.node, graph })) {
      if (precision === 'quantized') kinds.set(node, 'int8');
      if (precision === 'weight-only') kinds.set(node, 'weights');
    }
    return kinds;
  }

  #kindByType(node: NodeProto): PictureKind {
    if (/QuantizeLinear$|^DequantizeLinear$/.test(node.opType)) return 'int8';
    const output = node.output.find((name) => name !== '');
    const { elementType } = output === undefined ? {} : this.#shapes.tensor(output);
    if (elementType === undefined) return 'unknown';
    const type = typeName(elementType);
    if (type === 'float16' || type === 'bfloat16') return 'fp16';
    if (type === 'float32' || type === 'float64') return 'fp32';
    return /int|bool/.test(type) ? 'integer' : 'unknown';
  }

  #node(node: NodeProto, place: Pick<PictureNode, 'scope' | 'stands' | 'kind'>): PictureNode {
    return {
      op: node.opType,
      domain: node.domain,
      name: node.name,
      ...place,
      inputs: node.input.map((name) => {
        const stored = this.#stored.get(name);
        if (stored) return this.#weight(name, stored);
        return name === '' ? null : this.#tensor(name);
      }),
      captured: this.#captured(node).map((name) => this.#tensor(name)),
      outputs: node.output.filter(Boolean).map((name) => this.#tensor(name)),
      attributes: node.attribute.map((attribute) => [attribute.name, attributeText(attribute)]),
    };
  }

  /** Names of the sub-graphs' own tensors are no names of this graph. */
  #captured(node: NodeProto): string[] {
    if (subgraphsOf(node).length === 0) return [];
    const { graph } = this.#model;
    return [...tensorsReadBy(node)].filter(
      (name) =>
        !node.input.includes(name) &&
        !this.#stored.has(name) &&
        (graph.producer(name) !== undefined || this.#inputs.has(name)),
    );
  }

  #weight(name: string, tensor: TensorProto): PictureWeight {
    const dims = dimsOf(tensor);
    const type = typeName(tensor.dataType);
    const isIndex = /^(int32|int64|bool)$/.test(type);
    const few =
      /^(u?int(8|16|32|64)|bool)$/.test(type) && elementCount(dims) <= (isIndex ? mostIntegers : 1);
    const value = few && !isExternal(tensor) ? [...readInlineWeights(tensor).data].join(', ') : '';
    return { name, type, dims: `[${dims.join(', ')}]`, value };
  }

  #tensor(name: string): number {
    let index = this.#tensorIndex.get(name);
    if (index === undefined) {
      index = this.#tensors.push({ name, ...describe(this.#shapes.tensor(name)) }) - 1;
      this.#tensorIndex.set(name, index);
    }
    return index;
  }
}

function describe({ elementType, dims }: InferredTensor): { type: string; dims: string } {
  return {
    type: elementType === undefined ? '' : typeName(elementType),
    dims: dims ? `[${dims.map((dim) => dim ?? '?').join(', ')}]` : '',
  };
}

function factsOf(summary: ModelSummary): [string, string][] {
  const opsets = summary.opsets.map(({ domain, version }) => `${domain || 'ai.onnx'} ${version}`);
  const parameters = summary.parameters.toLocaleString('en-US');
  return [
    ['Precision', summary.quantization.text],
    ['Parameters', `${parameters} in ${(summary.bytes / 1e6).toFixed(1)} MB`],
    ['Nodes', summary.nodes.toLocaleString('en-US')],
    ['Opsets', opsets.join(', ')],
    ['Producer', `${summary.producer.name} ${summary.producer.version}`.trim() || 'not told'],
  ];
}
