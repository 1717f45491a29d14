import { check, Model, TensorRTError } from 'tensorrt-node';
import { describe, expect, it } from 'vitest';
import { joinParser } from '../../dist/check/join.js';
import { cases, filled, graph } from './check-cases.js';
import { errorOf, linearModel, temporaryFolder } from './helpers.js';

const none = { askParser: false } as const;

describe('check', () => {
  it('reports the same text for the same model, of a path or in memory', async () => {
    const path = `${await temporaryFolder()}/model.onnx`;
    await linearModel().save(path);
    const model = await Model.load(path);
    const first = JSON.stringify(await check(path, none));
    expect(JSON.stringify(await check(path, none))).toBe(first);
    expect(JSON.stringify(await check(model, none))).toBe(first);
  });

  it('puts errors first and counts', async () => {
    const { findings, counts, ok } = await check(await cases['bias-quantized'].raises(), none);
    expect(findings.map(({ code, severity }) => [code, severity])).toEqual([
      ['bias-quantized', 'error'],
    ]);
    expect([counts, ok]).toEqual([{ error: 1, warning: 0, info: 0 }, false]);
    expect(findings[0]).toMatchObject({
      node: { name: 'DequantizeLinear_bd', opType: 'DequantizeLinear', index: 2 },
      tensor: 'b',
      fixable: true,
    });
  });

  it('changes nothing', async () => {
    const model = await cases['node-unnamed'].raises();
    const before = model.toBytes();
    await check(model, none);
    expect(Buffer.compare(model.toBytes(), before)).toBe(0);
  });

  it('says why no parser was asked', async () => {
    const model = linearModel();
    expect((await check(model, none)).parser).toEqual({
      asked: false,
      reason: 'askParser is false.',
    });
    const folder = await temporaryFolder();
    const { parser } = await check(model, { libraryDir: folder });
    expect(parser).toMatchObject({ asked: false, reason: expect.stringContaining(folder) });
  });

  it('knows the products apart', async () => {
    const model = await cases['operator-no-kernel'].raises();
    const codes = async (product: 'tensorrt' | 'tensorrt-rtx') =>
      (await check(model, { ...none, product })).findings.map(({ code }) => code);
    expect(await codes('tensorrt-rtx')).toContain('operator-no-kernel');
    expect(await codes('tensorrt')).not.toContain('operator-no-kernel');
    const deformable = graph([{ opType: 'DeformConv', inputs: ['x'], outputs: ['y'] }]);
    const report = await check(deformable, { ...none, product: 'tensorrt' });
    expect(report.findings.map(({ code }) => code)).not.toContain('operator-unsupported');
    expect(report.product).toBe('tensorrt');
  });

  it('looks into sub-graphs, whose nodes have no position', async () => {
    const model = await cases['control-flow'].raises();
    const branch = model.graph.nodes[0]?.attribute.find(({ name }) => name === 'else_branch')?.g;
    if (branch?.node[0]) branch.node[0].opType = 'Det';
    const { findings } = await check(model, none);
    const found = findings.find(({ code }) => code === 'operator-unsupported');
    expect(found?.node).toEqual({ name: 'Neg_e', opType: 'Det' });
  });

  it('names what attention lacks', async () => {
    const model = await cases['attention-partly-quantized'].raises();
    const { findings } = await check(model, none);
    const found = findings.filter(({ code }) => code === 'attention-partly-quantized');
    expect(found.map(({ what }) => what)).toEqual([
      'Attention is quantized without Q/DQ on the output of Softmax (first input of the second MatMul).',
    ]);
  });

  it('reads scales that lie in an external file, or that are as large as weights', async () => {
    const path = `${await temporaryFolder()}/model.onnx`;
    for (const channels of [512, 32768]) {
      for (const scale of [0, 0.01]) {
        const model = tableOf(channels, scale);
        for (const externalData of ['always', 'never'] as const) {
          await model.save(path, { externalData });
          // A large scale is no outline's business: it stays unread in the model itself.
          const isRead = channels === 512 || externalData === 'always';
          const codes = (await check(path, none)).findings.map(({ code }) => code);
          expect(codes.includes('scale-not-positive')).toBe(isRead && scale === 0);
          expect(codes.includes('external-data')).toBe(externalData === 'always');
        }
      }
    }
  });

  it.each<[string, unknown, RegExp]>([
    ['an option that it does not have', { targets: ['sm89'] }, /in options .*'targets'/],
    ['a target', { target: 'sm90' }, /for target .*'sm90'/],
    ['a product', { product: 'trt' }, /for product/],
    ['profiles', { profiles: 7 }, /for profiles/],
    ['a version', { version: '' }, /for version/],
    ['askParser', { askParser: 'no' }, /for askParser/],
  ])('refuses %s', async (_, options, message) => {
    const error = await errorOf(check(linearModel(), options as never));
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toMatch(message);
  });

  it('rejects for a file that is no model', async () => {
    const error = await errorOf(check('absent.onnx', none));
    expect(error).toBeInstanceOf(TensorRTError);
    expect(error).toMatchObject({ code: 'ERR_FILE' });
  });
});

/** A table of INT8 rows [rows, 4] with a scale each. */
const tableOf = (rows: number, scale: number) =>
  graph(
    [
      {
        opType: 'DequantizeLinear',
        inputs: ['w', 's'],
        outputs: ['d'],
        attributes: { axis: 0 },
      },
      { opType: 'Gather', inputs: ['d', 'i'], outputs: ['y'] },
    ],
    {
      inputs: [{ name: 'i', type: 'int64', dims: [8] }],
      outputs: [{ name: 'y', type: 'float32', dims: [8, 4] }],
      initializers: { w: filled('int8', [rows, 4], 1), s: filled('float32', [rows], scale) },
    },
  );

describe('joining the answer of the parser', () => {
  const node = { name: 'n', opType: 'Relu', index: 0 };
  const finding = {
    severity: 'warning',
    node,
    what: 'w',
    why: 'y',
    remedy: 'r',
    fixable: false,
  } as const;
  const complaint = { code: 'invalidNode', description: 'no', node, functionStack: [] };
  const refusing = { supported: false, subgraphs: [], refused: [node], errors: [complaint] };
  const taking = {
    supported: true,
    subgraphs: [{ supported: true, nodes: [node] }],
    refused: [],
    errors: [],
  };

  it('makes an error of what the parser refuses', () => {
    expect(joinParser([{ ...finding, code: 'operator-plugin' }], refusing)).toEqual([
      {
        ...finding,
        code: 'operator-plugin',
        severity: 'error',
        parser: { verdict: 'refused', complaint: 'no' },
      },
    ]);
  });

  it('makes a finding of a complaint that no rule knows', () => {
    const info = { ...finding, severity: 'info', code: 'node-unnamed' } as const;
    const joined = joinParser([info], refusing);
    expect(joined.map(({ code }) => code)).toEqual(['node-unnamed', 'parser-refuses']);
    expect(joined[1]).toMatchObject({
      severity: 'error',
      node,
      what: expect.stringContaining('no'),
    });
  });

  it('softens a rule that only foretold a refusal, and marks one that says more', () => {
    const error = { ...finding, severity: 'error' } as const;
    const joined = joinParser(
      [
        { ...error, code: 'operator-unsupported' },
        { ...error, code: 'zero-point-uint8' },
      ],
      taking,
    );
    expect(joined.map(({ severity, parser }) => [severity, parser?.verdict])).toEqual([
      ['info', 'accepted'],
      ['error', 'accepted'],
    ]);
  });
});
