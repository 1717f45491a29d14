import type { NativeBuildRequest } from '../../native.js';
import type { ValueInfo } from '../../onnx/model.js';
import type { BuilderOptions } from './build-options.js';
import { toNativeProfiles } from './profiles.js';

/** What a build is told, but for the file that it reads. */
export type BuildRequest = Omit<NativeBuildRequest, 'modelPath'>;

/**
 * What the native side is told for checked options.
 *
 * @param inputs - the model's.
 * @throws TypeError for profiles that do not fit them.
 */
export function toBuildRequest(
  inputs: readonly ValueInfo[],
  options: BuilderOptions,
): BuildRequest {
  const { dla, debugTensors = [] } = options;
  const unfused = debugTensors === 'unfused';
  return {
    profiles: toNativeProfiles(inputs, options.profiles ?? []),
    targets: [...(options.targets ?? [])],
    flags: { ...options.flags, ...(dla && { gpuFallback: dla.gpuFallback ?? false }) },
    previewFeatures: { ...options.previewFeatures },
    parserFlags: { ...options.parserFlags },
    memoryPools: { ...options.memoryPools },
    buildRoutes: { ...options.buildRoutes },
    tacticSources: options.tacticSources && [...options.tacticSources],
    optimizationLevel: options.optimizationLevel,
    maxTactics: options.maxTactics,
    timingIterations: options.timingIterations,
    maxAuxStreams: options.maxAuxStreams,
    maxThreads: options.maxThreads,
    l2LimitForTiling: options.l2LimitForTiling,
    dlaCore: dla && (dla.core ?? 0),
    deviceType: dla && 'dla',
    hardwareCompatibility: options.hardwareCompatibility,
    runtimePlatform: options.runtimePlatform,
    profilingVerbosity: options.profilingVerbosity,
    tilingOptimization: options.tilingOptimization,
    engineCapability: options.engineCapability,
    pluginsToSerialize: [...(options.serializePlugins ?? [])],
    debugTensors: unfused ? [] : [...debugTensors],
    debugUnfusedTensors: unfused,
    refittableWeights: [...(options.refittableWeights ?? [])],
    planPath: undefined,
    timingCache: undefined,
  };
}
