#include "tensorrt/enums.h"

#include "tensorrt/availability.h"

namespace tensorrt_node {
namespace {

template <typename Enum, size_t count>
EnumTable<Enum> Table(const char* what, const EnumName<Enum> (&names)[count]) {
  return {what, names, count};
}

}  // namespace

void ThrowUnknownName(const char* what, const std::string& name, const std::string& known) {
  throw StatusError("ERR_UNSUPPORTED", std::string(kFamilyName) + " has no " + what + " '" + name +
                                           "'. It has " + known + ".");
}

/// Without those that lower the precision of a network of TensorRT 10: networks are strongly typed,
/// so that the model alone decides.
template <>
EnumTable<nvinfer1::BuilderFlag> TableOf() {
  using nvinfer1::BuilderFlag;
  static constexpr EnumName<BuilderFlag> kNames[] = {
      {BuilderFlag::kDEBUG, "debug"},
      {BuilderFlag::kGPU_FALLBACK, "gpuFallback"},
      {BuilderFlag::kREFIT, "refit"},
      {BuilderFlag::kDISABLE_TIMING_CACHE, "disableTimingCache"},
      {BuilderFlag::kTF32, "tf32"},
      {BuilderFlag::kSPARSE_WEIGHTS, "sparseWeights"},
      {BuilderFlag::kVERSION_COMPATIBLE, "versionCompatible"},
      {BuilderFlag::kEXCLUDE_LEAN_RUNTIME, "excludeLeanRuntime"},
      {BuilderFlag::kERROR_ON_TIMING_CACHE_MISS, "errorOnTimingCacheMiss"},
      {BuilderFlag::kDISABLE_COMPILATION_CACHE, "disableCompilationCache"},
      {BuilderFlag::kSTRIP_PLAN, "stripPlan"},
      {BuilderFlag::kREFIT_IDENTICAL, "refitIdentical"},
      {BuilderFlag::kWEIGHT_STREAMING, "weightStreaming"},
      {BuilderFlag::kREFIT_INDIVIDUAL, "refitIndividual"},
      {BuilderFlag::kSTRICT_NANS, "strictNans"},
      {BuilderFlag::kMONITOR_MEMORY, "monitorMemory"},
      {BuilderFlag::kEDITABLE_TIMING_CACHE, "editableTimingCache"},
      {BuilderFlag::kDISTRIBUTIVE_INDEPENDENCE, "distributiveIndependence"},
#ifdef TENSORRT_NODE_FAMILY_RTX1
      {BuilderFlag::kREQUIRE_USER_ALLOCATION, "requireUserAllocation"},
#endif
  };
  return Table("builder flag", kNames);
}

template <>
EnumTable<nvinfer1::DataType> TableOf() {
  using nvinfer1::DataType;
  static constexpr EnumName<DataType> kNames[] = {
      {DataType::kFLOAT, "float32"}, {DataType::kHALF, "float16"},  {DataType::kINT8, "int8"},
      {DataType::kINT32, "int32"},   {DataType::kBOOL, "bool"},     {DataType::kUINT8, "uint8"},
      {DataType::kFP8, "fp8"},       {DataType::kBF16, "bfloat16"}, {DataType::kINT64, "int64"},
      {DataType::kINT4, "int4"},     {DataType::kFP4, "fp4"},       {DataType::kE8M0, "e8m0"},
  };
  return Table("data type", kNames);
}

template <>
EnumTable<nvinfer1::DeviceType> TableOf() {
  using nvinfer1::DeviceType;
  static constexpr EnumName<DeviceType> kNames[] = {
      {DeviceType::kGPU, "gpu"},
      {DeviceType::kDLA, "dla"},
  };
  return Table("device type", kNames);
}

template <>
EnumTable<nvinfer1::EngineCapability> TableOf() {
  using nvinfer1::EngineCapability;
  static constexpr EnumName<EngineCapability> kNames[] = {
      {EngineCapability::kSTANDARD, "standard"},
      {EngineCapability::kSAFETY, "safety"},
      {EngineCapability::kDLA_STANDALONE, "dlaStandalone"},
  };
  return Table("engine capability", kNames);
}

template <>
EnumTable<nvinfer1::ErrorCode> TableOf() {
  using nvinfer1::ErrorCode;
  static constexpr EnumName<ErrorCode> kNames[] = {
      {ErrorCode::kSUCCESS, "success"},
      {ErrorCode::kUNSPECIFIED_ERROR, "unspecifiedError"},
      {ErrorCode::kINTERNAL_ERROR, "internalError"},
      {ErrorCode::kINVALID_ARGUMENT, "invalidArgument"},
      {ErrorCode::kINVALID_CONFIG, "invalidConfig"},
      {ErrorCode::kFAILED_ALLOCATION, "failedAllocation"},
      {ErrorCode::kFAILED_INITIALIZATION, "failedInitialization"},
      {ErrorCode::kFAILED_EXECUTION, "failedExecution"},
      {ErrorCode::kFAILED_COMPUTATION, "failedComputation"},
      {ErrorCode::kINVALID_STATE, "invalidState"},
      {ErrorCode::kUNSUPPORTED_STATE, "unsupportedState"},
  };
  return Table("error", kNames);
}

template <>
EnumTable<nvinfer1::ExecutionContextAllocationStrategy> TableOf() {
  using Strategy = nvinfer1::ExecutionContextAllocationStrategy;
  static constexpr EnumName<Strategy> kNames[] = {
      {Strategy::kSTATIC, "static"},
      {Strategy::kON_PROFILE_CHANGE, "onProfileChange"},
      {Strategy::kUSER_MANAGED, "userManaged"},
  };
  return Table("memory strategy", kNames);
}

template <>
EnumTable<nvinfer1::HardwareCompatibilityLevel> TableOf() {
  using Level = nvinfer1::HardwareCompatibilityLevel;
  static constexpr EnumName<Level> kNames[] = {
      {Level::kNONE, "none"},
      {Level::kAMPERE_PLUS, "amperePlus"},
      {Level::kSAME_COMPUTE_CAPABILITY, "sameComputeCapability"},
  };
  return Table("hardware compatibility level", kNames);
}

template <>
EnumTable<nvinfer1::MemoryPoolType> TableOf() {
  using Pool = nvinfer1::MemoryPoolType;
  static constexpr EnumName<Pool> kNames[] = {
      {Pool::kWORKSPACE, "workspace"},         {Pool::kDLA_MANAGED_SRAM, "dlaManagedSram"},
      {Pool::kDLA_LOCAL_DRAM, "dlaLocalDram"}, {Pool::kDLA_GLOBAL_DRAM, "dlaGlobalDram"},
      {Pool::kTACTIC_DRAM, "tacticDram"},      {Pool::kTACTIC_SHARED_MEMORY, "tacticSharedMemory"},
  };
  return Table("memory pool", kNames);
}

template <>
EnumTable<nvinfer1::PreviewFeature> TableOf() {
  using nvinfer1::PreviewFeature;
  static constexpr EnumName<PreviewFeature> kNames[] = {
#ifdef TENSORRT_NODE_FAMILY_TRT10
      {PreviewFeature::kMULTIDEVICE_RUNTIME_10_16, "multideviceRuntime"},
#endif
      {PreviewFeature::kALIASED_PLUGIN_IO_10_03, "aliasedPluginIo"},
      {PreviewFeature::kRUNTIME_ACTIVATION_RESIZE_10_10, "runtimeActivationResize"},
  };
  return Table("preview feature", kNames);
}

template <>
EnumTable<nvinfer1::ProfilingVerbosity> TableOf() {
  using nvinfer1::ProfilingVerbosity;
  static constexpr EnumName<ProfilingVerbosity> kNames[] = {
      {ProfilingVerbosity::kLAYER_NAMES_ONLY, "layerNamesOnly"},
      {ProfilingVerbosity::kNONE, "none"},
      {ProfilingVerbosity::kDETAILED, "detailed"},
  };
  return Table("profiling verbosity", kNames);
}

template <>
EnumTable<nvinfer1::RuntimePlatform> TableOf() {
  using nvinfer1::RuntimePlatform;
  static constexpr EnumName<RuntimePlatform> kNames[] = {
      {RuntimePlatform::kSAME_AS_BUILD, "sameAsBuild"},
      {RuntimePlatform::kWINDOWS_AMD64, "windowsAmd64"},
  };
  return Table("runtime platform", kNames);
}

template <>
EnumTable<nvinfer1::SerializationFlag> TableOf() {
  using nvinfer1::SerializationFlag;
  static constexpr EnumName<SerializationFlag> kNames[] = {
      {SerializationFlag::kEXCLUDE_WEIGHTS, "excludeWeights"},
      {SerializationFlag::kEXCLUDE_LEAN_RUNTIME, "excludeLeanRuntime"},
      {SerializationFlag::kINCLUDE_REFIT, "includeRefit"},
  };
  return Table("serialization flag", kNames);
}

template <>
EnumTable<nvinfer1::TacticSource> TableOf() {
  using nvinfer1::TacticSource;
  static constexpr EnumName<TacticSource> kNames[] = {
      {TacticSource::kEDGE_MASK_CONVOLUTIONS, "edgeMaskConvolutions"},
      {TacticSource::kJIT_CONVOLUTIONS, "jitConvolutions"},
  };
  return Table("tactic source", kNames);
}

template <>
EnumTable<nvinfer1::TilingOptimizationLevel> TableOf() {
  using Level = nvinfer1::TilingOptimizationLevel;
  static constexpr EnumName<Level> kNames[] = {
      {Level::kNONE, "none"},
      {Level::kFAST, "fast"},
      {Level::kMODERATE, "moderate"},
      {Level::kFULL, "full"},
  };
  return Table("tiling optimization level", kNames);
}

template <>
EnumTable<nvonnxparser::ErrorCode> TableOf() {
  using nvonnxparser::ErrorCode;
  static constexpr EnumName<ErrorCode> kNames[] = {
      {ErrorCode::kSUCCESS, "success"},
      {ErrorCode::kINTERNAL_ERROR, "internalError"},
      {ErrorCode::kMEM_ALLOC_FAILED, "memAllocFailed"},
      {ErrorCode::kMODEL_DESERIALIZE_FAILED, "modelDeserializeFailed"},
      {ErrorCode::kINVALID_VALUE, "invalidValue"},
      {ErrorCode::kINVALID_GRAPH, "invalidGraph"},
      {ErrorCode::kINVALID_NODE, "invalidNode"},
      {ErrorCode::kUNSUPPORTED_GRAPH, "unsupportedGraph"},
      {ErrorCode::kUNSUPPORTED_NODE, "unsupportedNode"},
      {ErrorCode::kUNSUPPORTED_NODE_ATTR, "unsupportedNodeAttr"},
      {ErrorCode::kUNSUPPORTED_NODE_INPUT, "unsupportedNodeInput"},
      {ErrorCode::kUNSUPPORTED_NODE_DATATYPE, "unsupportedNodeDatatype"},
      {ErrorCode::kUNSUPPORTED_NODE_DYNAMIC, "unsupportedNodeDynamic"},
      {ErrorCode::kUNSUPPORTED_NODE_SHAPE, "unsupportedNodeShape"},
      {ErrorCode::kREFIT_FAILED, "refitFailed"},
  };
  return Table("parser error", kNames);
}

template <>
EnumTable<nvonnxparser::OnnxParserFlag> TableOf() {
  using Flag = nvonnxparser::OnnxParserFlag;
  static constexpr EnumName<Flag> kNames[] = {
      {Flag::kNATIVE_INSTANCENORM, "nativeInstanceNorm"},
      {Flag::kENABLE_UINT8_AND_ASYMMETRIC_QUANTIZATION_DLA,
       "enableUint8AndAsymmetricQuantizationDla"},
      {Flag::kREPORT_CAPABILITY_DLA, "reportCapabilityDla"},
      {Flag::kENABLE_PLUGIN_OVERRIDE, "enablePluginOverride"},
      {Flag::kADJUST_FOR_DLA, "adjustForDla"},
  };
  return Table("parser flag", kNames);
}

#ifdef TENSORRT_NODE_FAMILY_RTX1

template <>
EnumTable<nvinfer1::ComputeCapability> TableOf() {
  using nvinfer1::ComputeCapability;
  static constexpr EnumName<ComputeCapability> kNames[] = {
      {ComputeCapability::kCURRENT, "current"}, {ComputeCapability::kSM75, "sm75"},
      {ComputeCapability::kSM80, "sm80"},       {ComputeCapability::kSM86, "sm86"},
      {ComputeCapability::kSM89, "sm89"},       {ComputeCapability::kSM120, "sm120"},
      {ComputeCapability::kSM121, "sm121"},
  };
  return Table("target", kNames);
}

template <>
EnumTable<nvinfer1::CudaGraphStrategy> TableOf() {
  using nvinfer1::CudaGraphStrategy;
  static constexpr EnumName<CudaGraphStrategy> kNames[] = {
      {CudaGraphStrategy::kDISABLED, "disabled"},
      {CudaGraphStrategy::kWHOLE_GRAPH_CAPTURE, "wholeGraphCapture"},
  };
  return Table("CUDA graph strategy", kNames);
}

template <>
EnumTable<nvinfer1::DynamicShapesKernelSpecializationStrategy> TableOf() {
  using Strategy = nvinfer1::DynamicShapesKernelSpecializationStrategy;
  static constexpr EnumName<Strategy> kNames[] = {
      {Strategy::kLAZY, "lazy"},
      {Strategy::kEAGER, "eager"},
      {Strategy::kNONE, "none"},
  };
  return Table("kernel specialization strategy", kNames);
}

/// Bits of a mask.
template <>
EnumTable<nvinfer1::EngineInvalidityDiagnostics> TableOf() {
  using Diagnostics = nvinfer1::EngineInvalidityDiagnostics;
  static constexpr EnumName<Diagnostics> kNames[] = {
      {Diagnostics::kVERSION_MISMATCH, "versionMismatch"},
      {Diagnostics::kUNSUPPORTED_CC, "unsupportedCc"},
      {Diagnostics::kOLD_CUDA_DRIVER, "oldCudaDriver"},
      {Diagnostics::kOLD_CUDA_RUNTIME, "oldCudaRuntime"},
      {Diagnostics::kINSUFFICIENT_GPU_MEMORY, "insufficientGpuMemory"},
      {Diagnostics::kMALFORMED_ENGINE, "malformedEngine"},
      {Diagnostics::kCUDA_ERROR, "cudaError"},
  };
  return Table("diagnostic", kNames);
}

template <>
EnumTable<nvinfer1::EngineValidity> TableOf() {
  using nvinfer1::EngineValidity;
  static constexpr EnumName<EngineValidity> kNames[] = {
      {EngineValidity::kVALID, "valid"},
      {EngineValidity::kSUBOPTIMAL, "suboptimal"},
      {EngineValidity::kINVALID, "invalid"},
  };
  return Table("engine validity", kNames);
}

#endif

}  // namespace tensorrt_node
