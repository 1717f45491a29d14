/** What of TensorRT's builder can be switched on and off, by the names TensorRT gives it. */

/** What a compute capability is called, or the GPU of this machine. */
export type Target = 'sm75' | 'sm80' | 'sm86' | 'sm89' | 'sm120' | 'sm121' | 'current';

/** TensorRT's `BuilderFlag`. Each is off by default, `tf32` is on. */
export interface BuilderFlags {
  /** Waits for the GPU after every layer, so that an error names the layer. */
  debug?: boolean;
  /** The engine's weights can be exchanged. May cost speed; see `refitIdentical`. */
  refit?: boolean;
  /** The engine is to be refitted with the very weights it was built with: costs no speed. */
  refitIdentical?: boolean;
  /** Only the weights in `refittableWeights` can be exchanged. Not with the other two. */
  refitIndividual?: boolean;
  /** Leaves the refittable weights out of the plan; refit the engine before it runs. */
  stripPlan?: boolean;
  /** Float32 layers may round their inputs to TF32, with 10 bits of mantissa. On by default. */
  tf32?: boolean;
  /** Uses sparse kernels where weights have two zeros in every four values. */
  sparseWeights?: boolean;
  /** Keeps NaN and infinity where arithmetic makes them, and does not simplify `0 * x`. */
  strictNans?: boolean;
  /** Later versions of TensorRT can run the plan; slower, and needs the lean runtime library. */
  versionCompatible?: boolean;
  /** With `versionCompatible`: the plan does not carry the lean runtime. */
  excludeLeanRuntime?: boolean;
  /** Weights may stay in host memory and be copied when needed. */
  weightStreaming?: boolean;
  /** Every layer is timed again, also one that is like another. Without effect in TensorRT for RTX. */
  disableTimingCache?: boolean;
  /** Refuses to build what the timing cache does not know. Without effect in TensorRT for RTX. */
  errorOnTimingCacheMiss?: boolean;
  /** The timing cache carries no compiled code: much smaller, slower to use. Without effect in TensorRT for RTX. */
  disableCompilationCache?: boolean;
  /** Entries of the timing cache can be edited. Without effect in TensorRT for RTX. */
  editableTimingCache?: boolean;
  /** Logs how much memory the build takes. */
  monitorMemory?: boolean;
  /** Computes each element of a batch by the same operations, whatever the batch size. */
  distributiveIndependence?: boolean;
  /**
   * The engine allocates nothing while it runs, so that CUDA graphs can capture it; the build fails
   * for a model that cannot do without. TensorRT for RTX only.
   */
  requireUserAllocation?: boolean;
}

/** Features that TensorRT calls stable soon. Off by default. */
export interface PreviewFeatures {
  /** A plugin may write an output into the memory of an input. */
  aliasedPluginIo?: boolean;
  /** An execution context takes memory for the shapes at hand instead of the largest. */
  runtimeActivationResize?: boolean;
  /** Engines for several GPUs. TensorRT 10.16 only; later versions need no switch. */
  multideviceRuntime?: boolean;
}

/** TensorRT's `OnnxParserFlag`. Each is off by default, `nativeInstanceNorm` is on. */
export interface ParserFlags {
  /** InstanceNormalization by TensorRT's own layers, not by a plugin. On by default. */
  nativeInstanceNorm?: boolean;
  /** Takes UINT8 and zero points other than 0 in quantization; for DLA. */
  enableUint8AndAsymmetricQuantizationDla?: boolean;
  /** Refuses what a DLA does not support, and makes `supportsModel` tell of DLA. */
  reportCapabilityDla?: boolean;
  /** A plugin with the name of an ONNX operator replaces it. */
  enablePluginOverride?: boolean;
  /** Rewrites layers so that more of them run on a DLA. */
  adjustForDla?: boolean;
}

/**
 * The most bytes that each kind of memory may take.
 * Default: TensorRT's choice, for the first and the last two what the device has.
 */
export interface MemoryPools {
  /** Scratch memory of one layer, on the device. */
  workspace?: number;
  /** Memory of a DLA for one layer: a power of two from 4 KiB. */
  dlaManagedSram?: number;
  /** Host memory of a DLA for tensors: a power of two from 4 KiB. */
  dlaLocalDram?: number;
  /** Host memory of a DLA for weights: a power of two from 4 KiB. */
  dlaGlobalDram?: number;
  /** Device memory while tactics are timed. */
  tacticDram?: number;
  /** Shared memory of one kernel, below 1 GiB. */
  tacticSharedMemory?: number;
}

/** Where the builder looks for kernels besides its own. */
export type TacticSource = 'edgeMaskConvolutions' | 'jitConvolutions';

export const targets: readonly Target[] = [
  'sm75',
  'sm80',
  'sm86',
  'sm89',
  'sm120',
  'sm121',
  'current',
];

export const tacticSources: readonly TacticSource[] = ['edgeMaskConvolutions', 'jitConvolutions'];

/** Every switch and its default. */
export const builderFlags: Readonly<Required<BuilderFlags>> = {
  debug: false,
  refit: false,
  refitIdentical: false,
  refitIndividual: false,
  stripPlan: false,
  tf32: true,
  sparseWeights: false,
  strictNans: false,
  versionCompatible: false,
  excludeLeanRuntime: false,
  weightStreaming: false,
  disableTimingCache: false,
  errorOnTimingCacheMiss: false,
  disableCompilationCache: false,
  editableTimingCache: false,
  monitorMemory: false,
  distributiveIndependence: false,
  requireUserAllocation: false,
};

export const previewFeatures: Readonly<Required<PreviewFeatures>> = {
  aliasedPluginIo: false,
  runtimeActivationResize: false,
  multideviceRuntime: false,
};

export const parserFlags: Readonly<Required<ParserFlags>> = {
  nativeInstanceNorm: true,
  enableUint8AndAsymmetricQuantizationDla: false,
  reportCapabilityDla: false,
  enablePluginOverride: false,
  adjustForDla: false,
};

export const memoryPools: readonly (keyof MemoryPools)[] = [
  'workspace',
  'dlaManagedSram',
  'dlaLocalDram',
  'dlaGlobalDram',
  'tacticDram',
  'tacticSharedMemory',
];
