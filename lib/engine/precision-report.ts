import { checkOptions, invalidArgument } from '../arguments.js';
import { TensorRTError } from '../errors.js';

/** A tensor of a layer, as TensorRT's inspector tells it. */
export interface LayerTensor {
  readonly name: string;
  /** Such as `'int8'`, `'float16'`, `'float8'`; `'unknown'` where the inspector gave no type. */
  readonly type: string;
}

/** A layer of an engine: after fusion, what runs as one kernel or a few. */
export interface LayerPrecision {
  readonly name: string;
  /** As TensorRT names it, such as `'gemm'`, `'kgen'` or `'CaskConvolution'`. */
  readonly type: string;
  /** The narrowest type that enters it, whole numbers of 32 and 64 bits aside. */
  readonly precision: string;
  readonly inputs: readonly LayerTensor[];
  readonly outputs: readonly LayerTensor[];
  /** Names of the ONNX nodes in it, as far as TensorRT says. */
  readonly nodes: readonly string[];
}

/** A node that was to be quantized and is not. */
export interface MissedNode {
  readonly node: string;
  readonly wanted: string;
  /** Those that have the node in them; none where no layer names it. */
  readonly layers: readonly LayerPrecision[];
}

/** What an engine computes with. */
export interface EnginePrecisionReport {
  /** In the order in which they run. */
  readonly layers: readonly LayerPrecision[];
  /** How many layers there are of each precision. */
  readonly totals: Readonly<Record<string, number>>;
  /**
   * Nodes of {@link PrecisionReportOptions.quantized} that no layer takes the wanted type for. A
   * layer that takes it beside a wider one may still dequantize before it multiplies: compare its
   * inputs.
   */
  readonly missed: readonly MissedNode[];
}

export interface PrecisionReportOptions {
  /** What `quantize` reported: then `missed` tells which nodes run otherwise. */
  readonly quantized?: readonly { readonly node: string; readonly action: string }[] | undefined;
}

/** What an action of `quantize` puts on both sides of a product. 4-bit weights are widened before it. */
const wantedTypes: Readonly<Record<string, string>> = { int8: 'int8', fp8: 'float8' };

/**
 * @param verbosity - what the engine was built with.
 * @throws TypeError
 * @throws TensorRTError ERR_UNSUPPORTED
 */
export function checkPrecisionReport(verbosity: string, options: PrecisionReportOptions): void {
  checkOptions('options', options, ['quantized']);
  const { quantized = [] } = options;
  const isDecision = (one: unknown) =>
    typeof (one as { node?: unknown } | null)?.node === 'string' &&
    typeof (one as { action?: unknown }).action === 'string';
  if (!Array.isArray(quantized) || !quantized.every(isDecision)) {
    throw invalidArgument('options.quantized', 'the report of a quantized model', quantized);
  }
  if (verbosity !== 'detailed') {
    throw new TensorRTError(
      'ERR_UNSUPPORTED',
      `The engine was built with profiling verbosity '${verbosity}', which does not tell the types of its layers.`,
      { remedy: "Build it with the option profilingVerbosity: 'detailed'." },
    );
  }
}

/**
 * Sorts what the inspector tells of an engine.
 *
 * @param inspected - its JSON, parsed.
 * @throws TensorRTError ERR_UNSUPPORTED where it does not tell of layers with their tensors.
 */
export function reportPrecision(
  inspected: unknown,
  { quantized = [] }: PrecisionReportOptions = {},
): EnginePrecisionReport {
  const layers = layersOf(inspected).map(toLayer);
  const totals: Record<string, number> = {};
  for (const { precision } of layers) totals[precision] = (totals[precision] ?? 0) + 1;
  return { layers, totals, missed: missedOf(layers, quantized) };
}

function layersOf(inspected: unknown): InspectedLayer[] {
  const { Layers: layers } = (inspected ?? {}) as { Layers?: unknown };
  if (Array.isArray(layers) && layers.length > 0 && layers.every(isDetailed)) return layers;
  throw new TensorRTError(
    'ERR_UNSUPPORTED',
    "TensorRT's inspector does not tell the tensors of the layers in a form that is known.",
    { remedy: 'See what engine.inspect() gives.' },
  );
}

interface InspectedLayer {
  readonly Name?: string;
  readonly LayerType?: string;
  readonly Inputs: readonly InspectedTensor[];
  readonly Outputs: readonly InspectedTensor[];
  readonly Metadata?: string;
}

interface InspectedTensor {
  readonly Name?: string;
  /** Up to TensorRT 10, format and type in one text. */
  readonly 'Format/Datatype'?: string;
  readonly Datatype?: string;
  readonly DataType?: string;
}

function isDetailed(layer: unknown): layer is InspectedLayer {
  const { Inputs: inputs, Outputs: outputs } = (layer ?? {}) as Partial<InspectedLayer>;
  return Array.isArray(inputs) && Array.isArray(outputs);
}

function toLayer(layer: InspectedLayer): LayerPrecision {
  const inputs = layer.Inputs.map(toTensor);
  const outputs = layer.Outputs.map(toTensor);
  return {
    name: layer.Name ?? '',
    type: layer.LayerType ?? '',
    precision: narrowest(inputs) ?? narrowest(outputs) ?? 'other',
    inputs,
    outputs,
    nodes: nodesIn(layer.Metadata ?? ''),
  };
}

function toTensor(tensor: InspectedTensor): LayerTensor {
  const text = tensor.Datatype ?? tensor.DataType ?? tensor['Format/Datatype'] ?? '';
  return { name: tensor.Name ?? '', type: typeIn(text) };
}

/** From the narrowest on; what TensorRT calls them, alone or within the name of a format. */
const computedTypes: readonly (readonly [string, RegExp])[] = [
  ['float4', /\bfp4/i],
  ['int4', /\bint4/i],
  ['float8', /\bfp8|\bfloat8/i],
  ['int8', /\bint8/i],
  ['float16', /\bfp16|\bhalf|\bfloat16/i],
  ['bfloat16', /\bbf16|\bbfloat16/i],
  ['float32', /\bfp32|\bfloat(32)?\b/i],
];
const otherTypes: readonly (readonly [string, RegExp])[] = [
  ['int32', /\bint32/i],
  ['int64', /\bint64/i],
  ['uint8', /\buint8/i],
  ['bool', /\bbool/i],
];

function typeIn(text: string): string {
  const found = [...computedTypes, ...otherTypes].find(([, pattern]) => pattern.test(text));
  return found?.[0] ?? 'unknown';
}

function narrowest(tensors: readonly LayerTensor[]): string | undefined {
  return computedTypes
    .map(([type]) => type)
    .find((type) => tensors.some((one) => one.type === type));
}

/** `[ONNX Layer: name]` for each, with a control character between them. */
function nodesIn(metadata: string): string[] {
  return [...metadata.matchAll(/\[ONNX Layer: (\P{Cc}*)\]/gu)].map(([, node = '']) => node);
}

function missedOf(
  layers: readonly LayerPrecision[],
  quantized: NonNullable<PrecisionReportOptions['quantized']>,
): MissedNode[] {
  const layersByNode = new Map<string, LayerPrecision[]>();
  for (const layer of layers) {
    for (const node of layer.nodes) {
      const known = layersByNode.get(node);
      if (known) known.push(layer);
      else layersByNode.set(node, [layer]);
    }
  }
  return quantized.flatMap(({ node, action }) => {
    const wanted = wantedTypes[action];
    const found = layersByNode.get(node) ?? [];
    const isTaken = found.some(({ inputs }) => inputs.some(({ type }) => type === wanted));
    return wanted === undefined || isTaken ? [] : [{ node, wanted, layers: found }];
  });
}
