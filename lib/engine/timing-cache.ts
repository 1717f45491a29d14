import { join } from 'node:path';
import { callNative, type NativeLibrary } from '../native.js';
import { type GpuIdentity, gpuIdentity } from './gpu-identity.js';
import { StampedFile } from './stamped-file.js';

type TimingLibrary = Pick<NativeLibrary, 'version' | 'combineTimingCaches'>;

/**
 * The times of tactics that TensorRT measured, in a file that builds and processes share. They hold
 * for one model of GPU and one version of TensorRT.
 */
export class TimingCacheFile {
  readonly #library: TimingLibrary;
  readonly #file: StampedFile;

  private constructor(library: TimingLibrary, file: StampedFile) {
    this.#library = library;
    this.#file = file;
  }

  /** @param place - the file, or the folder in which each GPU and version has its own. */
  static open(
    library: TimingLibrary,
    place: { file: string } | { folder: string },
    gpu: GpuIdentity = gpuIdentity(),
  ): TimingCacheFile {
    const { version } = library;
    const path = 'file' in place ? place.file : join(place.folder, fileName(gpu.gpu, version));
    const { gpu: name, computeCapability } = gpu;
    return new TimingCacheFile(
      library,
      new StampedFile(path, { version, gpu: name, computeCapability }),
    );
  }

  get path(): string {
    return this.#file.path;
  }

  /** What a build starts from: empty where there is nothing that fits. */
  async load(signal?: AbortSignal): Promise<Uint8Array> {
    const { bytes } = await this.#file.exclusively(() => this.#file.read(), signal);
    return bytes ?? new Uint8Array(0);
  }

  /** Adds what a build measured to what is in the file by now. */
  async add(measured: Uint8Array): Promise<void> {
    await this.#file.exclusively(async () => {
      const { bytes } = await this.#file.read();
      await this.#file.write(
        bytes
          ? await callNative(() => this.#library.combineTimingCaches(bytes, measured))
          : measured,
      );
    });
  }
}

function fileName(gpu: string, version: string): string {
  return `timing-${gpu.replaceAll(/[^A-Za-z0-9]+/g, '-')}-${version}.cache`;
}
