import { callNative, type NativeEngine, type NativeRuntimeCache } from '../../native.js';
import { openRuntimeCache, type RuntimeCacheFile } from '../cache/runtime-cache.js';
import { gpuIdentity } from '../device/gpu-identity.js';

/** Which engine a cache is for. */
export interface CachedEngine {
  readonly native: NativeEngine;
  readonly product: string;
  /** Of the library: major.minor.patch.build. */
  readonly version: string;
  /** Number of the GPU. */
  readonly device: number;
}

/** The runtime cache of a session: kernels of TensorRT for RTX, and the file that keeps them. */
export class SessionCache {
  readonly native: NativeRuntimeCache;
  readonly #file: RuntimeCacheFile;

  private constructor(native: NativeRuntimeCache, file: RuntimeCacheFile) {
    this.native = native;
    this.#file = file;
  }

  /**
   * Starts from what the file holds for this GPU, driver and library, if anything.
   *
   * @throws TensorRTError ERR_FILE, ERR_UNSUPPORTED for TensorRT, which has no runtime caches
   */
  static async open({ native, ...engine }: CachedEngine, path: string): Promise<SessionCache> {
    const { product, version, device } = engine;
    const file = await openRuntimeCache(path, { product, version, ...gpuIdentity(device) });
    const bytes = file.bytes ?? new Uint8Array();
    return new SessionCache(await callNative(() => native.createRuntimeCache(bytes)), file);
  }

  /** @throws TensorRTError ERR_FILE */
  async save(): Promise<void> {
    await this.#file.save(await callNative(() => this.native.serialize()));
  }

  async release(): Promise<void> {
    await callNative(() => this.native.release());
  }
}
