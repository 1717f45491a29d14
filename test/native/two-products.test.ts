import { buildEngine, supportsModel } from 'tensorrt-node';
import { afterAll, describe, expect, it } from 'vitest';
import { openLibrary } from '../../dist/engine/library.js';
import { prepareStandins } from '../standin/environment.js';
import { linearModel } from '../unit/helpers.js';

// The real TensorRT for RTX and a stand-in of TensorRT 11, whose virtual tables differ.

const standins = prepareStandins();
afterAll(() => standins.remove());
const { libraryDir } = standins;

const rtx = { product: 'tensorrt-rtx', targets: ['sm89'] } as const;

describe('both products in one process', () => {
  it('are told apart by what they say of themselves', async () => {
    const [first, second] = await Promise.all([
      openLibrary({ product: 'tensorrt-rtx' }),
      openLibrary({ product: 'tensorrt', libraryDir }),
    ]);
    expect(first.native.product).toBe('tensorrt-rtx');
    expect(first.native.version).toMatch(/^1\.7\./);
    expect(second.native.product).toBe('tensorrt');
    expect(second.native.version).toMatch(/^11\.4\./);
  });

  it('work side by side, and one that fails does not disturb the other', async () => {
    const model = linearModel({ batch: 4 });
    const alone = await buildEngine(model, rtx);
    const standin = { product: 'tensorrt', libraryDir } as const;
    const together = await Promise.allSettled([
      buildEngine(model, rtx),
      buildEngine(model, standin),
      buildEngine(model, rtx),
      supportsModel(model, standin),
    ]);
    const refusal = {
      status: 'rejected',
      reason: expect.objectContaining({
        name: 'TensorRTError',
        message: expect.stringContaining('stand-in'),
      }),
    };
    expect(together[1]).toMatchObject(refusal);
    expect(together[3]).toMatchObject(refusal);
    for (const outcome of [together[0], together[2]]) {
      if (outcome?.status !== 'fulfilled' || !('data' in outcome.value)) throw new Error('no plan');
      expect(Buffer.compare(outcome.value.data, alone.data)).toBe(0);
    }
  });
});
