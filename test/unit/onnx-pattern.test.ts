import type { NodeProto } from 'onnx-buf';
import { describe, expect, expectTypeOf, test } from 'vitest';
import type { NodeSpec } from '../../dist/onnx/graph/graph.js';
import { pattern } from '../../dist/onnx/graph/pattern.js';
import { tensor } from '../../dist/tensor.js';
import { buildModel, linearModel } from './helpers.js';

const { node, value, constant, scalar, oneOf, absent } = pattern;
const vector = { type: 'float32' as const, dims: [2] };

function graphOf(nodes: readonly (readonly [string, string, ...string[]])[]) {
  return buildModel({
    inputs: [{ name: 'x', ...vector }],
    outputs: [{ name: 'y', ...vector }],
    initializers: {
      half: tensor('float32', [], [0.5]),
      one: tensor('float32', [1], [1]),
      two: tensor('float32', [], [2]),
      // 1.4141 in float16, as converters write the root of two.
      root: tensor('float16', [], Uint16Array.of(0x3da8)),
      epsilon: tensor('float32', [], [1e-12]),
    },
    nodes: nodes.map(
      ([output, opType, ...inputs]): NodeSpec => ({
        opType,
        inputs,
        outputs: [output],
        name: output,
      }),
    ),
  }).graph;
}

const x = value('x');
const mean = node('ReduceMean', [x]);
const centred = node('Sub', [x, mean], { as: 'centred' });
const variance = node('ReduceMean', [
  oneOf(node('Pow', [centred, scalar(2)]), node('Mul', [centred, centred])),
]);
const layerNorm = node('Div', [
  centred,
  node('Sqrt', [node('Add', [variance, constant('epsilon')], { commutative: true })]),
]);

const gelu = node(
  'Mul',
  [
    node(
      'Mul',
      [
        x,
        node('Add', [node('Erf', [node('Div', [x, scalar(Math.SQRT2)])]), scalar(1)], {
          commutative: true,
        }),
      ],
      { commutative: true },
    ),
    scalar(0.5),
  ],
  { commutative: true, as: 'last' },
);

describe('findPattern', () => {
  test.each([
    ['Pow', ['square', 'Pow', 'd', 'two']],
    ['Mul', ['square', 'Mul', 'd', 'd']],
  ] as const)('finds LayerNorm that squares by %s', (_, square) => {
    const graph = graphOf([
      ['m', 'ReduceMean', 'x'],
      ['d', 'Sub', 'x', 'm'],
      square,
      ['v', 'ReduceMean', 'square'],
      ['ve', 'Add', 'epsilon', 'v'],
      ['s', 'Sqrt', 've'],
      ['y', 'Div', 'd', 's'],
    ]);
    const [match, ...more] = graph.findPattern(layerNorm);
    expect(more).toEqual([]);
    expect(match?.root.name).toBe('y');
    expect(match?.captures.x).toBe('x');
    expect(match?.captures.epsilon).toBe('epsilon');
    expect(match?.captures.centred).toBe(graph.producer('d'));
    expect(match?.nodes.map(({ name }) => name).sort()).toEqual([
      'd',
      'm',
      's',
      'square',
      'v',
      've',
      'y',
    ]);
  });

  test('finds GELU in whatever order its factors stand, in half precision too', () => {
    const graph = graphOf([
      ['scaled', 'Div', 'x', 'root'],
      ['erf', 'Erf', 'scaled'],
      ['shifted', 'Add', 'one', 'erf'],
      ['halved', 'Mul', 'shifted', 'x'],
      ['y', 'Mul', 'half', 'halved'],
    ]);
    const [match] = graph.findPattern(gelu);
    expect(match?.captures.x).toBe('x');
    expect(match?.captures.last).toBe(graph.producer('y'));
    expect(match?.nodes).toHaveLength(5);
  });

  test.each([
    ['with a mask', true],
    ['without one', false],
  ])('finds attention %s', (_, masked) => {
    const product = node('MatMul', [value('q'), value('k')], { singleUse: true });
    const scores = node('Div', [product, constant('scale')]);
    const attention = node('MatMul', [
      node(
        'Softmax',
        [oneOf(node('Add', [scores, value('mask')], { commutative: true }), scores)],
        {
          as: 'softmax',
        },
      ),
      value('v'),
    ]);
    const graph = graphOf([
      ['q', 'Neg', 'x'],
      ['k', 'Abs', 'x'],
      ['scores', 'MatMul', 'q', 'k'],
      ['scaled', 'Div', 'scores', 'two'],
      ['masked', 'Add', 'half', 'scaled'],
      ['weights', 'Softmax', masked ? 'masked' : 'scaled'],
      ['y', 'MatMul', 'weights', 'x'],
    ]);
    const [match, ...more] = graph.findPattern(attention);
    expect(more).toEqual([]);
    expect(match?.captures).toEqual({
      q: 'q',
      k: 'k',
      v: 'x',
      scale: 'two',
      softmax: graph.producer('weights'),
      ...(masked && { mask: 'half' }),
    });
  });

  test('one capture in two places is one tensor', () => {
    const graph = graphOf([
      ['other', 'Neg', 'x'],
      ['scaled', 'Div', 'other', 'root'],
      ['erf', 'Erf', 'scaled'],
      ['shifted', 'Add', 'one', 'erf'],
      ['halved', 'Mul', 'shifted', 'x'],
      ['y', 'Mul', 'half', 'halved'],
    ]);
    expect(graph.findPattern(gelu)).toEqual([]);
  });

  test('the order counts where it is not said to be free', () => {
    const graph = graphOf([['y', 'Div', 'two', 'x']]);
    expect(graph.findPattern(node('Div', [value(), scalar(2)]))).toEqual([]);
    expect(graph.findPattern(node('Div', [scalar(2), value()]))).toHaveLength(1);
    expect(
      graph.findPattern(node('Div', [value(), scalar(2)], { commutative: true })),
    ).toHaveLength(1);
  });

  test('single use, other conditions, several operators, absent inputs', () => {
    const graph = graphOf([
      ['a', 'Relu', 'x'],
      ['b', 'Neg', 'a'],
      ['c', 'Abs', 'a'],
      ['d', 'Clip', 'c', '', 'two'],
      ['y', 'Add', 'b', 'd'],
    ]);
    const relu = (singleUse: boolean) =>
      graph.findPattern(node(['Neg', 'Abs'], [node('Relu', [], { singleUse })]));
    expect(relu(false).map(({ root }) => root.name)).toEqual(['b', 'c']);
    expect(relu(true)).toEqual([]);
    expect(graph.findPattern(node('Add', [], { singleUse: true }))).toEqual([]);
    const named = node(['Neg', 'Abs'], [], { where: ({ name }) => name === 'c' });
    expect(graph.findPattern(named)).toHaveLength(1);
    expect(graph.findPattern(node('Clip', [value(), absent(), scalar(2)]))).toHaveLength(1);
    expect(graph.findPattern(node('Clip', [value(), value()]))).toEqual([]);
    expect(graph.findPattern(node('Relu', [], { domain: 'custom' }))).toEqual([]);
  });

  test('constants are asked for their type and size', () => {
    const { graph } = linearModel();
    const weight = constant('weight', ({ dims }) => dims.length === 2);
    const [match] = graph.findPattern(node('MatMul', [value('input'), weight]));
    expect(match?.captures).toEqual({ input: 'x', weight: 'w1' });
    expect(graph.findPattern(node('Add', [value(), weight]))).toEqual([]);
  });

  test('captures are typed', () => {
    const [match] = linearModel().graph.findPattern(
      node('Relu', [node('Add', [value('in'), constant('bias')], { as: 'add' })]),
    );
    expectTypeOf(match?.captures.add).toEqualTypeOf<NodeProto | undefined>();
    expectTypeOf(match?.captures.in).toEqualTypeOf<string | undefined>();
    expectTypeOf<NonNullable<typeof match>['captures']>().toHaveProperty('bias');
    expect(match?.captures.bias).toBe('b1');
  });
});
