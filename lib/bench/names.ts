import type { RuntimeName } from '../runtime/runtime.js';
import type { Precision } from '../variants/precision.js';
import type { BenchParameters } from './bench-report.js';

/** How reports for people call what the options call otherwise. */

const runtimes: Readonly<Record<RuntimeName, string>> = {
  tensorrt: 'TensorRT',
  onnxruntime: 'ONNX Runtime CPU',
  'onnxruntime:cpu': 'ONNX Runtime CPU',
  'onnxruntime:cuda': 'ONNX Runtime CUDA',
  'onnxruntime:tensorrt': 'ONNX Runtime TensorRT',
  'onnxruntime:webgpu': 'ONNX Runtime WebGPU',
};

export function runtimeName(runtime: RuntimeName): string {
  return runtimes[runtime];
}

/** @param precision - undefined for a plan, and for a model that was not converted. */
export function precisionName(precision: Precision | undefined): string {
  return precision?.toUpperCase() ?? 'as given';
}

/** `8 × 128`, and `50/s` of an open loop; empty where the matrix varies neither. */
export function placeName({ batch, length, rate }: BenchParameters): string {
  const shape = batch !== undefined && length !== undefined ? `${batch} × ${length}` : undefined;
  return [
    shape ?? (batch !== undefined ? `batch ${batch}` : undefined),
    shape === undefined && length !== undefined ? `length ${length}` : undefined,
    rate !== undefined ? `${rate}/s` : undefined,
  ]
    .filter(Boolean)
    .join(', ');
}
