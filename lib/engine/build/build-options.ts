import { checkOneOf } from '../../arguments.js';
import * as rules from './build-rules.js';
import {
  type BuilderFlags,
  builderFlags,
  type MemoryPools,
  memoryPools,
  type ParserFlags,
  type PreviewFeatures,
  parserFlags,
  previewFeatures,
  type TacticSource,
  type Target,
  tacticSources,
  targets,
} from './build-switches.js';
import { checkProfileList, type Profile } from './profiles.js';

/** How a Deep Learning Accelerator takes part. Jetson and Drive only. */
export interface DlaOptions {
  /** Which one, from 0. Default: 0. */
  core?: number;
  /** Lets the GPU run what the DLA cannot. Default: `false`, then the build fails instead. */
  gpuFallback?: boolean;
}

/**
 * What TensorRT's builder is told about an engine. What is left out, TensorRT chooses. What the
 * product or version at hand does not have is refused with `ERR_UNSUPPORTED`.
 */
export interface BuilderOptions {
  /** Shapes to accept. Needed when the model has inputs with dynamic dimensions. */
  profiles?: readonly Profile[];
  /**
   * Compute capabilities to compile for; all but `'current'`, which stands alone, need no GPU.
   * Default: TensorRT for RTX makes an engine that every GPU it supports can finish at load time,
   * TensorRT builds for the GPU of this machine and takes no targets.
   */
  targets?: readonly Target[];
  /** 0 (fastest build) to 5 (fastest engine). Default: 3. */
  optimizationLevel?: number;
  /** Limits in bytes. */
  memoryPools?: MemoryPools;
  flags?: BuilderFlags;
  previewFeatures?: PreviewFeatures;
  parserFlags?: ParserFlags;
  /** The only ones to use; an empty list uses none. Default: all. */
  tacticSources?: readonly TacticSource[];
  /**
   * Which GPUs besides this one can run the engine. Needs TensorRT; TensorRT for RTX has `targets`.
   * Default: `'none'`.
   */
  hardwareCompatibility?: 'none' | 'amperePlus' | 'sameComputeCapability';
  /** The operating system that runs the engine. Default: `'sameAsBuild'`. */
  runtimePlatform?: 'sameAsBuild' | 'windowsAmd64';
  /** What the engine can tell of its layers. Default: `'layerNamesOnly'`. */
  profilingVerbosity?: 'layerNamesOnly' | 'none' | 'detailed';
  /** How hard to search for tilings that keep data in the L2 cache. Default: `'none'`. */
  tilingOptimization?: 'none' | 'fast' | 'moderate' | 'full';
  /** Bytes of L2 cache for such tilings. Default: TensorRT's choice. */
  l2LimitForTiling?: number;
  /** Default: `'standard'`. The others are for Drive, and for a DLA without TensorRT. */
  engineCapability?: 'standard' | 'safety' | 'dlaStandalone';
  /** Builds for a DLA. Default: for the GPU. */
  dla?: DlaOptions;
  /** CUDA streams besides the one of an inference; 0 for none. Default: TensorRT's choice. */
  maxAuxStreams?: number;
  /** Tactics to time for a layer, at most. Default: TensorRT's choice. */
  maxTactics?: number;
  /** Times a tactic is run for one timing. Default: 1. */
  timingIterations?: number;
  /** Threads the builder may use. Default: 1. */
  maxThreads?: number;
  /** Plugin libraries to load before the model is read. They stay loaded for the process. */
  plugins?: readonly string[];
  /** Those of `plugins` that the plan carries. With the flag `versionCompatible`. */
  serializePlugins?: readonly string[];
  /**
   * Tensors, by their names in the model, whose values a session can show; each keeps TensorRT from
   * fusing it away. `'unfused'` shows those that no fusion swallows, by TensorRT's own names.
   */
  debugTensors?: readonly string[] | 'unfused';
  /** With the flag `refitIndividual`: names of the initializers that can be exchanged. */
  refittableWeights?: readonly string[];
  /**
   * Choices of the compiler by name, such as `{ '-kgen:codegen:cuda_tile': '2' }`. Needs TensorRT
   * 11.1 or TensorRT for RTX 1.6.
   */
  buildRoutes?: Readonly<Record<string, string>>;
}

/** TensorRT counts in 32 bits. */
const largestInt = 2 ** 31 - 1;

const optionRules: { readonly [Name in keyof Required<BuilderOptions>]: rules.Rule } = {
  profiles: { check: checkProfileList, canonical: rules.nonEmpty },
  targets: rules.list(targets),
  optimizationLevel: rules.integer({ min: 0, max: 5, byDefault: 3 }),
  memoryPools: rules.integers(memoryPools),
  flags: rules.switches(builderFlags),
  previewFeatures: rules.switches(previewFeatures),
  parserFlags: rules.switches(parserFlags),
  tacticSources: rules.choice(tacticSources),
  hardwareCompatibility: rules.oneOf(['none', 'amperePlus', 'sameComputeCapability']),
  runtimePlatform: rules.oneOf(['sameAsBuild', 'windowsAmd64']),
  profilingVerbosity: rules.oneOf(['layerNamesOnly', 'none', 'detailed']),
  tilingOptimization: rules.oneOf(['none', 'fast', 'moderate', 'full']),
  l2LimitForTiling: rules.integer({ min: 0 }),
  engineCapability: rules.oneOf(['standard', 'safety', 'dlaStandalone']),
  dla: rules.dla,
  maxAuxStreams: rules.integer({ min: 0, max: largestInt }),
  maxTactics: rules.integer({ min: 1, max: largestInt }),
  timingIterations: rules.integer({ min: 1, max: largestInt, byDefault: 1 }),
  maxThreads: { ...rules.integer({ min: 1, max: largestInt }), canonical: () => undefined },
  plugins: rules.ordered,
  serializePlugins: rules.names,
  debugTensors: rules.namesOr('unfused'),
  refittableWeights: rules.names,
  buildRoutes: rules.routes,
};

export const builderOptionNames = Object.keys(optionRules) as (keyof BuilderOptions)[];

/**
 * Checks the builder's options among those of `options`, as far as that needs no model.
 *
 * @throws TypeError
 */
export function checkBuilderOptions(options: BuilderOptions): void {
  for (const name of builderOptionNames) {
    const value: unknown = options[name];
    if (value !== undefined) optionRules[name].check(name, value);
  }
  const { targets: chosen = [], flags = {}, plugins = [], serializePlugins = [] } = options;
  if (chosen.includes('current') && chosen.length > 1) {
    throw new TypeError("Expected 'current' to be the only one of targets");
  }
  if (options.refittableWeights && !flags.refitIndividual) {
    throw new TypeError('Expected flags.refitIndividual to be true where refittableWeights is set');
  }
  if (flags.refitIndividual && (flags.refit || flags.refitIdentical)) {
    throw new TypeError('Expected neither refit nor refitIdentical in flags with refitIndividual');
  }
  for (const path of serializePlugins) checkOneOf('serializePlugins', path, plugins);
}

/**
 * The options that decide what engine comes out, as JSON that is the same for options that mean the
 * same: keys and sets in a fixed order, defaults left out, and nothing of how the build is watched,
 * where its plan goes or which library is used. Plugins are given by their paths.
 *
 * @param options - checked options of a build; others than the builder's are ignored.
 */
export function canonicalOptions(options: BuilderOptions): string {
  const canonical: Record<string, unknown> = {};
  for (const name of builderOptionNames.toSorted()) {
    const value: unknown = options[name];
    if (value === undefined) continue;
    canonical[name] = rules.sortKeys(optionRules[name].canonical(value));
  }
  return JSON.stringify(canonical);
}
