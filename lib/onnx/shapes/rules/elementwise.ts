import { TensorProto_DataType as ElementType } from 'onnx-buf';
import { broadcast, broadcastAll, like } from '../dims.js';
import { type Fact, fact } from '../fact.js';
import type { NodeView, Rule, Rules } from '../node-view.js';
import {
  arithmetic,
  castValues,
  combineValues,
  comparisons,
  type Operation,
  type UnaryOperation,
  unaryOperations,
} from './values.js';

/** One output that is like the first input. */
export const sameAsInput: Rule = (n) => [like(n.input(0))];

/** One output with the type of the first input and its values worked on. */
function unary(operation?: UnaryOperation): Rule {
  return (n) => {
    const { type, dims, values } = n.input(0);
    return [fact(type, dims, operation && values?.map((value) => operation(value, type)))];
  };
}

function predicate(operation?: UnaryOperation): Rule {
  return (n) => {
    const { type, dims, values } = n.input(0);
    return [
      fact(ElementType.BOOL, dims, operation && values?.map((value) => operation(value, type))),
    ];
  };
}

/** Before opset 7 the second input was fitted to the first, by the attributes `broadcast` and `axis`. */
function binaryDims(n: NodeView) {
  return n.opset < 7 ? n.dims(0) : broadcast(n, n.dims(0), n.dims(1));
}

function binary(operation?: Operation, resultType?: number): Rule {
  return (n) => {
    const dims = binaryDims(n);
    const type = n.type(0) ?? n.type(1);
    const values =
      operation && combineValues(dims, [n.input(0), n.input(1)], ([a, b]) => operation(a, b, type));
    return [fact(resultType ?? type, dims, values)];
  };
}

function variadic(operation?: Operation): Rule {
  return (n) => {
    const inputs = n.inputs.filter((input): input is Fact => input !== undefined);
    const dims = broadcastAll(
      n,
      inputs.map((input) => input.dims),
    );
    const type = inputs.find((input) => input.type !== undefined)?.type;
    const values =
      operation &&
      combineValues(dims, inputs, (items) => items.reduce((a, b) => operation(a, b, type)));
    return [fact(type, dims, values)];
  };
}

const where: Rule = (n) => {
  const dims = broadcastAll(n, [n.dims(0), n.dims(1), n.dims(2)]);
  const values = combineValues(dims, [n.input(0), n.input(1), n.input(2)], ([condition, a, b]) =>
    typeof condition === 'number' ? (condition ? a : b) : undefined,
  );
  return [fact(n.type(1) ?? n.type(2), dims, values)];
};

const clip: Rule = (n) => {
  const { type, dims, values } = n.input(0);
  // The limits were attributes before opset 11, of floats only.
  if (n.opset < 11 || !values) return [fact(type, dims)];
  const [low, high] = [n.scalar(1), n.scalar(2)];
  const { Max, Min } = arithmetic;
  return [
    fact(
      type,
      dims,
      values.map((value) => {
        const raised = n.has(1) ? Max(value, low, type) : value;
        return n.has(2) ? Min(raised, high, type) : raised;
      }),
    ),
  ];
};

/** The type was a text before opset 6. */
const cast: Rule = (n) => {
  const type = n.opset < 6 ? ElementType[n.text('to') as keyof typeof ElementType] : n.int('to');
  return [fact(type, n.dims(0), castValues(n.input(0), type))];
};

const castLike: Rule = (n) => [fact(n.type(1), n.dims(0), castValues(n.input(0), n.type(1)))];

/** The second output says what was kept: a boolean since opset 10. */
const dropout: Rule = (n) => [
  like(n.input(0)),
  fact(n.opset < 10 ? n.type(0) : ElementType.BOOL, n.dims(0)),
];

/** The output may have a type of its own. */
const typedLike: Rule = (n) => [fact(n.int('dtype') ?? n.type(0), n.dims(0))];

const sameTypeUnary = [
  'Acos Acosh Asin Asinh Atan Atanh Celu Cos Cosh Elu Erf Exp Gelu HardSigmoid HardSwish Hardmax',
  'LRN LeakyRelu Log LogSoftmax Mish PRelu Reciprocal Selu Shrink Sigmoid Sin Sinh',
  'Softmax Softplus Softsign Swish Tan Tanh ThresholdedRelu MeanVarianceNormalization CumSum',
  'CumProd LpNormalization ReverseSequence Trilu BitwiseNot',
].flatMap((line) => line.split(' '));

export const elementwise: Rules = {
  ...Object.fromEntries(sameTypeUnary.map((name) => [name, sameAsInput])),
  ...Object.fromEntries(
    Object.entries(unaryOperations).map(([name, operation]) => [name, unary(operation)]),
  ),
  ...Object.fromEntries(
    Object.entries(arithmetic).map(([name, operation]) => [name, binary(operation)]),
  ),
  ...Object.fromEntries(
    Object.entries(comparisons).map(([name, operation]) => [
      name,
      binary(operation, ElementType.BOOL),
    ]),
  ),
  ...Object.fromEntries(
    ['BitShift', 'BitwiseAnd', 'BitwiseOr', 'BitwiseXor', 'SwiGLU'].map((name) => [name, binary()]),
  ),
  Bernoulli: typedLike,
  BitCast: (n) => [fact(n.int('to'), n.dims(0))],
  Cast: cast,
  CastLike: castLike,
  Clip: clip,
  Dropout: dropout,
  Identity: (n) => [n.input(0)],
  IsInf: predicate(),
  IsNaN: predicate(),
  Max: variadic(arithmetic.Max),
  Mean: variadic(),
  Min: variadic(arithmetic.Min),
  Not: predicate((value) => (typeof value === 'number' ? Number(!value) : undefined)),
  RandomNormalLike: typedLike,
  RandomUniformLike: typedLike,
  Sum: variadic(arithmetic.Add),
  Where: where,
};
