import { checkInteger, checkOneOf, checkOptions, invalidArgument } from '../../arguments.js';
import { TensorRTError } from '../../errors.js';
import { callNative, loadAddon, type NativeMemory } from '../../native.js';
import {
  type DataType,
  dataTypes,
  elementBytes,
  elementCount,
  type Tensor,
  tensorOver,
} from '../../tensor.js';

export interface DeviceOptions {
  /** Number of the GPU. Default: 0. */
  device?: number;
}

/**
 * A tensor in the memory of a GPU. Fed to a session it is read where it lies, as an output it is
 * written where it lies: what one inference leaves on the device can be the input of the next.
 * Close it (or declare it with `await using`): the garbage collector does not feel device memory.
 */
export class DeviceTensor<T extends DataType = DataType> {
  readonly type: T;
  /** Number of the GPU. */
  readonly device: number;
  /** Bytes of device memory. What `dims` says may take less. */
  readonly capacityBytes: number;
  readonly #memory: NativeMemory;
  #dims: readonly number[];
  #closed = false;
  #readers = 0;
  #written = false;

  private constructor(type: T, dims: readonly number[], memory: NativeMemory) {
    this.type = type;
    this.#dims = dims;
    this.#memory = memory;
    this.device = memory.device;
    this.capacityBytes = memory.bytes;
  }

  /**
   * A tensor whose elements are not set. As an output it takes every shape that is not larger.
   *
   * @throws TypeError for a wrong type or shape.
   * @throws TensorRTError ERR_NO_GPU, ERR_GPU_MEMORY, ERR_CUDA, ERR_ADDON
   */
  static async allocate<T extends DataType>(
    type: T,
    dims: readonly number[],
    options: DeviceOptions = {},
  ): Promise<DeviceTensor<T>> {
    checkOneOf('type', type, dataTypes);
    checkDims(dims);
    const bytes = elementCount(dims) * elementBytes(type);
    const device = checkDevice(options);
    const memory = await callNative(() => loadAddon().allocateDevice(device, bytes));
    return new DeviceTensor(type, [...dims], memory);
  }

  /** A copy of a tensor on the device. Errors as {@link DeviceTensor.allocate}. */
  static async from<T extends DataType>(
    tensor: Tensor<T>,
    options: DeviceOptions = {},
  ): Promise<DeviceTensor<T>> {
    const copy = await DeviceTensor.allocate(tensor.type, tensor.dims, options);
    try {
      await copy.write(tensor as Tensor);
      return copy as DeviceTensor<T>;
    } catch (error) {
      await copy.close();
      throw error;
    }
  }

  /** @internal */
  static around(type: DataType, dims: readonly number[], memory: NativeMemory): DeviceTensor {
    return new DeviceTensor(type, dims, memory);
  }

  /** The shape of what was written last. */
  get dims(): readonly number[] {
    return this.#dims;
  }

  /**
   * Copies the tensor to the host.
   *
   * @throws TensorRTError ERR_CLOSED, ERR_CUDA
   */
  async read(): Promise<Tensor<T>> {
    const dims = this.#dims;
    const bytes = elementCount(dims) * elementBytes(this.type);
    const data = await this.#use('read', () => this.#memory.read(bytes));
    return tensorOver(this.type, dims, new Uint8Array(data));
  }

  /**
   * Overwrites the tensor, and takes the shape of what is written. The data is copied before this
   * method returns its promise.
   *
   * @throws TypeError for another type, or more bytes than there is room for.
   * @throws TensorRTError ERR_CLOSED, ERR_CUDA
   */
  async write(tensor: Tensor): Promise<void> {
    if (tensor.type !== this.type)
      throw invalidArgument('tensor.type', `'${this.type}'`, tensor.type);
    if (tensor.data.byteLength > this.capacityBytes) {
      throw invalidArgument(
        'tensor',
        `at most ${this.capacityBytes} bytes`,
        tensor.data.byteLength,
      );
    }
    await this.#use('write', () => this.#memory.write(tensor.data));
    this.#dims = [...tensor.dims];
  }

  /** A copy on the same or another GPU. Errors as {@link DeviceTensor.allocate}. */
  async copyTo(device: number): Promise<DeviceTensor<T>> {
    const copy = await DeviceTensor.allocate(this.type, this.#dims, { device });
    const bytes = elementCount(this.#dims) * elementBytes(this.type);
    try {
      await this.#use('read', () => this.#memory.copyTo(copy.#memory, bytes));
      return copy;
    } catch (error) {
      await copy.close();
      throw error;
    }
  }

  /**
   * Lends the memory to an inference: to any number that read it, or to one that writes it.
   *
   * @internal
   * @throws TensorRTError ERR_CLOSED, ERR_FEED where another inference writes it, or would.
   */
  lend(use: 'read' | 'write'): NativeMemory {
    if (this.#closed) throw new TensorRTError('ERR_CLOSED', 'The device tensor is closed.');
    if (this.#written || (use === 'write' && this.#readers > 0)) {
      throw new TensorRTError('ERR_FEED', 'The device tensor is used by work in flight.', {
        remedy: 'Await that first, or use a tensor of its own for each call.',
      });
    }
    if (use === 'write') this.#written = true;
    else this.#readers += 1;
    return this.#memory;
  }

  /** @internal */
  giveBack(use: 'read' | 'write'): void {
    if (use === 'write') this.#written = false;
    else this.#readers -= 1;
  }

  /** @internal What an inference has written. */
  setDims(dims: readonly number[]): void {
    this.#dims = dims;
  }

  /** Frees the memory as soon as no inference uses it. Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await callNative(() => this.#memory.release());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #use<R>(use: 'read' | 'write', work: () => Promise<R>): Promise<R> {
    this.lend(use);
    try {
      return await callNative(work);
    } finally {
      this.giveBack(use);
    }
  }
}

function checkDims(dims: readonly number[]): void {
  if (!Array.isArray(dims)) throw invalidArgument('dims', 'an array', dims);
  dims.forEach((dim, axis) => {
    checkInteger(`dims[${axis}]`, dim, 0);
  });
}

function checkDevice(options: DeviceOptions): number {
  checkOptions('options', options, ['device']);
  const { device = 0 } = options;
  checkInteger('device', device, 0);
  return device;
}

/**
 * Gives memory of closed device tensors back to the GPU. Else it is kept for the next ones, as long as
 * any device tensor is left.
 *
 * @throws TensorRTError ERR_NO_GPU, ERR_CUDA, ERR_ADDON
 */
export async function trimDeviceMemory(options: DeviceOptions = {}): Promise<void> {
  const device = checkDevice(options);
  await callNative(() => loadAddon().trimDeviceMemory(device));
}

/** The page-locked memory behind the tensors of {@link allocatePinned}. */
const pinned = new WeakMap<ArrayBufferLike, NativeMemory>();

/**
 * A tensor in page-locked memory, with elements that are not set. A session copies it to the GPU
 * straight from where it lies: do not write to it before the promise of the inference is settled.
 * As an output it is written without a further copy. Freed by the garbage collector.
 *
 * @throws TypeError for a wrong type or shape.
 * @throws TensorRTError ERR_NO_GPU, ERR_CUDA, ERR_ADDON
 */
export async function allocatePinned<T extends DataType>(
  type: T,
  dims: readonly number[],
  options: DeviceOptions = {},
): Promise<Tensor<T>> {
  checkOneOf('type', type, dataTypes);
  checkDims(dims);
  const device = checkDevice(options);
  const bytes = elementCount(dims) * elementBytes(type);
  const memory = await callNative(() => loadAddon().allocatePinned(device, bytes));
  const buffer = memory.buffer();
  pinned.set(buffer, memory);
  return tensorOver(type, [...dims], new Uint8Array(buffer));
}

/**
 * The page-locked memory that a tensor fills from its beginning, as {@link allocatePinned} made it.
 *
 * @internal
 */
export function pinnedMemoryOf(tensor: Tensor): NativeMemory | undefined {
  return tensor.data.byteOffset === 0 ? pinned.get(tensor.data.buffer) : undefined;
}
