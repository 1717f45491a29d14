import { GpuMonitor } from '../../engine/device/gpu-monitor.js';

/** How much memory of a GPU was taken since the watch began, and how much energy. */
export class GpuWatch {
  readonly #monitor: GpuMonitor;
  readonly #freeAtStart: number;
  #leastFree: number;

  private constructor(monitor: GpuMonitor, free: number) {
    this.#monitor = monitor;
    this.#freeAtStart = free;
    this.#leastFree = free;
  }

  /** @throws TensorRTError ERR_NO_GPU, ERR_CUDA, ERR_ADDON */
  static async open(device: number): Promise<GpuWatch> {
    const monitor = await GpuMonitor.open({ device });
    return new GpuWatch(monitor, (await monitor.read()).freeBytes);
  }

  /** The most that was seen taken by all processes together, beyond what was at the start. */
  get peakBytes(): number {
    return this.#freeAtStart - this.#leastFree;
  }

  /** @returns joules since the driver was loaded; undefined where it does not count them. */
  async read(): Promise<number | undefined> {
    const { freeBytes, energyJoules } = await this.#monitor.read();
    this.#leastFree = Math.min(this.#leastFree, freeBytes);
    return energyJoules;
  }
}
