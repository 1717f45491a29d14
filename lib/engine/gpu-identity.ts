import { readFileSync } from 'node:fs';
import { TensorRTError } from '../errors.js';
import { loadAddon, toTensorRTError } from '../native.js';

/** The GPU and the driver that something was made for. */
export interface GpuIdentity {
  readonly gpu: string;
  /** For example '8.9'. */
  readonly computeCapability: string;
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

/** For example '590.44.01'. CUDA's own call tells only the version of CUDA. */
function driverRelease(): string | undefined {
  try {
    const text = readFileSync('/proc/driver/nvidia/version', 'latin1');
    return /Kernel Module\D*?\s(\d+(?:\.\d+)+)\s/.exec(text)?.[1];
  } catch {
    return undefined;
  }
}
