import { type Model, tensor } from 'tensorrt-node';
import { describe, expect, it } from 'vitest';
import { compareOutputs } from '../../dist/cli/verify.js';
import { buildModel, errorOf, linearModel } from './helpers.js';

/** y = x + offset, on a number of axes that the model tells or not. */
function shifted(offset: number, stated: (number | string)[] | 'unknown' = ['n', 2]): Model {
  const dims = stated === 'unknown' ? undefined : stated;
  return buildModel({
    inputs: [{ name: 'x', type: 'float32', dims }],
    outputs: [{ name: 'y', type: 'float32', dims }],
    initializers: { offset: tensor('float32', [], [offset]) },
    nodes: [{ opType: 'Add', inputs: ['x', 'offset'], outputs: ['y'] }],
  });
}

describe('compareOutputs', () => {
  it('finds the same outputs equal', async () => {
    const [distance] = await compareOutputs(linearModel(), linearModel(), new Map());
    expect(distance).toMatchObject({ output: 'y', maxAbsolute: 0, close: true });
    expect(distance?.largest).toBeGreaterThan(0);
  });

  it('measures how far others lie apart', async () => {
    const [distance] = await compareOutputs(shifted(0), shifted(0.5), new Map());
    expect(distance?.maxAbsolute).toBeCloseTo(0.5, 6);
    expect(distance?.close).toBe(false);
  });

  it('forgives what rounding makes, and no NaN', async () => {
    const [rounded] = await compareOutputs(shifted(0), shifted(1e-6), new Map());
    expect(rounded?.close).toBe(true);
    const [broken] = await compareOutputs(shifted(0), shifted(Number.NaN), new Map());
    expect(broken?.close).toBe(false);
  });

  it('feeds the shapes that it is given, and asks for those that nobody knows', async () => {
    const unknown = () => shifted(0, 'unknown');
    const error = await errorOf(compareOutputs(unknown(), unknown(), new Map()));
    expect((error as Error).message).toMatch(/rank of input 'x' is not known.*--shapes x:1x8/);
    const [distance] = await compareOutputs(unknown(), unknown(), new Map([['x', [3]]]));
    expect(distance?.close).toBe(true);
    const fixed = new Map([['x', [2, 2]]]);
    await expect(compareOutputs(shifted(0, [3, 2]), shifted(0, [3, 2]), fixed)).rejects.toThrow(
      'x',
    );
  });
});
