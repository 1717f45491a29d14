import { checkInteger, checkOneOf, checkOptions, invalidArgument } from '../../arguments.js';
import { TensorRTError } from '../../errors.js';
import { callNative, loadAddon, type NativeMemoryInfo } from '../../native.js';
import { type Plan, readPlanInfo } from '../plan/plan.js';
import type { WeightStreaming } from '../weight-streaming.js';

/** How an execution context holds its scratch memory, as TensorRT names it. */
export type ContextMemory = 'static' | 'onProfileChange' | 'userManaged';

/** All of {@link ContextMemory}. @internal */
export const contextMemories: readonly ContextMemory[] = [
  'static',
  'onProfileChange',
  'userManaged',
];

export interface MemoryReportOptions {
  /** Execution contexts of each of the profiles. Default: 1. */
  contexts?: number;
  /** Numbers of the optimisation profiles that they run. Default: all, as of a session. */
  profiles?: readonly number[];
  /**
   * `'static'` contexts hold as much as the largest profile of the engine needs, others as much as
   * their own. Default: `'static'`, like TensorRT's.
   */
  memory?: ContextMemory;
}

/** What an engine and its execution contexts take of a GPU's memory, in bytes. */
export interface MemoryReport {
  /** Weights that the engine holds on the GPU now. */
  readonly weightsBytes: number;
  readonly contexts: number;
  /** For each of the profiles that were asked about, in their order. */
  readonly scratchBytesPerContext: readonly number[];
  /** Weights and contexts together. Inputs, outputs and the driver's own take more. */
  readonly totalBytes: number;
  /** What is free now; the weights are there already. */
  readonly freeBytes: number;
  readonly deviceBytes: number;
  /** Whether the contexts fit what is free. */
  readonly fits: boolean;
}

/** What can be told of a plan before it is loaded, in bytes. */
export interface MemoryEstimate {
  /**
   * The size of the plan, which is an upper bound of its weights: kernels take a part of it. An
   * engine with stripped weights grows past it when it is refitted.
   */
  readonly planBytes: number;
  readonly freeBytes: number;
  readonly deviceBytes: number;
  /** Whether the whole plan would fit what is free. Contexts take more: {@link Engine.memoryReport}. */
  readonly fits: boolean;
}

/**
 * Compares a plan with the free memory of a GPU, without loading it.
 *
 * @throws TensorRTError ERR_NO_GPU, ERR_CUDA, ERR_FILE, ERR_TRT_ENGINE_INVALID
 */
export async function estimateMemory(
  plan: Plan | Uint8Array | string,
  options: { device?: number } = {},
): Promise<MemoryEstimate> {
  checkOptions('options', options, ['device']);
  const { device = 0 } = options;
  checkInteger('device', device, 0);
  const { bytes } = await readPlanInfo(plan);
  const { freeBytes, totalBytes } = await callNative(() => loadAddon().memoryInfo(device));
  return { planBytes: bytes, freeBytes, deviceBytes: totalBytes, fits: bytes <= freeBytes };
}

/** What an engine knows of its own memory, in bytes. */
export interface EngineMemory {
  /** All weights, wherever they are. */
  readonly weightsBytes: number;
  readonly weightsLoaded: boolean;
  readonly streaming: WeightStreaming;
  /** For each profile. */
  readonly scratchBytes: readonly number[];
}

/** @throws TypeError */
export function checkReportOptions(options: MemoryReportOptions, profileCount: number): void {
  checkOptions('options', options, ['contexts', 'profiles', 'memory']);
  const { contexts, profiles, memory } = options;
  if (contexts !== undefined) checkInteger('contexts', contexts, 0);
  if (memory !== undefined) checkOneOf('memory', memory, contextMemories);
  if (profiles === undefined) return;
  if (!Array.isArray(profiles)) throw invalidArgument('profiles', 'an array of numbers', profiles);
  profiles.forEach((profile, index) => {
    checkInteger(`profiles[${index}]`, profile, 0, profileCount - 1);
  });
}

export function reportMemory(
  engine: EngineMemory,
  { freeBytes, totalBytes: deviceBytes }: NativeMemoryInfo,
  options: MemoryReportOptions,
): MemoryReport {
  const { contexts = 1, profiles = [...engine.scratchBytes.keys()], memory = 'static' } = options;
  const scratchBytesPerContext = profiles.map((profile) =>
    contextBytes(engine.scratchBytes, profile, memory),
  );
  const scratch = contexts * scratchBytesPerContext.reduce((sum, bytes) => sum + bytes, 0);
  const weightsBytes = weightsOnDevice(engine);
  return {
    weightsBytes,
    contexts: contexts * profiles.length,
    scratchBytesPerContext,
    totalBytes: weightsBytes + scratch,
    freeBytes,
    deviceBytes,
    fits: scratch <= freeBytes,
  };
}

/** What a context takes when it is made. @internal */
export function contextBytes(
  scratchBytes: readonly number[],
  profile: number,
  memory: ContextMemory = 'static',
): number {
  return memory === 'static' ? Math.max(...scratchBytes) : (scratchBytes[profile] ?? 0);
}

function weightsOnDevice({ weightsBytes, weightsLoaded, streaming }: EngineMemory): number {
  if (!weightsLoaded) return 0;
  return Math.max(0, weightsBytes - Math.max(0, streaming.streamableBytes - streaming.budgetBytes));
}

/**
 * Refuses contexts that cannot fit, before TensorRT tries.
 *
 * @throws TensorRTError ERR_GPU_MEMORY with the numbers
 */
export function checkScratchFits(
  wanted: readonly { contexts: number; bytes: number }[],
  { freeBytes, totalBytes }: NativeMemoryInfo,
  device: number,
): void {
  const bytes = wanted.reduce((sum, group) => sum + group.contexts * group.bytes, 0);
  if (bytes <= freeBytes) return;
  const groups = wanted.map((group) => `${group.contexts} x ${group.bytes}`).join(' + ');
  throw new TensorRTError(
    'ERR_GPU_MEMORY',
    `The execution contexts take ${groups} bytes of scratch memory, and ${freeBytes} of the ` +
      `${totalBytes} bytes of GPU ${device} are free.`,
    { remedy: 'Take fewer contexts or profiles, build with smaller profiles, or free memory.' },
  );
}
