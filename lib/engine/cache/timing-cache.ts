import { join } from 'node:path';
import { invalidArgument } from '../../arguments.js';
import { callNative, type NativeLibrary } from '../../native.js';
import type { BuildLogLine } from '../build/build-watch.js';
import { type GpuIdentity, gpuIdentity } from '../device/gpu-identity.js';
import { StampedFile } from './stamped-file.js';

type TimingLibrary = Pick<NativeLibrary, 'version' | 'combineTimingCaches'>;

export interface TimingCacheOptions {
  /**
   * Where TensorRT keeps the times of tactics that it measured, so that the next build need not
   * measure them again: a file, or `true` for a file in `cacheDir` for this GPU and version.
   * TensorRT for RTX measures nothing, and ignores it with a warning in `onLog`. Default: none.
   */
  timingCache?: string | true;
}

interface TimingContext extends TimingCacheOptions {
  cacheDir?: string;
  onLog?: (line: BuildLogLine) => void;
  signal?: AbortSignal | undefined;
}

/** @throws TypeError */
export function checkTimingCache({ timingCache, cacheDir }: TimingContext): void {
  if (timingCache === undefined) return;
  if (timingCache !== true && (typeof timingCache !== 'string' || timingCache === '')) {
    throw invalidArgument('timingCache', 'the path of a file or true', timingCache);
  }
  if (timingCache === true && cacheDir === undefined) {
    throw new TypeError('Expected cacheDir where timingCache is true');
  }
}

/** Lets a build start from the timing cache that the options name, and adds what it measured. */
export async function withTimingCache<T extends { timingCache: Uint8Array | undefined }>(
  library: NativeLibrary,
  options: TimingContext,
  build: (timingCache: Uint8Array | undefined) => Promise<T>,
): Promise<T> {
  const { timingCache, cacheDir, onLog, signal } = options;
  if (timingCache === undefined) return build(undefined);
  const warn = (text: string) => onLog?.({ severity: 'warning', text });
  if (library.product === 'tensorrt-rtx') {
    warn('TensorRT for RTX measures no tactics when it builds: timingCache is ignored.');
    return build(undefined);
  }
  const place = timingCache === true ? { folder: cacheDir as string } : { file: timingCache };
  const file = TimingCacheFile.open(library, place);
  const built = await build(await file.load(signal));
  // An engine was built: what it cost is no reason to lose it.
  if (built.timingCache) {
    await file.add(built.timingCache).catch((error: Error) => {
      warn(`The timing cache ${file.path} was not written: ${error.message}`);
    });
  }
  return built;
}

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
