/** What the scripts measure with. Tests give smaller models, and devices that this machine lacks. */
import { doctor, type Model } from 'tensorrt-node';
import { type BenchOptions, bench } from 'tensorrt-node/bench';
import type { ArchitectureName } from '../models/architectures.js';
import type { Head } from '../models/heads.js';
import { randomModel } from '../models/random-model.js';
import { findGpu } from '../quickstart/gpu.js';

export interface Tools {
  readonly bench: typeof bench;
  modelOf(architecture: ArchitectureName, head: Head): Model;
  /** Why no engine runs on this machine; undefined where engines do. */
  whyNoEngine(): Promise<string | undefined>;
  /** For every measurement: how long, and where engines are kept. */
  readonly method: Pick<BenchOptions, 'warmupMs' | 'durationMs' | 'iterations' | 'cacheDir'>;
}

export function realTools(method: Tools['method']): Tools {
  return {
    bench,
    modelOf: (architecture, head) => randomModel(architecture, { head }),
    whyNoEngine,
    method,
  };
}

async function whyNoEngine(): Promise<string | undefined> {
  const { name, target, problem } = findGpu(await doctor());
  if (target) return undefined;
  return name === null
    ? `there is no GPU (${problem})`
    : `no TensorRT runs on the ${name} (${problem})`;
}

/** The tests' replacements of the driver say what they are; they compute nothing in no time. */
export function isStandin(device: string): boolean {
  return /stand-?in/i.test(device);
}
