import { GpuMonitor } from 'tensorrt-node';
import { afterAll, expect, it } from 'vitest';
import { prepareStandins } from './environment.js';

const standins = prepareStandins();
Object.assign(process.env, standins.env, { STANDIN_NVML_POWER: '250000' });
afterAll(() => standins.remove());

it('reads memory, power and energy', async () => {
  await using monitor = await GpuMonitor.open();
  expect(monitor).toMatchObject({ device: 0, problem: undefined });
  const first = await monitor.read();
  expect(first.totalBytes).toBe(8 * 2 ** 30);
  expect(first.freeBytes).toBeLessThanOrEqual(first.totalBytes);
  expect(first.powerWatts).toBeGreaterThan(0);
  const second = await monitor.read();
  expect(second.energyJoules).toBeGreaterThanOrEqual(first.energyJoules ?? Number.NaN);
});

it('refuses a GPU that is not there, and work after close', async () => {
  await expect(GpuMonitor.open({ device: 3 })).rejects.toMatchObject({ code: 'ERR_NO_GPU' });
  const monitor = await GpuMonitor.open();
  await monitor.close();
  await monitor.close();
  await expect(monitor.read()).rejects.toMatchObject({ code: 'ERR_CLOSED' });
});
