import { allocatePinned, DeviceTensor, doctor, GpuMonitor, tensor } from 'tensorrt-node';
import { describe, expect, it } from 'vitest';
import { skipWhere, whyNoGpu } from './gpu.js';

// The real driver, without TensorRT: what the stand-ins claim about copies, pools and readings.

describe('the CUDA driver', () => {
  skipWhere(whyNoGpu);

  it('tells each GPU and its memory', async () => {
    const { gpus, driver } = await doctor();
    expect(driver).toMatch(/^\d+\.\d+$/);
    for (const gpu of gpus) expect(gpu.computeCapability).toMatch(/^\d+\.\d$/);
  });

  it('gives back what was copied to it, whole and of every size', async () => {
    for (const count of [0, 1, 3, 255, 65_537, 5_000_000]) {
      const values = Float32Array.from({ length: count }, (_, i) => i % 1021);
      await using copy = await DeviceTensor.from(tensor('float32', [count], values));
      expect(
        Buffer.compare(Buffer.from((await copy.read()).data.buffer), Buffer.from(values.buffer)),
      ).toBe(0);
    }
  });

  it('keeps many copies in flight apart', async () => {
    const copies = Array.from({ length: 64 }, async (_, i) => {
      await using copy = await DeviceTensor.from(tensor('int32', [4096], Array(4096).fill(i)));
      return new Set((await copy.read()).data);
    });
    (await Promise.all(copies)).forEach((values, i) => {
      expect(values).toEqual(new Set([i]));
    });
  });

  it('takes page-locked memory, and lets tensors be written again', async () => {
    const pinned = await allocatePinned('float32', [1024]);
    pinned.data.fill(7);
    await using copy = await DeviceTensor.from(pinned);
    expect(new Set((await copy.read()).data)).toEqual(new Set([7]));
    await copy.write(tensor('float32', [1024], new Float32Array(1024).fill(8)));
    expect(new Set((await copy.read()).data)).toEqual(new Set([8]));
  });

  it('gives freed memory back to its pool, not to leak it', async () => {
    await using monitor = await GpuMonitor.open();
    const megabytes = 64;
    const round = async () => {
      const held = await DeviceTensor.allocate('uint8', [megabytes * 1e6]);
      await held.close();
    };
    await round();
    const before = (await monitor.read()).freeBytes;
    for (let i = 0; i < 50; i++) await round();
    const after = (await monitor.read()).freeBytes;
    // Others may use the GPU as well; 50 rounds that leak would take 3.2 GB.
    expect(before - after).toBeLessThan(10 * megabytes * 1e6);
  });

  it('refuses more memory than there is, and works afterwards', async () => {
    await using monitor = await GpuMonitor.open();
    const { totalBytes } = await monitor.read();
    await expect(DeviceTensor.allocate('uint8', [totalBytes * 2])).rejects.toMatchObject({
      code: 'ERR_GPU_MEMORY',
    });
    await using small = await DeviceTensor.from(tensor('float32', [1], [5]));
    expect([...(await small.read()).data]).toEqual([5]);
  });

  it('refuses a GPU that is not there', async () => {
    const { gpus } = await doctor();
    await expect(
      DeviceTensor.allocate('float32', [1], { device: gpus.length }),
    ).rejects.toMatchObject({ code: 'ERR_NO_GPU' });
  });

  it('reads memory, and power and energy where NVML tells them', async () => {
    await using monitor = await GpuMonitor.open();
    const reading = await monitor.read();
    expect(reading.freeBytes).toBeGreaterThan(0);
    expect(reading.freeBytes).toBeLessThanOrEqual(reading.totalBytes);
    if (monitor.problem !== undefined) expect(monitor.problem).not.toBe('');
    else expect(reading.powerWatts).toBeGreaterThan(0);
  });
});
