import { readFileSync } from 'node:fs';
import { TensorRTError } from '../../errors.js';
import { loadAddon, toTensorRTError } from '../../native.js';

/** The GPU and the driver that something was made for. */
export interface GpuIdentity {
  readonly gpu: string;
  /** For example '8.9'. */
  readonly computeCapability: string;
  /** Fewer where only a part of the GPU is given to this process. */
  readonly multiprocessors: number;
  /** Version of the driver where the system tells it, else the version of CUDA that it supports. */
  readonly driver: string;
}

/** @throws TensorRTError ERR_NO_GPU */
export function gpuIdentity(device = 0): GpuIdentity {
  const { driverVersion, devices } = listDevices();
  const found = devices.find(({ ordinal }) => ordinal === device);
  if (!found) {
    throw new TensorRTError('ERR_NO_GPU', `There is no GPU ${device}, only ${devices.length}.`);
  }
  return {
    gpu: found.name,
    computeCapability: found.computeCapability,
    multiprocessors: found.multiprocessors,
    driver: driverRelease() ?? `CUDA ${driverVersion}`,
  };
}

function listDevices() {
  try {
    return loadAddon().listDevices();
  } catch (error) {
    throw toTensorRTError(error);
  }
}

/** CUDA's own call tells only the version of CUDA. */
function driverRelease(): string | undefined {
  try {
    return parseDriverRelease(readFileSync('/proc/driver/nvidia/version', 'latin1'));
  } catch {
    return undefined;
  }
}

/** For example '590.44.01', from the line that the kernel module says of itself. */
export function parseDriverRelease(text: string): string | undefined {
  return /Kernel Module.*?\s(\d+(?:\.\d+)+)\s/.exec(text)?.[1];
}
