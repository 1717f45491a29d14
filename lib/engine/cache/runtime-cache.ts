import { StampedFile } from './stamped-file.js';

/** What a runtime cache of TensorRT for RTX is good for: its kernels run nowhere else. */
export interface RuntimeCacheIdentity {
  readonly product: string;
  /** Of the library: major.minor.patch.build. */
  readonly version: string;
  readonly gpu: string;
  readonly computeCapability: string;
  readonly driver: string;
}

/** The kernels that TensorRT for RTX compiled at run time, in a file that processes share. */
export class RuntimeCacheFile {
  readonly path: string;
  /** What to start from; undefined where there is nothing that fits. */
  readonly bytes: Uint8Array | undefined;
  /** Why there is nothing to start from, for example `driver 580.65 -> 590.12`. */
  readonly reason: string | undefined;
  readonly #file: StampedFile;

  /** @internal */
  constructor(file: StampedFile, bytes: Uint8Array | undefined, reason: string | undefined) {
    this.#file = file;
    this.path = file.path;
    this.bytes = bytes;
    this.reason = reason;
  }

  /**
   * Replaces the file, whole or not at all. Of several processes that save, the last one wins: what
   * the others compiled, they compile again some day.
   *
   * @throws TensorRTError ERR_FILE
   */
  async save(bytes: Uint8Array): Promise<void> {
    await this.#file.exclusively(() => this.#file.write(bytes));
  }
}

/**
 * Reads a runtime cache. One that another library, GPU or driver made is not offered, and is
 * replaced by the next save.
 *
 * @throws TensorRTError ERR_FILE
 */
export async function openRuntimeCache(
  path: string,
  identity: RuntimeCacheIdentity,
): Promise<RuntimeCacheFile> {
  const { product, version, gpu, computeCapability, driver } = identity;
  const file = new StampedFile(path, { product, version, gpu, computeCapability, driver });
  const { bytes, reason } = await file.exclusively(() => file.read());
  return new RuntimeCacheFile(file, bytes, reason);
}
