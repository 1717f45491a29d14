import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { TensorRTError } from '../errors.js';

/** The providers of ONNX Runtime that this package opens. */
export const ortProviders = ['cpu', 'cuda', 'tensorrt', 'webgpu'] as const;

export type OrtProvider = (typeof ortProviders)[number];

/** One entry of `listSupportedBackends()` of `onnxruntime-node`. */
interface Backend {
  readonly name: string;
  /** Whether its libraries come with the package of npm. */
  readonly bundled: boolean;
}

const remedies: Readonly<Record<OrtProvider, string | undefined>> = {
  cpu: undefined,
  cuda: 'It needs an NVIDIA GPU with its driver, and the libraries of CUDA and cuDNN where the loader finds them (LD_LIBRARY_PATH).',
  tensorrt:
    'It needs an NVIDIA GPU with its driver, and the libraries of CUDA, cuDNN and TensorRT where the loader finds them (LD_LIBRARY_PATH).',
  webgpu: 'It needs a GPU and a driver of Vulkan, Metal or Direct3D 12.',
};

/** What a provider needs to run, in one sentence. */
export function providerRemedy(provider: OrtProvider): string | undefined {
  return remedies[provider];
}

/**
 * Looks whether the installed `onnxruntime-node` has a provider, before ONNX Runtime tries: it says
 * of a missing file only that a library failed to load.
 *
 * @throws TensorRTError `ERR_RUNTIME`
 */
export function checkProvider(provider: OrtProvider, backends: readonly Backend[]): void {
  if (provider === 'cpu') return;
  const backend = backends.find(({ name }) => name === provider);
  if (!backend) {
    const offered = backends.map(({ name }) => `'${name}'`).join(', ');
    throw new TensorRTError(
      'ERR_RUNTIME',
      `onnxruntime-node has no provider '${provider}' on ${process.platform}/${process.arch}: it offers ${offered}.`,
    );
  }
  const folder = libraryFolder();
  const library = folder && join(folder, libraryName(provider));
  if (backend.bundled || !library || existsSync(library)) return;
  throw new TensorRTError(
    'ERR_RUNTIME',
    `The provider '${provider}' of ONNX Runtime is not installed: ${library} does not exist.`,
    {
      remedy:
        'Fetch it with `ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node`: the package of npm comes without the CUDA binaries.',
    },
  );
}

function libraryName(provider: OrtProvider): string {
  const name = `onnxruntime_providers_${provider}`;
  return process.platform === 'win32' ? `${name}.dll` : `lib${name}.so`;
}

/** Where the package keeps its libraries; undefined where it is laid out in a way we do not know. */
function libraryFolder(): string | undefined {
  const main = createRequire(import.meta.url).resolve('onnxruntime-node');
  const bin = join(dirname(main), '..', 'bin');
  if (!existsSync(bin)) return undefined;
  return readdirSync(bin)
    .map((abi) => join(bin, abi, process.platform, process.arch))
    .find(existsSync);
}
