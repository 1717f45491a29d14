/** A size, the name of a dynamic size, or null where the model does not say. */
export type SummaryDim = number | string | null;

/** An input or an output of a model. */
export interface SummaryValue {
  readonly name: string;
  /** An element type such as `'float32'` or `'int4'`; other kinds of values as `'sequence(float32)'`. */
  readonly type: string;
  /** Null where even the rank is unknown. */
  readonly dims: readonly SummaryDim[] | null;
}

/** A dynamic size that has a name, and the axes of inputs that carry it. */
export interface SummarySymbol {
  readonly name: string;
  readonly axes: readonly { readonly input: string; readonly axis: number }[];
}

export interface SummaryOperator {
  /** Empty for the operators of ONNX itself. */
  readonly domain: string;
  readonly opType: string;
  /** In the graph, its sub-graphs and its functions together. */
  readonly count: number;
}

/** The stored values of one element type. */
export interface SummaryStorage {
  readonly type: string;
  readonly tensors: number;
  readonly elements: number;
  readonly bytes: number;
}

/** One stored tensor: an initializer, or the value of a `Constant` node. */
export interface SummaryWeight {
  readonly name: string;
  readonly type: string;
  readonly dims: readonly number[];
  readonly bytes: number;
  /** The file of external data that holds it; null where it lies in the model itself. */
  readonly file: string | null;
}

export interface SummaryExternalFile {
  readonly path: string;
  readonly tensors: number;
  /** What the model uses of it. */
  readonly bytes: number;
}

/**
 * What kind of quantization a model holds: `'none'`; `'qdq'`, static quantization by
 * QuantizeLinear and DequantizeLinear, which is the only one that TensorRT computes with;
 * `'weight-only'`; `'dynamic'`, ranges found while the model runs (DynamicQuantizeLinear,
 * MatMulInteger), and `'qoperator'` (QLinearMatMul and its kin), which TensorRT refuses.
 */
export type QuantizationKind = 'none' | 'qdq' | 'weight-only' | 'dynamic' | 'qoperator';

export interface QuantizationSummary {
  readonly kind: QuantizationKind;
  /** In words: `'FP16 graph'`, `'static INT8 Q/DQ, 36 of 36 products with weights'`. */
  readonly text: string;
  readonly quantizeLinear: number;
  readonly dequantizeLinear: number;
  /** Operators that compute with integers or find ranges while they run. */
  readonly integerOperators: number;
  /** The matrix products and convolutions with stored weights. */
  readonly withWeights: ProductCounts;
  /** Those of two computed tensors, as in attention. */
  readonly ofActivations: ProductCounts;
  /** The weights of matrix products and convolutions by the type that they are stored in. */
  readonly weights: readonly SummaryStorage[];
}

/** Nodes that multiply: MatMul, Gemm, Conv, ConvTranspose and their kin. */
export interface ProductCounts {
  readonly total: number;
  /** Those whose both operands are quantized. */
  readonly quantized: number;
  /** Those whose weight is stored quantized and whose other operand is not. */
  readonly weightOnly: number;
}

/** What {@link inspect} finds. Plain data: `JSON.stringify` gives all of it. */
export interface ModelSummary {
  /** The file, where the model was loaded from one. */
  readonly file: string | null;
  /** The model and its external data together. */
  readonly bytes: number;
  readonly irVersion: number;
  /** An empty domain is ONNX itself. */
  readonly opsets: readonly { readonly domain: string; readonly version: number }[];
  readonly producer: { readonly name: string; readonly version: string };
  readonly domain: string;
  readonly modelVersion: number;
  readonly graphName: string;
  readonly description: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** What has to be fed: inputs that are initializers are left out. */
  readonly inputs: readonly SummaryValue[];
  readonly outputs: readonly SummaryValue[];
  readonly symbols: readonly SummarySymbol[];
  /** In the graph, its sub-graphs and its functions together. */
  readonly nodes: number;
  /** The most frequent first. */
  readonly operators: readonly SummaryOperator[];
  /** The branches and bodies of `If`, `Loop` and `Scan`, at any depth. */
  readonly subgraphs: number;
  readonly functions: readonly {
    readonly domain: string;
    readonly name: string;
    readonly nodes: number;
  }[];
  /** Stored numbers, but INT64, BOOL and STRING, which hold indices, shapes and masks. */
  readonly parameters: number;
  /** Stored tensors by element type, the most bytes first. */
  readonly storage: readonly SummaryStorage[];
  /** The largest stored tensors, by bytes; how many is an option. */
  readonly largestWeights: readonly SummaryWeight[];
  readonly externalFiles: readonly SummaryExternalFile[];
  readonly quantization: QuantizationSummary;
}
