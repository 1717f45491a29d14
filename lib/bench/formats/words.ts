import { bytes, counted } from '../../figures.js';
import type { BenchMachine, BenchMethod, BenchReport } from '../bench-report.js';

/** Where it was measured, in one line. */
export function machineText({ cpu, cores, memoryBytes, system, gpu }: BenchMachine): string {
  const host = `${cpu} (${counted(cores, 'core')}), ${bytes(memoryBytes)}, ${system}`;
  return gpu === undefined ? host : `${gpu}; ${host}`;
}

export function versionsText({ versions }: Pick<BenchReport, 'versions'>): string {
  return Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ');
}

/** How it was measured, in one line; of what was not chosen nothing. */
export function methodText(method: BenchMethod): string {
  const { warmupMs, durationMs, iterations, contexts, concurrency } = method;
  const { arrivals, wait, threads, int8 } = method;
  return [
    `${durationMs / 1000} s and at least ${counted(iterations, 'inference')} after ${warmupMs} ms of warm-up`,
    `${counted(contexts, 'context')}, ${concurrency} in flight`,
    `CUDA graphs ${method.cudaGraphs ? 'on' : 'off'}`,
    `transfers ${method.transfers ? 'in every inference' : 'left out'}`,
    method.inputs === 'random' ? 'random inputs' : 'inputs from samples',
    ...(arrivals ? [`${arrivals} arrivals`] : []),
    ...(wait === 'spin' ? ['threads spin for the GPU'] : []),
    ...(threads === undefined ? [] : [`${counted(threads, 'thread')} of ONNX Runtime`]),
    ...(int8 ? [`INT8 by ${int8 === 'float' ? 'float on rounded values' : 'kernels'}`] : []),
  ].join('; ');
}
