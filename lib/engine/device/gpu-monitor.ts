import { checkInteger, checkOptions } from '../../arguments.js';
import { Lifetime } from '../../lifetime.js';
import { callNative, loadAddon, type NativeGpuMonitor } from '../../native.js';
import type { DeviceOptions } from './device-tensor.js';

/** What a GPU does at one moment. A value is undefined where the GPU or its driver does not tell. */
export interface GpuReading {
  /** Device memory that no process uses. */
  readonly freeBytes: number;
  readonly totalBytes: number;
  readonly powerWatts: number | undefined;
  /** Since the driver was loaded: the difference of two readings is what was used between them. */
  readonly energyJoules: number | undefined;
  readonly temperatureCelsius: number | undefined;
  /** Percent of the last sampling period of the driver in which a kernel ran. */
  readonly gpuPercent: number | undefined;
  /** Percent of that period in which device memory was read or written. */
  readonly memoryPercent: number | undefined;
}

/**
 * Reads memory, power and energy of a GPU, as all processes together use it. Memory comes from the
 * CUDA driver, the rest from NVML, the driver's management library.
 */
export class GpuMonitor {
  /** Number of the GPU. */
  readonly device: number;
  /** Why NVML tells nothing; undefined where it does. */
  readonly problem: string | undefined;
  readonly #native: NativeGpuMonitor;
  readonly #lifetime = new Lifetime('The GPU monitor');

  private constructor(device: number, native: NativeGpuMonitor) {
    this.device = device;
    this.problem = native.problem;
    this.#native = native;
  }

  /** @throws TensorRTError ERR_NO_GPU, ERR_CUDA, ERR_ADDON */
  static async open(options: DeviceOptions = {}): Promise<GpuMonitor> {
    checkOptions('options', options, ['device']);
    const { device = 0 } = options;
    checkInteger('device', device, 0);
    return new GpuMonitor(device, await callNative(() => loadAddon().openGpuMonitor(device)));
  }

  /** @throws TensorRTError ERR_CUDA, ERR_CLOSED */
  read(): Promise<GpuReading> {
    return this.#lifetime.run(async () => {
      const reading = await callNative(() => this.#native.read());
      return {
        freeBytes: reading.freeBytes,
        totalBytes: reading.totalBytes,
        powerWatts: reading.powerWatts,
        energyJoules: reading.energyJoules,
        temperatureCelsius: reading.temperatureCelsius,
        gpuPercent: reading.gpuPercent,
        memoryPercent: reading.memoryPercent,
      };
    });
  }

  /** Idempotent. */
  close(): Promise<void> {
    return this.#lifetime.close(() => callNative(() => this.#native.release()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
