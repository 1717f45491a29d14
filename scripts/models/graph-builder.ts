/** Writes an ONNX graph node by node, with the names that torch.onnx would give. */
import { create } from '@bufbuild/protobuf';
import {
  type AttributeProto,
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  NodeProtoSchema,
  TensorProto_DataType as OnnxType,
  OperatorSetIdProtoSchema,
  TensorProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from 'onnx-buf';

/** A fixed size, or the name of a size that is known when the model runs. */
export type Dim = number | string;

type Attribute = number | { float: number } | readonly number[];

export interface NodeOptions {
  /** What the node is called in its scope; by default as its operator. */
  label?: string;
  attributes?: Record<string, Attribute>;
}

/** ONNX IR version 9 came with opset 20; older runtimes refuse newer files than they know. */
const irVersion = 9n;

export class GraphBuilder {
  readonly #graph;
  readonly #opset: number;
  /** How many nodes have begun with a name, to tell the next one apart. */
  readonly #named = new Map<string, number>();

  constructor(name: string, opset: number) {
    this.#graph = create(GraphProtoSchema, { name });
    this.#opset = opset;
  }

  /** Declares a network input of whole numbers, as token ids and masks are. */
  input(name: string, dims: readonly Dim[]): string {
    this.#graph.input.push(valueInfo(name, OnnxType.INT64, dims));
    return name;
  }

  output(name: string, dims: readonly Dim[]): void {
    this.#graph.output.push(valueInfo(name, OnnxType.FLOAT, dims));
  }

  floats(name: string, dims: readonly number[], values: Float32Array): string {
    return this.#initializer(name, OnnxType.FLOAT, dims, values);
  }

  scalar(name: string, value: number): string {
    return this.floats(name, [], Float32Array.of(value));
  }

  integers(name: string, values: readonly number[]): string {
    const data = BigInt64Array.from(values, BigInt);
    return this.#initializer(name, OnnxType.INT64, [values.length], data);
  }

  integer(name: string, value: number): string {
    return this.#initializer(name, OnnxType.INT64, [], BigInt64Array.of(BigInt(value)));
  }

  /**
   * Adds a node with one output, in an order in which every input already exists.
   *
   * @param scope - where the node belongs, as a path: `/encoder/layer.0`.
   * @returns the name of the output.
   */
  node(
    opType: string,
    scope: string,
    inputs: readonly string[],
    options: NodeOptions & { output?: string } = {},
  ): string {
    const name = this.#nameApart(`${scope}/${options.label ?? opType}`);
    const output = options.output ?? `${name}_output_0`;
    this.#addNode(name, opType, inputs, [output], options);
    return output;
  }

  /** Adds a node whose outputs have these names. */
  nodeOf(
    opType: string,
    scope: string,
    inputs: readonly string[],
    outputs: readonly string[],
    options: NodeOptions = {},
  ): void {
    const name = this.#nameApart(`${scope}/${options.label ?? opType}`);
    this.#addNode(name, opType, inputs, outputs, options);
  }

  build(): ModelProto {
    return create(ModelProtoSchema, {
      irVersion,
      producerName: 'tensorrt-node scripts',
      opsetImport: [create(OperatorSetIdProtoSchema, { version: BigInt(this.#opset) })],
      graph: this.#graph,
    });
  }

  #addNode(
    name: string,
    opType: string,
    inputs: readonly string[],
    outputs: readonly string[],
    { attributes = {} }: NodeOptions,
  ): void {
    const attribute = Object.entries(attributes).map(([key, value]) => attributeOf(key, value));
    this.#graph.node.push(
      create(NodeProtoSchema, {
        name,
        opType,
        input: [...inputs],
        output: [...outputs],
        attribute,
      }),
    );
  }

  /** The second `Add` of a scope is `Add_1`, as torch.onnx counts. */
  #nameApart(name: string): string {
    const before = this.#named.get(name) ?? 0;
    this.#named.set(name, before + 1);
    return before === 0 ? name : `${name}_${before}`;
  }

  #initializer(
    name: string,
    dataType: OnnxType,
    dims: readonly number[],
    values: Float32Array | BigInt64Array,
  ): string {
    const rawData = new Uint8Array(
      values.buffer as ArrayBuffer,
      values.byteOffset,
      values.byteLength,
    );
    this.#graph.initializer.push(
      create(TensorProtoSchema, { name, dataType, dims: dims.map(BigInt), rawData }),
    );
    return name;
  }
}

function valueInfo(name: string, elemType: OnnxType, dims: readonly Dim[]): ValueInfoProto {
  const dim = dims.map((size) => ({
    value:
      typeof size === 'number'
        ? { case: 'dimValue' as const, value: BigInt(size) }
        : { case: 'dimParam' as const, value: size },
  }));
  return create(ValueInfoProtoSchema, {
    name,
    type: { value: { case: 'tensorType', value: { elemType, shape: { dim } } } },
  });
}

function attributeOf(name: string, value: Attribute): AttributeProto {
  if (typeof value === 'number') {
    return create(AttributeProtoSchema, { name, type: AttributeType.INT, i: BigInt(value) });
  }
  if ('float' in value) {
    return create(AttributeProtoSchema, { name, type: AttributeType.FLOAT, f: value.float });
  }
  return create(AttributeProtoSchema, {
    name,
    type: AttributeType.INTS,
    ints: value.map(BigInt),
  });
}
