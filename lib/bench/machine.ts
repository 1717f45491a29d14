import { createRequire } from 'node:module';
import { arch, availableParallelism, cpus, release, totalmem, type } from 'node:os';
import { TensorRTError } from '../errors.js';
import { callNative, loadAddon } from '../native.js';
import type { BenchMachine } from './bench-report.js';

/** The machine that measures, as far as figures depend on it. */
export async function describeMachine(device: number): Promise<BenchMachine> {
  return {
    cpu: cpus()[0]?.model.trim() ?? arch(),
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    system: `${type()} ${release()} ${arch()}`,
    gpu: await gpuName(device),
  };
}

/** Undefined where there is no GPU, no driver or no addon: the cells that need one say why. */
async function gpuName(device: number): Promise<string | undefined> {
  return findGpu(device).catch(() => undefined);
}

/**
 * The name of a GPU.
 *
 * @throws TensorRTError ERR_NO_GPU, ERR_ADDON
 */
export async function findGpu(device: number): Promise<string> {
  const { devices } = await callNative(() => loadAddon().listDevices());
  const found = devices.find(({ ordinal }) => ordinal === device);
  if (found) return found.name;
  throw new TensorRTError('ERR_NO_GPU', `This machine has no GPU ${device}.`, {
    remedy: `It has ${devices.length}, and numbers begin at 0.`,
  });
}

/** Of this package and of Node.js. */
export function ownVersions(): Record<string, string> {
  const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };
  return { 'tensorrt-node': version, node: process.version.slice(1) };
}
