import { buildEngine, type Product, supportsModel } from 'tensorrt-node';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { openLibrary } from '../../dist/engine/library/library.js';
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

describe('a version that a library tells', () => {
  /** The stand-in of a product under a version that is not its own. */
  async function open(product: Product, version: string) {
    const place = prepareStandins();
    vi.stubEnv('STANDIN_TENSORRT_VERSION', version);
    try {
      return await openLibrary({ product, libraryDir: place.libraryDir });
    } finally {
      vi.unstubAllEnvs();
      place.remove();
    }
  }

  it.each<[Product, string]>([
    ['tensorrt-rtx', '1.5.0.98'],
    ['tensorrt', '11.0.0.12'],
  ])('is the oldest of %s that can be driven: %s', async (product, version) => {
    expect((await open(product, version)).native).toMatchObject({ product, version });
  });

  it.each<[Product, string]>([
    ['tensorrt-rtx', '1.4.0.76'],
    ['tensorrt', '9.3.0.1'],
    ['tensorrt', '12.0.0.1'],
  ])(
    'is refused for %s %s before any call that it would misunderstand',
    async (product, version) => {
      await expect(open(product, version)).rejects.toMatchObject({
        code: 'ERR_TRT_LIBRARY_VERSION',
        message: expect.stringContaining(`version ${version}`),
        remedy: expect.stringContaining('TensorRT for RTX 1.5'),
      });
    },
  );

  it('of TensorRT 10 needs a build that knows it', async () => {
    await expect(open('tensorrt', '10.16.0.1')).rejects.toMatchObject({
      code: 'ERR_TRT_LIBRARY_VERSION',
      message: expect.stringMatching(/no support for TensorRT 10.*version 10\.16\.0\.1/),
      remedy: expect.stringContaining('TENSORRT_ROOT'),
    });
  });
});
