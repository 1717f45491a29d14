import { create } from '@bufbuild/protobuf';
import { GraphProtoSchema } from 'onnx-buf';
import { describe, expect, test } from 'vitest';
import { float } from '../../dist/onnx/attributes.js';
import { Graph } from '../../dist/onnx/graph/graph.js';
import type { PlacementCandidate } from '../../dist/quantize/placement/options.js';
import { tensor } from '../../dist/tensor.js';
import { attentionModel, type Dims, Nodes, planOf, upTo } from './placement-fixtures.js';

const x: Dims = ['batch', 'tokens', 32];

/** One layer of another kind keeps the model as a whole fit for quantization. */
function withLinear(nodes: Nodes): Nodes {
  nodes.linear('last', nodes.list.at(-1)?.name ?? 'x');
  return nodes;
}

describe('a linear layer', () => {
  test('has a scale for each column of [K, N]', async () => {
    const nodes = new Nodes();
    nodes.linear('fc', 'x', 32, 48);
    expect((await planOf(nodes.model(x))).nodes).toEqual([
      {
        node: 'fc',
        opType: 'MatMul',
        role: 'linear',
        unit: 'fc',
        action: 'quantize',
        reason: "constant weight 'fc.weight', calibrated input 'x'",
        activations: [{ index: 0, tensor: 'x' }],
        weight: { index: 1, tensor: 'fc.weight', axis: 1 },
        needs: [],
      },
    ]);
  });

  test('has a scale for each row of [N, K]', async () => {
    const nodes = new Nodes();
    nodes.add('fc', 'Gemm', ['x', nodes.weight('w', [48, 32])], { transB: 1 });
    const plan = await planOf(nodes.model(['batch', 32]));
    expect(plan.of('fc').weight).toEqual({ index: 1, tensor: 'w', axis: 0 });
  });

  test('finds its weight behind Identity, by which exporters share it', async () => {
    const nodes = new Nodes();
    nodes.add('copy', 'Identity', [nodes.weight('w', [32, 32])]);
    nodes.add('again', 'Identity', ['copy']);
    nodes.add('fc', 'MatMul', ['x', 'again']);
    expect((await planOf(nodes.model(x))).of('fc').weight?.tensor).toBe('w');
  });

  test.each<[string, (nodes: Nodes) => void, string]>([
    ['tiny', (n) => n.linear('fc', 'x', 32, 2), '[32, 2], and INT8 needs at least 16'],
    [
      'a weight of three dimensions',
      (n) => n.add('fc', 'MatMul', ['x', n.weight('w', [2, 32, 32])]),
      'rank 3, not 2',
    ],
    [
      'a transposed weight',
      (n) => {
        n.add('t', 'Transpose', [n.weight('w', [32, 32])]);
        n.add('fc', 'MatMul', ['x', 't']);
      },
      'passes through a Transpose, which simplify() folds',
    ],
    ['two computed factors', (n) => n.add('fc', 'MatMul', ['x', 'x']), 'computed at run time'],
    ['the constant first', (n) => n.add('fc', 'MatMul', [n.weight('w', [32, 32]), 'x']), 'first'],
  ])('stays in float: %s', async (_, build, reason) => {
    const nodes = new Nodes();
    nodes.linear('other', 'x');
    build(nodes);
    const plan = await planOf(nodes.model(x, {}, ['other', 'fc']));
    expect(plan.quantized).toEqual(['other']);
    expect(plan.of('fc').reason).toContain(reason);
  });

  test.each([
    [{ transA: 1 }, 'transposed (transA = 1)'],
    [{ alpha: float(0.5) }, 'scaled (alpha = 0.5)'],
  ])('stays in float: Gemm with %j', async (attributes, reason) => {
    const nodes = new Nodes();
    nodes.add('fc', 'Gemm', ['x', nodes.weight('w', [32, 32])], attributes);
    const plan = await planOf(withLinear(nodes).model([32, 32]));
    expect(plan.of('fc').reason).toContain(reason);
  });

  test.each<[string, Dims, number | undefined, boolean]>([
    ['of fixed size', [1, 1, 32], undefined, true],
    ['in any profile', x, 1, true],
    ['but more by profile', x, 2, false],
    ['but maybe more', x, undefined, false],
    ['but several', [1, 4, 32], undefined, false],
  ])('one row %s', async (_, dims, tokens, isVector) => {
    const nodes = new Nodes();
    nodes.linear('fc', 'x');
    nodes.add('wide', 'Concat', ['fc', 'fc'], { axis: 1 });
    const model = withLinear(nodes).model(dims);
    const plan = await planOf(model, tokens ? { profiles: [upTo(tokens, 32, 1)] } : {});
    expect(plan.of('fc').action).toBe(isVector ? 'float' : 'quantize');
    if (isVector) expect(plan.of('fc').reason).toContain('one row only');
  });

  test('is left alone inside a sub-graph, at the place of its owner', async () => {
    const branch = (name: string) => {
      const graph = new Graph(create(GraphProtoSchema, { name }));
      graph.addNode({ opType: 'MatMul', name, inputs: ['x', 'w'], outputs: [`${name}.y`] });
      graph.addOutput({ name: `${name}.y`, type: 'float32', dims: undefined });
      return graph.proto;
    };
    const nodes = new Nodes();
    nodes.weight('w', [32, 32]);
    nodes.constant('condition', tensor('bool', [], [1]));
    nodes.linear('first', 'x');
    nodes.add('choice', 'If', ['condition'], {
      then_branch: branch('a'),
      else_branch: branch('b'),
    });
    const plan = await planOf(withLinear(nodes).model(x, {}, ['first', 'last']));
    expect(plan.nodes.map(({ node }) => node)).toEqual(['first', 'a', 'b', 'last']);
    expect(plan.of('b').reason).toBe("it is inside a sub-graph of If 'choice'");
  });
});

describe('one product for queries, keys and values', () => {
  /** Attention over what `cut` makes of the product: tensors q, k and v. */
  const merged = (cut: (nodes: Nodes) => void) => {
    const nodes = new Nodes();
    nodes.linear('qkv', 'x', 32, 96);
    cut(nodes);
    nodes.add('keys', 'Transpose', ['k'], { perm: [0, 2, 1] });
    nodes.add('scores', 'MatMul', ['q', 'keys']);
    nodes.add('softmax', 'Softmax', ['scores'], { axis: -1 });
    nodes.add('context', 'MatMul', ['softmax', 'v']);
    nodes.linear('projection', 'context');
    return nodes.model(x);
  };
  const split = (nodes: Nodes, outputs: string[]) =>
    nodes.list.push({
      opType: 'Split',
      name: 'cut',
      inputs: [nodes.list.at(-1)?.name ?? ''],
      outputs,
      attributes: { axis: -1 },
    });
  const at = (nodes: Nodes, name: string, value: bigint) =>
    nodes.constant(name, tensor('int64', [1], [value]));

  test.each<[string, (nodes: Nodes) => void]>([
    ['Split, as in GPT-2', (nodes) => split(nodes, ['q', 'k', 'v'])],
    [
      'Slice',
      (nodes) => {
        for (const bound of [0n, 32n, 64n, 96n]) at(nodes, `at${bound}`, bound);
        at(nodes, 'last', 2n);
        nodes.add('q', 'Slice', ['qkv', 'at0', 'at32', 'last']);
        nodes.add('k', 'Slice', ['qkv', 'at32', 'at64', 'last']);
        nodes.add('v', 'Slice', ['qkv', 'at64', 'at96', 'last']);
      },
    ],
    [
      'Gather, as in ViT of timm',
      (nodes) => {
        nodes.constant('parts', tensor('int64', [4], [0n, 0n, 3n, 32n]));
        nodes.add('parted', 'Reshape', ['qkv', 'parts']);
        nodes.add('first', 'Transpose', ['parted'], { perm: [2, 0, 1, 3] });
        for (const [index, name] of ['q', 'k', 'v'].entries()) {
          nodes.constant(`${name}.at`, tensor('int64', [], [BigInt(index)]));
          nodes.add(name, 'Gather', ['first', `${name}.at`]);
        }
      },
    ],
  ])('stays in float, and attention does not: %s', async (_, cut) => {
    const plan = await planOf(merged(cut));
    expect(plan.quantized).toEqual(['scores', 'context', 'projection']);
    expect(plan.of('qkv').reason).toContain('its output is cut into factors of attention by');
  });

  test('while the halves of a gate, and of rotary positions, are INT8', async () => {
    const gate = new Nodes();
    gate.linear('fc', 'x', 32, 64);
    split(gate, ['a', 'b']);
    gate.add('gate', 'Mul', ['a', 'b']);
    expect((await planOf(withLinear(gate).model(x))).quantized).toEqual(['fc', 'last']);

    const rotary = new Nodes();
    rotary.linear('q', 'x');
    split(rotary, ['a', 'b']);
    rotary.add('turned', 'Concat', ['b', 'a'], { axis: -1 });
    rotary.add('keys', 'Transpose', ['x'], { perm: [0, 2, 1] });
    rotary.add('scores', 'MatMul', ['turned', 'keys']);
    expect((await planOf(rotary.model(x))).of('q').action).toBe('quantize');
  });
});

describe('a residual connection', () => {
  /** Post-norm: the normalised tensor feeds the layers and is the skip connection. */
  const postNorm = (nodes = new Nodes()) => {
    nodes.add('norm', 'LayerNormalization', ['x', nodes.weight('gamma', [32])]);
    nodes.linear('fc1', 'norm');
    nodes.add('gelu', 'Erf', ['fc1']);
    nodes.linear('fc2', 'gelu');
    nodes.add('bias', 'Add', [nodes.weight('b', [32]), 'fc2']);
    nodes.add('join', 'Add', ['bias', 'norm']);
    return nodes;
  };

  test('has both inputs quantized on demand, as QDQBERT has', async () => {
    const plan = await planOf(postNorm().model(x), { residuals: true });
    expect(plan.quantized).toEqual(['fc1', 'fc2', 'join']);
    expect(plan.of('join')).toMatchObject({
      role: 'residual',
      activations: [
        { index: 0, tensor: 'bias' },
        { index: 1, tensor: 'norm' },
      ],
      needs: ['fc2'],
    });
    // The bias is no residual, so that it is not even mentioned.
    expect(plan.nodes.map(({ node }) => node)).not.toContain('bias');
  });

  test('has the skip connection quantized', async () => {
    const plan = await planOf(postNorm().model(x));
    expect(plan.of('join').activations).toEqual([{ index: 1, tensor: 'norm' }]);
  });

  test('false leaves it in float', async () => {
    const plan = await planOf(postNorm().model(x), { residuals: false });
    expect(plan.quantized).toEqual(['fc1', 'fc2']);
    expect(plan.of('join').reason).toBe('options.residuals is off');
  });

  test('stays in float with the layer of its branch', async () => {
    const plan = await planOf(postNorm().model(x), { keepFloat: ['fc2'] });
    expect(plan.quantized).toEqual(['fc1']);
    expect(plan.of('join').reason).toContain("the branch of 'fc2', which stays in float");
  });

  test('of a pre-norm model stays in float: nothing else reads it in INT8', async () => {
    const nodes = new Nodes();
    nodes.linear('embed', 'x');
    nodes.add('norm', 'LayerNormalization', ['embed', nodes.weight('gamma', [32])]);
    nodes.linear('fc', 'norm');
    nodes.add('join', 'Add', ['embed', 'fc']);
    nodes.add('norm2', 'LayerNormalization', ['join', 'gamma']);
    nodes.linear('fc2', 'norm2');
    nodes.add('join2', 'Add', ['join', 'fc2']);
    const plan = await planOf(nodes.model(x));
    expect(plan.of('join2')).toMatchObject({ role: 'residual', action: 'float' });
    expect(plan.of('join2').reason).toContain("skip connection 'join' feeds no quantized layer");
  });

  test('is none: embeddings, masks, GELU, and what the branch did not start from', async () => {
    const nodes = new Nodes();
    nodes.add('sum', 'Add', ['x', 'mask']);
    nodes.linear('fc', 'sum');
    nodes.constant('c', tensor('float32', [], [0.044715]));
    nodes.add('square', 'Mul', ['fc', 'fc']);
    nodes.add('cube', 'Mul', ['square', 'fc']);
    nodes.add('scaled', 'Mul', ['cube', 'c']);
    nodes.add('inner', 'Add', ['fc', 'scaled']);
    nodes.linear('fc2', 'inner');
    nodes.add('foreign', 'Add', ['fc2', 'other']);
    const plan = await planOf(nodes.model(x, { mask: x, other: x }));
    expect(plan.nodes.map(({ node }) => node)).toEqual(['fc', 'fc2', 'foreign']);
    expect(plan.of('foreign').reason).toBe(
      "it adds to the output of 'fc2' what that was not computed from",
    );
  });
});

const image: Dims = ['batch', 32, 16, 16];

describe('a convolutional model', () => {
  test('has per-channel weights, and nothing between Conv and BatchNormalization', async () => {
    const nodes = new Nodes();
    nodes.convolution('c1', 'x', [48, 32, 1, 1]);
    for (const part of ['s', 'b', 'm', 'v']) nodes.weight(part, [48]);
    nodes.add('bn', 'BatchNormalization', ['c1', 's', 'b', 'm', 'v']);
    nodes.add('relu', 'Relu', ['bn']);
    nodes.convolution('c2', 'relu', [32, 48, 1, 1]);
    const plan = await planOf(nodes.model(image));
    expect(plan.nodes).toMatchObject([
      {
        node: 'c1',
        role: 'convolution',
        activations: [{ index: 0, tensor: 'x' }],
        weight: { index: 1, tensor: 'c1.weight', axis: 0 },
      },
      { node: 'c2', activations: [{ index: 0, tensor: 'relu' }] },
    ]);
  });

  test.each<[string, number[], number, boolean]>([
    ['the first, of three channels', [32, 3, 3, 3], 1, false],
    ['few outputs', [8, 32, 3, 3], 1, false],
    ['groups of 16', [64, 16, 3, 3], 2, true],
    ['groups of 8', [64, 8, 3, 3], 4, false],
    ['depthwise', [32, 1, 3, 3], 32, true],
    ['depthwise of few channels', [8, 1, 3, 3], 8, false],
  ])('channels: %s', async (_, dims, group, isQuantized) => {
    const nodes = new Nodes();
    nodes.convolution('c', 'x', dims, group);
    nodes.convolution('other', 'x', [32, (dims[1] ?? 1) * group, 1, 1]);
    const model = nodes.model(['batch', (dims[1] ?? 1) * group, 16, 16], {}, ['c', 'other']);
    const plan = await planOf(model, { scheme: 'cnn', rules: [orderOther] });
    expect(plan.of('c').action).toBe(isQuantized ? 'quantize' : 'float');
    if (!isQuantized) expect(plan.of('c').reason).toContain(`[${dims.join(', ')}]`);
  });

  const orderOther = ({ node }: PlacementCandidate) => (node === 'other' ? 'quantize' : undefined);

  test('keeps ConvTranspose in float unless a rule orders it, with axis 1', async () => {
    const nodes = new Nodes();
    nodes.convolution('c', 'x', [32, 32, 1, 1]);
    nodes.add('up', 'ConvTranspose', ['c', nodes.weight('w', [32, 24, 2, 2])], { strides: [2, 2] });
    const plan = await planOf(nodes.model(image));
    expect(plan.of('up')).toMatchObject({ role: 'convolution', action: 'float' });
    const ordered = await planOf(nodes.model(image), {
      rules: [({ node }) => (node === 'up' ? 'quantize' : undefined)],
    });
    expect(ordered.of('up').weight).toEqual({ index: 1, tensor: 'w', axis: 1 });
  });

  /** A block of a ResNet; with `downsample`, a convolution stands in the skip connection. */
  const resNet = (downsample: boolean) => {
    const nodes = new Nodes();
    nodes.add('relu', 'Relu', ['x']);
    nodes.convolution('c1', 'relu', [32, 32, 1, 1]);
    nodes.add('relu1', 'Relu', ['c1']);
    nodes.convolution('c2', 'relu1', [32, 32, 1, 1]);
    const skip = downsample ? nodes.convolution('down', 'relu', [32, 32, 1, 1]) : 'relu';
    nodes.add('join', 'Add', ['c2', skip]);
    return nodes.model(image);
  };

  test.each([
    [false, 'relu'],
    [true, 'down'],
  ])('quantizes the skip connection only (with a layer in it: %s)', async (downsample, skip) => {
    const plan = await planOf(resNet(downsample));
    expect(plan.of('join')).toMatchObject({
      action: 'quantize',
      activations: [{ index: 1, tensor: skip }],
      needs: ['c2'],
    });
  });

  test('has one scale around a Concat, and around all that share a tensor', async () => {
    const nodes = new Nodes();
    for (const name of ['a', 'b', 'c']) nodes.convolution(name, 'x', [32, 32, 1, 1]);
    nodes.add('ab', 'Concat', ['a', 'b'], { axis: 1 });
    nodes.convolution('after', 'ab', [32, 64, 1, 1]);
    nodes.add('pool', 'MaxPool', ['ab'], { kernel_shape: [1, 1] });
    nodes.convolution('pooled', 'pool', [32, 64, 1, 1]);
    nodes.add('bc', 'Concat', ['b', 'c'], { axis: 1 });
    nodes.convolution('end', 'bc', [32, 64, 1, 1]);
    const plan = await planOf(nodes.model(image, {}, ['after', 'pooled', 'end']));
    expect(plan.of('ab')).toMatchObject({
      role: 'concat',
      action: 'quantize',
      activations: [
        { index: 0, tensor: 'a' },
        { index: 1, tensor: 'b' },
      ],
      needs: ['after', 'pooled'],
    });
    expect(plan.unions.map((union) => union.toSorted())).toEqual([
      ['a', 'ab', 'b', 'bc', 'c', 'pool'],
    ]);
  });

  test.each<[string, (nodes: Nodes) => void, string]>([
    ['a sum behind it', (n) => n.add('y', 'Add', ['ab', 'ab']), "it feeds 'y', which is no layer"],
    [
      'a layer in float behind it',
      (n) => n.convolution('y', 'ab', [8, 64, 1, 1]),
      "it feeds 'y', which stays in float",
    ],
  ])('leaves a Concat in float: %s', async (_, build, reason) => {
    const nodes = new Nodes();
    for (const name of ['a', 'b']) nodes.convolution(name, 'x', [32, 32, 1, 1]);
    nodes.add('ab', 'Concat', ['a', 'b'], { axis: 1 });
    build(nodes);
    const plan = await planOf(nodes.model(image));
    expect(plan.of('ab').reason).toContain(reason);
    expect(plan.unions).toEqual([]);
  });
});

describe('an embedding', () => {
  const embedding = () => {
    const nodes = new Nodes();
    nodes.constant('ids', tensor('int64', [2], [1n, 2n]));
    nodes.add('flat', 'Cast', ['x'], { to: 7 });
    nodes.add('word', 'Gather', [nodes.weight('table', [64, 32]), 'flat']);
    nodes.add('kind', 'Gather', [nodes.weight('kinds', [2, 32]), 'flat']);
    nodes.add('row', 'Gather', ['table', 'ids']);
    nodes.add('sum', 'Add', ['word', 'kind']);
    return withLinear(nodes).model(['batch', 'tokens']);
  };

  test('stays in float unless asked', async () => {
    const plan = await planOf(embedding());
    expect(plan.quantized).toEqual(['last']);
    expect(plan.of('word').reason).toBe('options.embeddings is off');
  });

  test('has a scale for each row of its table when asked, if it is worth it', async () => {
    const plan = await planOf(embedding(), { embeddings: true });
    expect(plan.of('word')).toMatchObject({
      role: 'embedding',
      action: 'quantize',
      activations: [],
      weight: { index: 0, tensor: 'table', axis: 0 },
    });
    expect(plan.of('kind').reason).toBe('its table is [2, 32], too small to gain anything');
    expect(plan.nodes.map(({ node }) => node)).not.toContain('row');
  });
});

describe('schemes', () => {
  const mixed = () => {
    const nodes = new Nodes();
    nodes.convolution('c', 'x', [32, 32, 1, 1]);
    nodes.linear('fc', 'c', 16, 16);
    return nodes.model(image);
  };

  test('convolutions without attention make a CNN', async () => {
    expect((await planOf(mixed())).quantized).toEqual(['c', 'fc']);
    const plan = await planOf(mixed(), { scheme: 'transformer' });
    expect(plan.quantized).toEqual(['fc']);
    expect(plan.of('c').reason).toBe("the scheme 'transformer' leaves convolutions in float");
  });

  test('attention makes a transformer', async () => {
    const plan = await planOf(attentionModel(), { scheme: 'cnn' });
    expect(plan.of('scores').reason).toBe("the scheme 'cnn' leaves attention in float");
    expect((await planOf(attentionModel())).of('scores').action).toBe('quantize');
  });

  test("'weights-only' calibrates nothing, and vectors pay too", async () => {
    const plan = await planOf(attentionModel({ x: [1, 1, 64] }), { scheme: 'weights-only' });
    expect(plan.quantized).toEqual(['query', 'key', 'value', 'projection']);
    expect(plan.of('query')).toMatchObject({ activations: [], weight: { axis: 1 } });
    expect(plan.of('scores').reason).toContain("the scheme 'weights-only' leaves attention");
  });
});

describe('rules of the user', () => {
  const two = () => {
    const nodes = new Nodes();
    nodes.linear('big', 'x');
    nodes.linear('small', 'big', 32, 8);
    return nodes.model(x);
  };

  test('are told what the scheme thinks, and may overrule it', async () => {
    const seen: PlacementCandidate[] = [];
    const plan = await planOf(two(), {
      rules: [
        (candidate) => {
          seen.push(candidate);
          return undefined;
        },
        ({ node }) => (node === 'big' ? 'float' : 'quantize'),
      ],
    });
    expect(seen).toEqual([
      { node: 'big', opType: 'MatMul', role: 'linear', unit: 'big', inputs: [[...x], [32, 32]] },
      {
        ...{ node: 'small', opType: 'MatMul', role: 'linear', unit: 'small' },
        inputs: [[...x], [32, 8]],
        obstacle: 'its weight is [32, 8], and INT8 needs at least 16 on each side',
      },
    ]);
    expect(plan.quantized).toEqual(['small']);
    expect(plan.of('big').reason).toBe('options.rules[1] says so');
  });

  test('cannot order what cannot be', async () => {
    const model = attentionModel({ disentangled: true });
    const plan = await planOf(model, { rules: [() => 'quantize'] });
    expect(plan.of('relative').action).toBe('float');
    expect(plan.of('scores').action).toBe('float');
  });

  test('keepFloat comes first', async () => {
    const options = { keepFloat: ['b*'], rules: [() => 'quantize' as const] };
    const plan = await planOf(two(), options);
    expect(plan.of('big').reason).toBe('options.keepFloat names it');
    expect(plan.quantized).toEqual(['small']);
  });
});

describe('what is wrong', () => {
  const model = () => {
    const nodes = new Nodes();
    nodes.linear('fc', 'x');
    return nodes.model(x);
  };

  test.each([
    { scheme: 'bert' },
    { attention: true },
    { residuals: 'both' },
    { embeddings: 1 },
    { precision: 'int8' },
    { type: 'int4' },
    { keepFloat: 'fc' },
    { keepFloat: ['nothing'] },
    { rules: ['float'] },
    { profiles: {} },
    { profiles: [{ y: { min: [1], opt: [1], max: [1] } }] },
  ])('%j is a TypeError', async (options) => {
    await expect(planOf(model(), options as never)).rejects.toThrow(TypeError);
  });

  test('a model with nothing to quantize', async () => {
    const nodes = new Nodes();
    nodes.linear('a', 'x', 32, 2);
    nodes.linear('b', 'a', 2, 32);
    await expect(planOf(nodes.model(x))).rejects.toMatchObject({
      code: 'ERR_CALIBRATION',
      message:
        'None of the 2 nodes that INT8 is for can be quantized: its weight is [32, 2], and INT8 needs at least 16 on each side; its weight is [2, 32], and INT8 needs at least 16 on each side.',
    });
    // What the user keeps in float is no error.
    expect((await planOf(model(), { keepFloat: ['*'] })).quantized).toEqual([]);
  });
});
