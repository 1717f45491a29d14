import { supportsModel } from 'tensorrt-node';
import { describe, expect, it } from 'vitest';
import { buildModel, linearModel, temporaryFolder } from '../unit/helpers.js';

/** Relu, an operator that nobody has, Relu without a name, and another such operator. */
const halfKnown = () =>
  buildModel({
    inputs: [{ name: 'x', type: 'float32', dims: [2, 2] }],
    outputs: [{ name: 'y', type: 'float32', dims: [2, 2] }],
    nodes: [
      { opType: 'Relu', name: 'first', inputs: ['x'], outputs: ['a'] },
      { opType: 'Fancy', domain: 'com.example', name: 'fancy', inputs: ['a'], outputs: ['b'] },
      { opType: 'Relu', inputs: ['b'], outputs: ['c'] },
      { opType: 'Odd', domain: 'com.example', name: 'odd', inputs: ['c'], outputs: ['y'] },
    ],
  });

describe('supportsModel', () => {
  it('finds nothing to complain of in a model that TensorRT takes', async () => {
    expect(await supportsModel(linearModel())).toEqual({
      supported: true,
      subgraphs: [
        {
          supported: true,
          nodes: [
            { name: 'hidden_matmul', opType: 'MatMul', index: 0 },
            { name: 'hidden_bias', opType: 'Add', index: 1 },
            { name: 'hidden_relu', opType: 'Relu', index: 2 },
            { name: 'classifier', opType: 'Gemm', index: 3 },
          ],
        },
      ],
      refused: [],
      errors: [],
    });
  });

  it('names every node that TensorRT does not take, not only the first', async () => {
    const support = await supportsModel(halfKnown());
    const fancy = { name: 'fancy', opType: 'Fancy', index: 1 };
    const odd = { name: 'odd', opType: 'Odd', index: 3 };
    expect(support).toMatchObject({
      supported: false,
      refused: [fancy, odd],
      errors: [
        { code: 'invalidNode', node: fancy, functionStack: [] },
        { code: 'invalidNode', node: odd, functionStack: [] },
      ],
    });
    expect(support.subgraphs.map(({ nodes }) => nodes.map(({ index }) => index))).toEqual([
      [0],
      [2],
    ]);
    expect(support.errors[0]?.description).toContain('Plugin not found');
  });

  it('reads a file with external data, and changes nothing', async () => {
    const path = `${await temporaryFolder()}/linear.onnx`;
    await linearModel().save(path, { externalData: 'always' });
    expect(await supportsModel(path)).toMatchObject({ supported: true, errors: [] });
    const model = halfKnown();
    const before = model.toBytes();
    await supportsModel(model);
    expect(Buffer.compare(model.toBytes(), before)).toBe(0);
  });

  it('tells of DLA where it is asked to', async () => {
    const support = await supportsModel(linearModel(), {
      product: 'tensorrt-rtx',
      parserFlags: { reportCapabilityDla: true },
    });
    expect(support.supported).toBe(false);
    expect(support.errors[0]?.description).toContain('DLA');
  });

  it('refuses what it cannot read, and options that it does not have', async () => {
    await expect(supportsModel('absent.onnx')).rejects.toMatchObject({ code: 'ERR_FILE' });
    await expect(supportsModel(7 as never)).rejects.toThrow(/a Model or a path for model.*7/);
    await expect(supportsModel('a.onnx', { profiles: [] } as never)).rejects.toThrow(/'profiles'/);
    await expect(supportsModel('a.onnx', { parserFlags: { dla: true } as never })).rejects.toThrow(
      /in parserFlags .*'dla'/,
    );
    const reason = new Error('no longer needed');
    const signal = AbortSignal.abort(reason);
    await expect(supportsModel(linearModel(), { signal })).rejects.toBe(reason);
  });
});
