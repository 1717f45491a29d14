/** For every code of `check`: a model that raises it and one that does not. */
import { create } from '@bufbuild/protobuf';
import {
  TensorProto_DataType as ElementType,
  type GraphProto,
  GraphProtoSchema,
  OperatorSetIdProtoSchema,
  TypeProto_SequenceSchema,
  TypeProtoSchema,
  type ValueInfoProto,
} from 'onnx-buf';
import type { CheckCode, CheckOptions } from '../../dist/index.js';
import { Graph, type NodeSpec } from '../../dist/onnx/graph/graph.js';
import { Model, type ValueInfo } from '../../dist/onnx/model.js';
import { toValueInfoProto } from '../../dist/onnx/value-info.js';
import { type DataType, type Tensor, type TensorDataMap, tensor } from '../../dist/tensor.js';
import { buildModel, type ModelSpec, randomTensor, temporaryFolder } from './helpers.js';

export interface CheckCase {
  readonly raises: () => Model | Promise<Model>;
  readonly quiet: () => Model | Promise<Model>;
  /** Options of `check` for both. */
  readonly options?: CheckOptions;
  /** Options of `check` for the quiet one, where these make the difference. */
  readonly quietOptions?: CheckOptions;
  /** What TensorRT for RTX 1.7.1 does with the one that raises. */
  readonly native: 'refused' | 'does not build' | 'builds';
  /** Whether the product of the raising and of the quiet model is one of INT8 numbers in the plan. */
  readonly int8?: readonly [boolean, boolean];
}

type Dims = ValueInfo['dims'];
type Inits = Record<string, Tensor>;

const dims: Dims = [8, 64];
const input = (name = 'x', type: DataType = 'float32', shape: Dims = dims): ValueInfo => ({
  name,
  type,
  dims: shape,
});
const unshaped = (name: string, type: DataType): ValueInfo => ({ name, type, dims: undefined });
const node = (
  opType: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: NodeSpec['attributes'] = {},
  more: Partial<NodeSpec> = {},
): NodeSpec => ({
  opType,
  inputs,
  outputs,
  attributes,
  name: `${opType}_${outputs[0] || 'none'}`,
  ...more,
});

/** From `x` to `y`, [8, 64] of FP32 unless told otherwise. */
export function graph(nodes: readonly NodeSpec[], spec: Partial<ModelSpec> = {}): Model {
  return buildModel({ inputs: [input()], outputs: [input('y')], nodes, ...spec });
}

const relu = (spec: Partial<ModelSpec> = {}) => graph([node('Relu', ['x'], ['y'])], spec);

/** All elements alike; of half precision, by their bits. */
export function filled<T extends DataType>(type: T, shape: readonly number[], value: number) {
  const values = Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => value);
  const isHalf = type === 'float16' || type === 'bfloat16';
  return tensor(type, shape, isHalf ? (Uint16Array.from(values) as TensorDataMap[T]) : values);
}
const scalar = (value: number) => tensor('float32', [], [value]);
const half = (shape: readonly number[], bits: number) => filled('float16', shape, bits);
/** 0.0156 as float16. */
const halfScale = 0x2400;

export const integers = (shape: readonly [number, number]) =>
  tensor(
    'int8',
    shape,
    Int8Array.from({ length: shape[0] * shape[1] }, (_, index) => ((index * 37) % 255) - 127),
  );

/** A Q/DQ pair on `from`. */
const pair = (from: string, to: string, scale = 's', zero = 'z', attributes = {}) => [
  node('QuantizeLinear', [from, scale, zero].filter(Boolean), [`${to}_q`], attributes),
  node('DequantizeLinear', [`${to}_q`, scale, zero].filter(Boolean), [to]),
];
const zero = tensor('int8', [], [0]);
const weights: Inits = {
  s: scalar(0.02),
  z: zero,
  w: integers([64, 64]),
  ws: filled('float32', [64], 0.01),
  wz: filled('int8', [64], 0),
};
const weightDq = (axis: number | undefined = 1) =>
  node('DequantizeLinear', ['w', 'ws', 'wz'], ['wd'], { axis });

/** A product of an INT8 activation and an INT8 weight, as TensorRT wants it. */
export const quantizedProduct = (
  inits: Inits = {},
  nodes: readonly NodeSpec[] = [...pair('x', 'xd'), weightDq()],
  spec: Partial<ModelSpec> = {},
) =>
  graph([...nodes, node('MatMul', ['xd', 'wd'], ['y'])], {
    initializers: { ...weights, ...inits },
    ...spec,
  });
const pairOnly = (inits: Inits = {}, spec: Partial<ModelSpec> = {}) =>
  graph(pair('x', 'y', 's', 'z'), { initializers: { ...weights, ...inits }, ...spec });

const floatProduct = (spec: Partial<ModelSpec> = {}) =>
  graph([node('MatMul', ['x', 'w'], ['y'])], {
    initializers: { w: randomTensor([64, 64], { scale: 0.1 }) },
    ...spec,
  });

const inputsOf = ({ proto }: Model): ValueInfoProto[] => (proto.graph as GraphProto).input;

/** The element type of an input or output, also one that has no typed array. */
function retype(model: Model, elementType: ElementType): Model {
  const { input: inputs, output: outputs } = model.proto.graph as GraphProto;
  for (const { type } of [...inputs, ...outputs]) {
    if (type?.value.case === 'tensorType') type.value.value.elemType = elementType;
  }
  model.graph.changed();
  return model;
}

function withDomain(model: Model, domain: string): Model {
  model.proto.opsetImport.push(create(OperatorSetIdProtoSchema, { domain, version: 1n }));
  return model;
}

const opset21 = { opset: 21, irVersion: 10 };
const unnamed = { name: '' };

/** A sub-graph without inputs of its own. */
function branch(nodes: readonly NodeSpec[], output: ValueInfo): GraphProto {
  const { proto } = new Graph(
    create(GraphProtoSchema, { name: output.name, output: [toValueInfoProto(output)] }),
  );
  const view = new Graph(proto);
  for (const spec of nodes) view.addNode(spec);
  return proto;
}

const choice = (other: GraphProto, condition: Partial<ModelSpec> = {}) =>
  graph(
    [
      node('If', ['c'], ['y'], {
        then_branch: branch([node('Relu', ['x'], ['t'])], input('t')),
        else_branch: other,
      }),
    ],
    {
      inputs: [input(), input('c', 'bool', [])],
      outputs: [unshaped('y', 'float32')],
      initializers: { axes: tensor('int64', [1], [0n]) },
      ...condition,
    },
  );

/** An If between two inputs, whose second axes are `n` and `size`. */
const choiceOfInputs = (size: string) =>
  choice(branch([node('Relu', ['z'], ['e'])], input('e', 'float32', ['batch', size, 64])), {
    inputs: [
      input('x', 'float32', ['batch', 'n', 64]),
      input('z', 'float32', ['batch', size, 64]),
      input('c', 'bool', []),
    ],
  });

const rows = { min: [1, 1, 64], opt: [2, 2, 64], max: [4, 4, 64] };
const profileOfBoth = { x: rows, z: rows };

/** An If within an If, the inner one with a condition that is fed or constant. */
const nestedChoice = (isConstant: boolean) => {
  const inner = node('If', ['c2'], ['e'], {
    then_branch: branch([node('Relu', ['x'], ['t2'])], input('t2')),
    else_branch: branch([node('Neg', ['x'], ['e2'])], input('e2')),
  });
  const conditions = isConstant ? ['c'] : ['c', 'c2'];
  return choice(branch([inner], input('e')), {
    inputs: [
      input('x', 'float32', ['batch', 64]),
      ...conditions.map((name) => input(name, 'bool', [])),
    ],
    initializers: isConstant ? { c2: tensor('bool', [], [1]) } : {},
  });
};

/** Which parts of attention have Q/DQ. */
interface Quantized {
  readonly inner?: boolean;
  readonly probabilities?: boolean;
  readonly output?: boolean;
}

/** Attention on `q`, `k`, `v` [batch, 2, length, head]. */
export function attention(
  quantized: Quantized = {},
  { head = 32, length = 64 as number | string, type = 'float16' as DataType } = {},
): Model {
  const shape: Dims = [2, 2, length, head];
  const { inner = false, probabilities = inner, output = inner } = quantized;
  const name = (tensor: string, isQuantized: boolean) => (isQuantized ? `${tensor}_d` : tensor);
  const pairs = (tensor: string, isQuantized: boolean, scale = 's') =>
    isQuantized ? pair(tensor, `${tensor}_d`, scale) : [];
  const scaleOf = (value: number, bits: number) =>
    type === 'float32' ? scalar(value) : filled(type, [], bits);
  return buildModel({
    inputs: ['q', 'k', 'v'].map((tensor) => input(tensor, type, shape)),
    outputs: [input('y', type, shape)],
    opset: type === 'float32' ? 17 : 19,
    irVersion: 9,
    initializers: {
      s: scaleOf(1 / 64, type === 'bfloat16' ? 0x3c80 : halfScale),
      p: scaleOf(1 / 127, type === 'bfloat16' ? 0x3c01 : 0x2008),
      z: zero,
    },
    nodes: [
      ...pairs('q', inner),
      ...pairs('k', inner),
      ...pairs('v', inner),
      node('Transpose', [name('k', inner)], ['kt'], { perm: [0, 1, 3, 2] }),
      node('MatMul', [name('q', inner), 'kt'], ['scores']),
      node('Softmax', ['scores'], ['soft'], { axis: -1 }),
      ...pairs('soft', probabilities, 'p'),
      node('MatMul', [name('soft', probabilities), name('v', inner)], ['o']),
      ...pairs('o', output),
      node('Identity', [name('o', output)], ['y']),
    ],
  });
}

const layerNorm = (type: DataType) =>
  graph(
    [
      node('ReduceMean', ['x'], ['m'], { axes: [-1] }),
      node('Sub', ['x', 'm'], ['d']),
      node('Pow', ['d', 'two'], ['d2']),
      node('ReduceMean', ['d2'], ['v'], { axes: [-1] }),
      node('Add', ['v', 'e'], ['ve']),
      node('Sqrt', ['ve'], ['sd']),
      node('Div', ['d', 'sd'], ['y']),
    ],
    {
      inputs: [input('x', type)],
      outputs: [input('y', type)],
      initializers:
        type === 'float16'
          ? { two: half([], 0x4000), e: half([], 0x0a8f) }
          : { two: scalar(2), e: scalar(1e-5) },
    },
  );

const profile = (min: number, opt: number, max: number) => ({
  x: { min: [min, 64], opt: [opt, 64], max: [max, 64] },
});
const dynamic: Partial<ModelSpec> = {
  inputs: [input('x', 'float32', ['batch', 64])],
  outputs: [input('y', 'float32', ['batch', 64])],
};
const two: Partial<ModelSpec> = {
  inputs: [input('x', 'float32', ['n', 64]), input('c', 'float32', ['n', 64])],
  outputs: [input('y', 'float32', ['n', 64])],
};

function edited(model: Model, edit: (model: Model) => void): Model {
  edit(model);
  model.graph.changed();
  return model;
}

const negativeDim = () =>
  edited(relu(dynamic), (model) => {
    const type = inputsOf(model)[0]?.type?.value;
    const dim = type?.case === 'tensorType' ? type.value.shape?.dim[0] : undefined;
    if (dim) dim.value = { case: 'dimValue', value: -1n };
  });

const block = (activation: boolean) =>
  graph(
    [
      ...(activation ? pair('x', 'xd') : []),
      node('DequantizeLinear', ['w', 'bs', 'bz'], ['wd'], { axis: 0, block_size: 32 }),
      node('MatMul', [activation ? 'xd' : 'x', 'wd'], ['y']),
    ],
    {
      ...opset21,
      initializers: {
        ...weights,
        bs: filled('float32', [2, 64], 0.01),
        bz: filled('int8', [2, 64], 0),
      },
    },
  );

const fp8 = () =>
  graph(
    [
      node('QuantizeLinear', ['x', 's'], ['q'], { output_dtype: ElementType.FLOAT8E4M3FN }),
      node('DequantizeLinear', ['q', 's'], ['xd']),
      node('QuantizeLinear', ['f', 's'], ['fq'], { output_dtype: ElementType.FLOAT8E4M3FN }),
      node('DequantizeLinear', ['fq', 's'], ['fd']),
      node('MatMul', ['xd', 'fd'], ['y']),
    ],
    { ...opset21, initializers: { ...weights, f: randomTensor([64, 64]) } },
  );

const bias = (stored: boolean) =>
  graph(
    [
      ...pair('x', 'xd'),
      ...(stored ? [node('DequantizeLinear', ['b', 'bs'], ['bd'])] : []),
      node('Add', ['xd', stored ? 'bd' : 'f'], ['y']),
    ],
    {
      initializers: {
        ...weights,
        b: tensor(
          'int32',
          [64],
          Int32Array.from({ length: 64 }, (_, index) => index * 1001 - 32000),
        ),
        bs: scalar(0.0002),
        f: filled('float32', [64], 0.5),
      },
    },
  );

const topK = (constant: boolean) =>
  graph([node('TopK', ['x', 'k'], ['y', 'i'])], {
    inputs: constant ? [input()] : [input(), input('k', 'int64', [1])],
    outputs: [unshaped('y', 'float32'), unshaped('i', 'int64')],
    initializers: constant ? { k: tensor('int64', [1], [2n]) } : {},
  });

const fp16Product = (scaleBits: number, depth = 1024, perChannel = true) => {
  const scaleDims = perChannel ? [64] : [];
  return graph(
    [
      ...pair('x', 'xd'),
      node('DequantizeLinear', ['w', 'ws', 'wz'], ['wd'], { axis: 1 }),
      node('MatMul', ['xd', 'wd'], ['y']),
    ],
    {
      opset: 19,
      irVersion: 9,
      inputs: [input('x', 'float16', [8, depth])],
      outputs: [input('y', 'float16', [8, 64])],
      initializers: {
        s: half([], scaleBits),
        z: zero,
        w: integers([depth, 64]),
        ws: half(scaleDims, halfScale),
        wz: filled('int8', scaleDims, 0),
      },
    },
  );
};

const residual = (withPair: boolean) =>
  graph(
    [
      ...pair('x', 'xd'),
      weightDq(),
      node('MatMul', ['xd', 'wd'], ['m']),
      ...(withPair ? pair('x', 'skip') : []),
      node('Add', ['m', withPair ? 'skip' : 'x'], ['y']),
    ],
    { initializers: weights },
  );

const attentionOperator = (quantized: boolean, type: 'float16' | 'float32' = 'float16') =>
  buildModel({
    inputs: ['q', 'k', 'v'].map((name) => input(name, type, [1, 2, 64, 32])),
    outputs: [input('y', type, [1, 2, 64, 32])],
    opset: 23,
    irVersion: 11,
    initializers: { s: half([], halfScale), z: zero },
    nodes: [
      ...(quantized ? ['q', 'k', 'v'].flatMap((name) => pair(name, `${name}_d`)) : []),
      node('Attention', quantized ? ['q_d', 'k_d', 'v_d'] : ['q', 'k', 'v'], ['y']),
    ],
  });

async function withExternalData(): Promise<Model> {
  const path = `${await temporaryFolder()}/model.onnx`;
  await floatProduct().save(path, { externalData: 'always' });
  return Model.load(path);
}

const sequence = () =>
  edited(relu(), ({ proto }) => {
    const [output] = (proto.graph as GraphProto).output;
    if (!output?.type) return;
    const elemType = create(TypeProtoSchema, output.type);
    output.type = create(TypeProtoSchema, {
      value: { case: 'sequenceType', value: create(TypeProto_SequenceSchema, { elemType }) },
    });
  });

const toUint8 = (isOutput: boolean) =>
  graph(
    isOutput
      ? [node('Cast', ['x'], ['y'], { to: ElementType.UINT8 })]
      : [
          node('Cast', ['x'], ['u'], { to: ElementType.UINT8 }),
          node('Cast', ['u'], ['y'], { to: ElementType.FLOAT }),
        ],
    { outputs: [input('y', isOutput ? 'uint8' : 'float32')] },
  );

const microsoft = (opType: string) =>
  withDomain(graph([node(opType, ['x'], ['y'], {}, { domain: 'com.microsoft' })]), 'com.microsoft');

/** Scale and zero point for a Q/DQ pair on FP32. */
const scaleAndZero = (scale: Tensor, zeroPoint: Tensor = zero): Inits => ({
  s: scale,
  z: zeroPoint,
});

const gathered = (dequantizedFirst: boolean) =>
  graph(
    dequantizedFirst
      ? [node('DequantizeLinear', ['w', 's', 'z'], ['wd']), node('Gather', ['wd', 'i'], ['y'])]
      : [node('Gather', ['w', 'i'], ['g']), node('DequantizeLinear', ['g', 's', 'z'], ['y'])],
    { inputs: [input('i', 'int64', [8])], initializers: weights },
  );

export const cases: Record<Exclude<CheckCode, 'parser-refuses'>, CheckCase> = {
  'operator-unsupported': {
    raises: () => graph([node('Det', ['x'], ['y'])], { outputs: [input('y', 'float32', [])] }),
    quiet: relu,
    native: 'refused',
  },
  'operator-onnxruntime': {
    raises: () => microsoft('FastGelu'),
    quiet: () => microsoft('Gelu'),
    native: 'refused',
  },
  'operator-domain': {
    raises: () =>
      withDomain(
        graph([node('Fancy', ['x'], ['y'], {}, { domain: 'com.example' })]),
        'com.example',
      ),
    quiet: relu,
    native: 'refused',
  },
  'operator-plugin': {
    raises: () =>
      graph([node('NonZero', ['x'], ['y'])], { outputs: [input('y', 'int64', [2, 'n'])] }),
    quiet: relu,
    native: 'refused',
  },
  'operator-no-kernel': {
    raises: () =>
      buildModel({
        inputs: [input('b', 'float32', [1, 8, 4]), input('p', 'float32', [1, 2, 8])],
        outputs: [input('y', 'int64', ['n', 3])],
        initializers: { m: tensor('int64', [1], [3n]) },
        nodes: [node('NonMaxSuppression', ['b', 'p', 'm'], ['y'])],
      }),
    quiet: relu,
    native: 'does not build',
  },
  'shape-from-data': { raises: () => topK(false), quiet: () => topK(true), native: 'builds' },
  'control-flow': {
    raises: () => choice(branch([node('Neg', ['x'], ['e'])], input('e'))),
    quiet: relu,
    native: 'builds',
  },
  'if-branches-differ': {
    raises: () =>
      choice(branch([node('Unsqueeze', ['x', 'axes'], ['e'])], input('e', 'float32', [1, 8, 64]))),
    quiet: () =>
      choice(branch([node('Unsqueeze', ['x', 'axes'], ['e'])], input('e', 'float32', [1, 8, 64])), {
        inputs: [input()],
        initializers: { axes: tensor('int64', [1], [0n]), c: tensor('bool', [], [1]) },
      }),
    native: 'does not build',
  },
  'if-sizes-differ': {
    raises: () => choiceOfInputs('m'),
    quiet: () => choiceOfInputs('n'),
    options: { profiles: [profileOfBoth] },
    native: 'does not build',
  },
  'if-nested': {
    raises: () => nestedChoice(false),
    quiet: () => nestedChoice(true),
    options: { profiles: [profile(1, 2, 4)] },
    native: 'does not build',
  },
  'opset-newer': {
    raises: () => relu({ opset: 26 }),
    quiet: () => relu({ opset: 25 }),
    native: 'builds',
  },
  'opset-older': {
    raises: () => relu({ opset: 6 }),
    quiet: () => relu({ opset: 7 }),
    native: 'builds',
  },
  'operator-form': {
    raises: () =>
      buildModel({
        inputs: [input('x', 'float32', [2, 4, 8, 8])],
        outputs: [input('y', 'float32', [2, 4, 4, 4]), input('i', 'int64', [2, 4, 4, 4])],
        nodes: [node('MaxPool', ['x'], ['y', 'i'], { kernel_shape: [2, 2], strides: [2, 2] })],
      }),
    quiet: () =>
      buildModel({
        inputs: [input('x', 'float32', [2, 4, 8, 8])],
        outputs: [input('y', 'float32', [2, 4, 4, 4])],
        nodes: [node('MaxPool', ['x'], ['y'], { kernel_shape: [2, 2], strides: [2, 2] })],
      }),
    native: 'refused',
  },
  'type-unsupported': {
    raises: () => retype(graph([node('Identity', ['x'], ['y'])]), ElementType.STRING),
    quiet: () => graph([node('Identity', ['x'], ['y'])]),
    native: 'refused',
  },
  'value-no-tensor': { raises: sequence, quiet: relu, native: 'refused' },
  'uint8-inside': { raises: () => toUint8(false), quiet: () => toUint8(true), native: 'refused' },
  float64: {
    raises: () => retype(relu(), ElementType.DOUBLE),
    quiet: relu,
    native: 'builds',
  },
  'output-echoes-input': {
    raises: () =>
      graph([node('Relu', ['x'], ['y']), node('Identity', ['i'], ['j'])], {
        inputs: [input(), input('i', 'int64', [8])],
        outputs: [input('y'), input('j', 'int64', [8])],
      }),
    quiet: relu,
    native: 'builds',
  },
  'dimension-shared': {
    raises: () =>
      relu({
        inputs: [input('x', 'float32', ['n', 'n'])],
        outputs: [input('y', 'float32', ['n', 'n'])],
      }),
    quiet: () => relu(two),
    native: 'does not build',
  },
  'dimension-unnamed': {
    raises: () =>
      relu({
        inputs: [input('x', 'float32', [undefined, 64])],
        outputs: [input('y', 'float32', [undefined, 64])],
      }),
    quiet: () => relu(dynamic),
    native: 'builds',
  },
  'dimension-negative': { raises: negativeDim, quiet: () => relu(dynamic), native: 'builds' },
  'dimension-zero': {
    raises: () =>
      relu({
        inputs: [input('x', 'float32', [0, 64])],
        outputs: [input('y', 'float32', [0, 64])],
      }),
    quiet: relu,
    native: 'builds',
  },
  'input-shape-unknown': {
    raises: () => relu({ inputs: [unshaped('x', 'float32')] }),
    quiet: relu,
    options: { profiles: [profile(1, 2, 4)] },
    quietOptions: {},
    native: 'does not build',
  },
  'inputs-static': {
    raises: () =>
      relu({ inputs: [input('x', 'float32', [1, 64])], outputs: [input('y', 'float32', [1, 64])] }),
    quiet: relu,
    native: 'builds',
  },
  'initializer-input': {
    raises: () =>
      edited(floatProduct(), (model) => {
        inputsOf(model).push(toValueInfoProto(input('w', 'float32', [64, 64])));
      }),
    quiet: floatProduct,
    native: 'builds',
  },
  'profile-mismatch': {
    raises: () => relu(dynamic),
    quiet: () => relu(dynamic),
    options: { profiles: [profile(4, 2, 8)] },
    quietOptions: { profiles: [profile(1, 2, 8)] },
    native: 'does not build',
  },
  'profile-dimension': {
    raises: () => graph([node('Add', ['x', 'c'], ['y'])], two),
    quiet: () => graph([node('Add', ['x', 'c'], ['y'])], two),
    options: {
      profiles: [{ ...profile(1, 2, 4), c: { min: [2, 64], opt: [3, 64], max: [8, 64] } }],
    },
    quietOptions: { profiles: [{ ...profile(1, 2, 4), c: profile(1, 2, 4).x }] },
    native: 'does not build',
  },
  'node-unnamed': {
    raises: () => graph([node('Relu', ['x'], ['y'], {}, unnamed)]),
    quiet: relu,
    native: 'builds',
  },
  'node-name-twice': {
    raises: () =>
      graph([
        node('Relu', ['x'], ['a'], {}, { name: 'same' }),
        node('Neg', ['a'], ['y'], {}, { name: 'same' }),
      ]),
    quiet: relu,
    native: 'builds',
  },
  'external-data': { raises: withExternalData, quiet: floatProduct, native: 'builds' },
  'ir-version-newer': {
    raises: () => relu({ irVersion: 14 }),
    quiet: () => relu({ irVersion: 13 }),
    native: 'builds',
  },
  'zero-point-not-zero': {
    raises: () => pairOnly({ z: tensor('uint8', [], [128]) }),
    quiet: pairOnly,
    native: 'refused',
  },
  'zero-point-uint8': {
    raises: () => pairOnly({ z: tensor('uint8', [], [0]) }),
    quiet: pairOnly,
    native: 'builds',
  },
  'zero-point-missing': {
    raises: () => graph(pair('x', 'y', 's', ''), { initializers: weights }),
    quiet: () =>
      graph(pair('x', 'y', 's', '', { output_dtype: ElementType.INT8 }), {
        initializers: weights,
        ...opset21,
      }),
    native: 'builds',
  },
  'scale-not-positive': {
    raises: () => pairOnly(scaleAndZero(scalar(0))),
    quiet: pairOnly,
    native: 'refused',
  },
  'scale-subnormal': {
    raises: () => fp16Product(0x0011, 64),
    quiet: () => fp16Product(halfScale, 64),
    native: 'builds',
  },
  'scale-type': {
    raises: () => pairOnly({}, { opset: 19, irVersion: 9, inputs: [input('x', 'float16')] }),
    quiet: pairOnly,
    native: 'builds',
  },
  'scale-computed': {
    raises: () =>
      graph([node('Abs', ['t'], ['s']), ...pair('x', 'y')], {
        inputs: [input(), input('t', 'float32', [])],
        initializers: { z: zero },
      }),
    quiet: pairOnly,
    native: 'builds',
  },
  'scale-fp16-per-channel': {
    raises: () => fp16Product(halfScale),
    quiet: () => fp16Product(halfScale, 1024, false),
    native: 'builds',
  },
  'activation-per-channel': {
    raises: () =>
      quantizedProduct({ s: filled('float32', [64], 0.02), z: filled('int8', [64], 0) }),
    quiet: quantizedProduct,
    int8: [false, true],
    native: 'builds',
  },
  'weight-axis': {
    raises: () => quantizedProduct({}, [...pair('x', 'xd'), weightDq(0)]),
    quiet: () => quantizedProduct({}, [...pair('x', 'xd'), weightDq(-1)]),
    int8: [false, true],
    native: 'builds',
  },
  'weight-axis-missing': {
    raises: () =>
      quantizedProduct({}, [
        ...pair('x', 'xd'),
        node('DequantizeLinear', ['w', 'ws', 'wz'], ['wd']),
      ]),
    quiet: quantizedProduct,
    int8: [true, true],
    native: 'builds',
  },
  'bias-quantized': { raises: () => bias(true), quiet: () => bias(false), native: 'refused' },
  'quantized-type': {
    raises: () => pairOnly({ z: tensor('int16', [], [0]) }, opset21),
    quiet: () => pairOnly({}, opset21),
    native: 'refused',
  },
  'block-weight-int8-activation': {
    raises: () => block(true),
    quiet: () => block(false),
    int8: [true, false],
    native: 'builds',
  },
  'weight-only': {
    raises: () =>
      graph([weightDq(), node('MatMul', ['x', 'wd'], ['y'])], { initializers: weights }),
    quiet: quantizedProduct,
    int8: [false, true],
    native: 'builds',
  },
  'weight-stored-float': {
    raises: () =>
      graph([...pair('x', 'xd'), ...pair('f', 'fd'), node('MatMul', ['xd', 'fd'], ['y'])], {
        initializers: { ...weights, f: randomTensor([64, 64]) },
      }),
    quiet: quantizedProduct,
    int8: [true, true],
    native: 'builds',
  },
  'int8-constant-use': {
    raises: () => gathered(false),
    quiet: () => gathered(true),
    native: 'does not build',
  },
  'quantize-without-dequantize': {
    raises: () =>
      graph(
        [
          node('QuantizeLinear', ['x', 's', 'z'], ['q']),
          node('Relu', ['q'], ['r']),
          node('DequantizeLinear', ['r', 's', 'z'], ['y']),
        ],
        { initializers: weights },
      ),
    quiet: pairOnly,
    native: 'builds',
  },
  'dequantize-without-quantize': {
    raises: () =>
      graph(
        [
          node('Cast', ['x'], ['q'], { to: ElementType.INT8 }),
          node('DequantizeLinear', ['q', 's', 'z'], ['y']),
        ],
        { initializers: weights },
      ),
    quiet: pairOnly,
    native: 'builds',
  },
  'integer-operator': {
    raises: () =>
      graph(
        [
          node('DynamicQuantizeLinear', ['x'], ['q', 'qs', 'qz']),
          node('MatMulInteger', ['q', 'w', 'qz'], ['i']),
          node('Cast', ['i'], ['y'], { to: ElementType.FLOAT }),
        ],
        { initializers: weights },
      ),
    quiet: quantizedProduct,
    native: 'refused',
  },
  'fp8-target': {
    raises: fp8,
    quiet: fp8,
    options: { target: 'sm86' },
    quietOptions: { target: 'sm89' },
    native: 'does not build',
  },
  'residual-not-quantized': {
    raises: () => residual(false),
    quiet: () => residual(true),
    native: 'builds',
  },
  'attention-partly-quantized': {
    raises: () => attention({ inner: true, probabilities: false }),
    quiet: () => attention({ inner: true }),
    native: 'builds',
  },
  'attention-int8-head-size': {
    raises: () => attention({ inner: true }, { head: 48 }),
    quiet: () => attention({ inner: true }, { head: 64 }),
    native: 'builds',
  },
  'attention-int8-length': {
    raises: () => attention({ inner: true }, { length: 'length' }),
    quiet: () => attention({ inner: true }, { length: 'length' }),
    options: { profiles: [lengths(1024)] },
    quietOptions: { profiles: [lengths(512)] },
    native: 'builds',
  },
  'attention-int8-bfloat16': {
    raises: () => attention({ inner: true }, { type: 'bfloat16' }),
    quiet: () => attention({ inner: true }),
    native: 'builds',
  },
  'attention-float32': {
    raises: () => attention({}, { type: 'float32' }),
    quiet: () => attention(),
    native: 'builds',
  },
  'attention-head-size': {
    raises: () => attention({}, { head: 12 }),
    quiet: () => attention({}, { head: 48 }),
    native: 'builds',
  },
  'attention-operator-quantized': {
    raises: () => attentionOperator(true),
    quiet: () => attentionOperator(false),
    native: 'builds',
  },
  'attention-operator-build': {
    raises: () => attentionOperator(false, 'float32'),
    quiet: () => attentionOperator(false),
    native: 'does not build',
  },
  'float32-only': { raises: floatProduct, quiet: quantizedProduct, native: 'builds' },
  'layer-norm-decomposed': {
    raises: () => layerNorm('float16'),
    quiet: relu,
    native: 'builds',
  },
};

function lengths(max: number) {
  const shape = (length: number) => [2, 2, length, 32];
  const range = { min: shape(64), opt: shape(128), max: shape(max) };
  return { q: range, k: range, v: range };
}

const halfSpec = (spec: Partial<ModelSpec>): Partial<ModelSpec> => ({
  inputs: [input('x', 'float16')],
  outputs: [input('y', 'float16')],
  ...spec,
});

/** FP32 scales in an FP16 graph, which opset 23 allows. */
const mixedScales = () =>
  graph(
    [
      node('QuantizeLinear', ['x', 's', 'z'], ['q']),
      node('DequantizeLinear', ['q', 's', 'z'], ['xd'], { output_dtype: ElementType.FLOAT16 }),
      node('DequantizeLinear', ['w', 'ws', 'wz'], ['wd'], {
        axis: 1,
        output_dtype: ElementType.FLOAT16,
      }),
      node('MatMul', ['xd', 'wd'], ['y']),
    ],
    halfSpec({ opset: 23, irVersion: 11, initializers: weights }),
  );

/** The same before opset 23: in FP32 around the pair. */
const castScales = () =>
  graph(
    [
      node('Cast', ['x'], ['xf'], { to: ElementType.FLOAT }),
      ...pair('xf', 'xdf'),
      node('Cast', ['xdf'], ['xd'], { to: ElementType.FLOAT16 }),
      node('DequantizeLinear', ['w', 'ws', 'wz'], ['wdf'], { axis: 1 }),
      node('Cast', ['wdf'], ['wd'], { to: ElementType.FLOAT16 }),
      node('MatMul', ['xd', 'wd'], ['y']),
    ],
    halfSpec({ opset: 19, irVersion: 9, initializers: weights }),
  );

/** Quantized models that TensorRT takes, and whether an INT8 product comes of each. */
export const taken: Record<string, { model: () => Model; int8: boolean }> = {
  'FP32 scales, weights per column': { model: quantizedProduct, int8: true },
  'axis -1': {
    model: () => quantizedProduct({}, [...pair('x', 'xd'), weightDq(-1)]),
    int8: true,
  },
  'FP16 scales': { model: () => fp16Product(halfScale, 64), int8: true },
  'FP32 scales in FP16, opset 23': { model: mixedScales, int8: true },
  'FP32 scales in FP16 by casts': { model: castScales, int8: true },
  'a Gemm with transB': {
    model: () =>
      graph([...pair('x', 'xd'), weightDq(0), node('Gemm', ['xd', 'wd'], ['y'], { transB: 1 })], {
        initializers: weights,
      }),
    int8: true,
  },
  'a transposed weight': {
    model: () =>
      graph(
        [
          ...pair('x', 'xd'),
          weightDq(0),
          node('Transpose', ['wd'], ['wt'], { perm: [1, 0] }),
          node('MatMul', ['xd', 'wt'], ['y']),
        ],
        { initializers: weights },
      ),
    int8: true,
  },
  'an INT8 table': { model: () => gathered(true), int8: false },
  'weights alone in blocks': { model: () => block(false), int8: false },
  'an INT8 input': {
    model: () =>
      graph([node('DequantizeLinear', ['x', 's', 'z'], ['y'])], {
        inputs: [input('x', 'int8')],
        initializers: weights,
      }),
    int8: false,
  },
  'an INT8 output': {
    model: () =>
      graph([node('QuantizeLinear', ['x', 's', 'z'], ['y'])], {
        outputs: [input('y', 'int8')],
        initializers: weights,
      }),
    int8: false,
  },
};
