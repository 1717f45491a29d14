import { afterAll, expect, test } from 'vitest';
import { targetOf } from '../../dist/engine/cache/cached-build.js';
import { gpuIdentity } from '../../dist/engine/device/gpu-identity.js';
import { prepareStandins } from './environment.js';

// What caches know of the GPU, which is that of the driver's stand-in.

const standins = prepareStandins();
Object.assign(process.env, standins.env);
afterAll(() => standins.remove());

const standinGpu = {
  gpu: 'stand-in GPU 0',
  computeCapability: '8.9',
  multiprocessors: 1,
  driver: expect.stringMatching(/^(CUDA )?\d+\.\d/),
};

test('a GPU is known by what engines depend on', () => {
  expect(gpuIdentity()).toEqual(standinGpu);
});

test('a GPU that is not there is an error', () => {
  expect(() => gpuIdentity(99)).toThrow(expect.objectContaining({ code: 'ERR_NO_GPU' }));
});

test('an engine is for this machine, unless TensorRT for RTX is told otherwise', () => {
  const here = { ...standinGpu, os: `${process.platform}-${process.arch}` };
  expect(targetOf({ product: 'tensorrt' })).toEqual({ targets: [], ...here });
  expect(targetOf({ product: 'tensorrt-rtx' }, ['current'])).toEqual({
    targets: ['current'],
    ...here,
  });
  expect(targetOf({ product: 'tensorrt-rtx' }, ['sm86'])).toEqual({ targets: ['sm86'] });
  expect(targetOf({ product: 'tensorrt-rtx' })).toEqual({ targets: [] });
});
