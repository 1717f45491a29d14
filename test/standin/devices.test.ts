import {
  DeviceTensor,
  Engine,
  GpuMonitor,
  type Product,
  tensor,
  trimDeviceMemory,
} from 'tensorrt-node';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { prepareStandins } from './environment.js';
import { scalePlan } from './plan.js';

// Several GPUs in one process.

const standins = prepareStandins();
Object.assign(process.env, standins.env, { STANDIN_CUDA_DEVICES: '2' });
afterAll(() => standins.remove());
const { libraryDir } = standins;

const x = tensor('float32', [1, 4], [1, 2, 3, 4]);

describe.each<Product>(['tensorrt-rtx', 'tensorrt'])('%s', (product) => {
  async function open(device: number) {
    const engine = await Engine.load(scalePlan({ product }), { libraryDir, device });
    onTestFinished(() => engine.close());
    return { engine, session: await engine.createSession() };
  }

  it('runs an engine on each GPU at once', async () => {
    const [first, second] = await Promise.all([open(0), open(1)]);
    expect([first.engine.device, second.engine.device]).toEqual([0, 1]);
    const calls = Array.from({ length: 20 }, (_, i) =>
      (i % 2 ? first : second).session.infer({ x }),
    );
    for (const { y } of await Promise.all(calls))
      expect([...(y?.data ?? [])]).toEqual([3, 5, 7, 9]);
  });

  it('refuses a tensor of the other GPU, and takes its copy', async () => {
    const { session } = await open(1);
    await using there = await DeviceTensor.from(x, { device: 0 });
    await expect(session.infer({ x: there })).rejects.toMatchObject({
      code: 'ERR_FEED',
      message: expect.stringMatching(/is on GPU 0, the engine is on GPU 1\. .*copyTo/),
    });
    await expect(session.infer({ x }, { outputs: { y: there } })).rejects.toMatchObject({
      code: 'ERR_FEED',
    });
    await using here = await there.copyTo(1);
    expect(here.device).toBe(1);
    const { y } = await session.infer({ x: here });
    expect([...(y?.data ?? [])]).toEqual([3, 5, 7, 9]);
  });

  it('leaves outputs on the GPU of the engine', async () => {
    const { session } = await open(1);
    const { y } = await session.infer({ x }, { outputs: { y: 'device' } });
    expect(y.device).toBe(1);
    await y.close();
  });
});

it('keeps memory of closed tensors until it is told to give it back', async () => {
  await using monitor = await GpuMonitor.open({ device: 1 });
  const { freeBytes } = await monitor.read();
  await using _kept = await DeviceTensor.allocate('uint8', [1], { device: 1 });
  const large = await DeviceTensor.allocate('uint8', [64 * 2 ** 20], { device: 1 });
  await large.close();
  expect((await monitor.read()).freeBytes).toBeLessThan(freeBytes - 64 * 2 ** 20 + 1);
  await trimDeviceMemory({ device: 1 });
  expect((await monitor.read()).freeBytes).toBeGreaterThan(freeBytes - 2 ** 20);
});
