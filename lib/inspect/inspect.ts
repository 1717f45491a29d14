import type { ModelProto } from 'onnx-buf';
import { checkInteger, checkOptions, invalidArgument } from '../arguments.js';
import { Model } from '../onnx/model.js';
import { summariseQuantization } from './quantization.js';
import { addUpStorage } from './storage.js';
import type { ModelSummary, SummaryOperator, SummarySymbol, SummaryValue } from './summary.js';
import { summariseValue } from './values.js';
import { type Body, bodiesOf } from './walk.js';

export interface InspectOptions {
  /** How many of the largest weights are listed. Default 10. */
  largestWeights?: number;
  signal?: AbortSignal | undefined;
}

/**
 * Tells what is in a model: inputs and outputs, operators, weights, and how it is quantized.
 *
 * Weights are not read. Of a model that is given by its path, only the rest of the file is: that
 * takes little time and memory, whatever the size of the model.
 *
 * @param model - a model, or the path of an ONNX file.
 * @throws TypeError for wrong arguments.
 * @throws TensorRTError `ERR_FILE`, `ERR_ONNX_INVALID`, `ERR_ONNX_EXTERNAL_DATA` as {@link Model.load}
 */
export async function inspect(
  model: Model | string,
  options: InspectOptions = {},
): Promise<ModelSummary> {
  checkOptions('options', options, ['largestWeights', 'signal']);
  const { largestWeights = 10, signal } = options;
  checkInteger('options.largestWeights', largestWeights, 0);
  return summarise(await openOutline(model, signal), largestWeights);
}

/** The model itself, or the outline of one that lies in a file. */
export async function openOutline(
  model: Model | string,
  signal: AbortSignal | undefined,
): Promise<Model> {
  if (model instanceof Model) return model;
  if (typeof model === 'string' && model !== '') return Model.loadOutline(model, signal);
  throw invalidArgument('model', 'a Model or a path', model);
}

function summarise(model: Model, largest: number): ModelSummary {
  const { proto } = model;
  const bodies = [...bodiesOf(proto)];
  const { storage, ...weights } = addUpStorage(model, largest);
  const initializers = new Set(proto.graph?.initializer.map(({ name }) => name));
  const inputs = (proto.graph?.input ?? []).filter(({ name }) => !initializers.has(name));
  const summarisedInputs = inputs.map(summariseValue);
  return {
    file: model.path ?? null,
    bytes: model.byteLength(),
    ...headerOf(proto),
    inputs: summarisedInputs,
    outputs: (proto.graph?.output ?? []).map(summariseValue),
    symbols: symbolsOf(summarisedInputs),
    nodes: bodies.reduce((sum, { nodes }) => sum + nodes.length, 0),
    operators: countOperators(bodies),
    subgraphs: bodies.filter(({ graph }) => graph && graph !== proto.graph).length,
    functions: proto.functions.map(({ domain, name, node }) => {
      return { domain, name, nodes: node.length };
    }),
    storage,
    ...weights,
    quantization: summariseQuantization(bodies, storage),
  };
}

function headerOf(proto: ModelProto) {
  return {
    irVersion: Number(proto.irVersion),
    opsets: proto.opsetImport.map(({ domain, version }) => ({ domain, version: Number(version) })),
    producer: { name: proto.producerName, version: proto.producerVersion },
    domain: proto.domain,
    modelVersion: Number(proto.modelVersion),
    graphName: proto.graph?.name ?? '',
    description: proto.docString || (proto.graph?.docString ?? ''),
    metadata: Object.fromEntries(proto.metadataProps.map(({ key, value }) => [key, value])),
  };
}

function symbolsOf(inputs: readonly SummaryValue[]): SummarySymbol[] {
  const axes = new Map<string, { input: string; axis: number }[]>();
  for (const { name: input, dims } of inputs) {
    dims?.forEach((dim, axis) => {
      if (typeof dim === 'string') axes.set(dim, [...(axes.get(dim) ?? []), { input, axis }]);
    });
  }
  return [...axes].map(([name, places]) => ({ name, axes: places }));
}

function countOperators(bodies: readonly Body[]): SummaryOperator[] {
  const operators = new Map<string, { domain: string; opType: string; count: number }>();
  for (const { nodes } of bodies) {
    for (const { domain: given, opType } of nodes) {
      // ONNX itself has two names.
      const domain = given === 'ai.onnx' ? '' : given;
      const key = `${domain} ${opType}`;
      const known = operators.get(key) ?? { domain, opType, count: 0 };
      operators.set(key, { ...known, count: known.count + 1 });
    }
  }
  return [...operators.values()].sort(
    (a, b) => b.count - a.count || a.opType.localeCompare(b.opType, 'en'),
  );
}
