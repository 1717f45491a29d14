import { createRequire } from 'node:module';
import { arch, availableParallelism, cpus, release, totalmem, type } from 'node:os';
import { openLibrary } from '../engine/library/library.js';
import { fullName } from '../runtime/load.js';
import type { OrtProvider } from '../runtime/ort-provider.js';
import { checkOrtProvider, findGpu } from '../runtime/probe.js';
import type { RuntimeName } from '../runtime/runtime.js';
import { productFor } from '../runtime/tensorrt.js';
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
  return findGpu(device).then(
    ({ name }) => name,
    () => undefined,
  );
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
    const provider = fullName(runtime).slice('onnxruntime:'.length) as OrtProvider;
    return checkOrtProvider(provider, signal, device);
  }
  const { computeCapability } = await findGpu(device);
  await openLibrary({ product: product ?? productFor(computeCapability), libraryDir });
}

/** Of this package and of Node.js. */
export function ownVersions(): Record<string, string> {
  const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };
  return { 'tensorrt-node': version, node: process.version.slice(1) };
}
