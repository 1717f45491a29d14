import { open } from 'node:fs/promises';
import { checkOptions } from '../arguments.js';
import { onFile } from '../files.js';
import { callNative, type NativeEngineValidity } from '../native.js';
import type { LibraryOptions } from './library/library.js';
import { openLibraryFor } from './load.js';
import { Plan, readPlanInfo } from './plan/plan.js';

/** What TensorRT for RTX says of a plan before it is loaded. */
export interface EngineValidity {
  /** `'suboptimal'` runs, but slower than a plan that was built for this GPU. */
  readonly verdict: 'valid' | 'suboptimal' | 'invalid';
  /** TensorRT's `EngineInvalidityDiagnostics` by name, such as `'versionMismatch'`. */
  readonly diagnostics: readonly string[];
  /** The same in words; undefined where the plan is valid. */
  readonly reason: string | undefined;
}

/** More than any version's header takes. */
const headerBytes = 64 * 1024;

const words: Readonly<Record<string, string>> = {
  versionMismatch: 'another version of TensorRT for RTX built it',
  unsupportedCc: 'it was not built for the compute capability of this GPU',
  oldCudaDriver: 'the driver is older than the one it was built with',
  oldCudaRuntime: 'the CUDA runtime is older than the one it was built with',
  insufficientGpuMemory: 'the GPU has too little memory for its weights',
  malformedEngine: 'it is not a plan of TensorRT for RTX',
  cudaError: 'the CUDA driver or runtime does not work',
};

/**
 * Asks TensorRT for RTX whether a plan can run on this machine. It reads no more than the header, so
 * that a damaged plan can still pass.
 *
 * @throws TensorRTError ERR_UNSUPPORTED for a plan of TensorRT, which cannot tell; ERR_FILE,
 * ERR_TRT_ENGINE_INVALID, ERR_TRT_LIBRARY_NOT_FOUND
 */
export async function checkEngine(
  plan: Plan | Uint8Array | string,
  options: Pick<LibraryOptions, 'libraryDir'> = {},
): Promise<EngineValidity> {
  checkOptions('options', options, ['libraryDir']);
  const info = await readPlanInfo(plan);
  const library = await openLibraryFor(info, options.libraryDir);
  const header = await readHeader(plan instanceof Plan ? plan.source : plan);
  const { verdict, diagnostics } = await callNative(() => library.checkEngine(header));
  return { verdict, diagnostics, reason: reasonOf({ verdict, diagnostics }) };
}

function reasonOf({ verdict, diagnostics }: NativeEngineValidity): string | undefined {
  if (diagnostics.length > 0) return diagnostics.map((name) => words[name] ?? name).join('; ');
  if (verdict === 'valid') return undefined;
  // Without a driver the library gives no diagnostic at all, whatever its headers say.
  return verdict === 'invalid'
    ? 'there is no usable NVIDIA driver on this machine'
    : 'it was not built for this GPU';
}

async function readHeader(plan: Uint8Array | string): Promise<Uint8Array> {
  if (typeof plan !== 'string') return plan.subarray(0, headerBytes);
  return onFile('read', plan, async () => {
    const file = await open(plan, 'r');
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(headerBytes), 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  });
}
