import { createRequire } from 'node:module';
import { arch, availableParallelism, cpus, release, totalmem, type } from 'node:os';
import { openLibrary } from '../engine/library/library.js';
import { TensorRTError } from '../errors.js';
import { callNative, loadAddon } from '../native.js';
import { fullName } from '../runtime/load.js';
import type { OrtProvider } from '../runtime/ort-provider.js';
import { checkOrtProvider } from '../runtime/probe.js';
import type { RuntimeName } from '../runtime/runtime.js';
import type { CheckedBenchOptions } from './bench-options.js';
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
 * Looks whether a runtime can be had at all: without a GPU that is the answer, and not what
 * conversions and a build would say much later.
 *
 * @throws TensorRTError ERR_NO_GPU, ERR_ADDON, ERR_RUNTIME, ERR_TRT_LIBRARY_NOT_FOUND
 */
export async function checkRuntime(
  runtime: RuntimeName,
  { device, product, libraryDir, signal }: CheckedBenchOptions,
): Promise<void> {
  if (runtime !== 'tensorrt') {
    return checkOrtProvider(fullName(runtime).slice('onnxruntime:'.length) as OrtProvider, signal);
  }
  await findGpu(device);
  await openLibrary({ product, libraryDir });
}

/** @throws TensorRTError ERR_NO_GPU, ERR_ADDON */
async function findGpu(device: number): Promise<string> {
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
