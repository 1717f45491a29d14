#pragma once

// Enumerators of TensorRT by name, since their values differ between versions.
//
// A name is TensorRT's own in camel case without the k ("stripPlan" is kSTRIP_PLAN), and for data
// types the spelling of lib/tensor.ts. The tables are in enums.cc, one for each type below.

#include <cstddef>
#include <string>

#include "NvInfer.h"
#include "NvOnnxParser.h"

namespace tensorrt_node {

template <typename Enum>
struct EnumName {
  Enum value;
  const char* name;
};

/// The enumerators that this family has, without deprecated ones.
template <typename Enum>
struct EnumTable {
  /// What one of them is called in a message: "builder flag".
  const char* what;
  const EnumName<Enum>* names;
  size_t count;

  const EnumName<Enum>* begin() const { return names; }
  const EnumName<Enum>* end() const { return names + count; }
};

/// The table of a type; a type without one does not link.
template <typename Enum>
EnumTable<Enum> TableOf();

template <>
EnumTable<nvinfer1::BuilderFlag> TableOf();
template <>
EnumTable<nvinfer1::DataType> TableOf();
template <>
EnumTable<nvinfer1::DeviceType> TableOf();
template <>
EnumTable<nvinfer1::EngineCapability> TableOf();
template <>
EnumTable<nvinfer1::ErrorCode> TableOf();
template <>
EnumTable<nvinfer1::ExecutionContextAllocationStrategy> TableOf();
template <>
EnumTable<nvinfer1::HardwareCompatibilityLevel> TableOf();
template <>
EnumTable<nvinfer1::MemoryPoolType> TableOf();
template <>
EnumTable<nvinfer1::PreviewFeature> TableOf();
template <>
EnumTable<nvinfer1::ProfilingVerbosity> TableOf();
template <>
EnumTable<nvinfer1::RuntimePlatform> TableOf();
template <>
EnumTable<nvinfer1::SerializationFlag> TableOf();
template <>
EnumTable<nvinfer1::TacticSource> TableOf();
template <>
EnumTable<nvinfer1::TilingOptimizationLevel> TableOf();
template <>
EnumTable<nvonnxparser::ErrorCode> TableOf();
template <>
EnumTable<nvonnxparser::OnnxParserFlag> TableOf();
#ifdef TENSORRT_NODE_FAMILY_RTX1
template <>
EnumTable<nvinfer1::ComputeCapability> TableOf();
template <>
EnumTable<nvinfer1::CudaGraphStrategy> TableOf();
template <>
EnumTable<nvinfer1::DynamicShapesKernelSpecializationStrategy> TableOf();
template <>
EnumTable<nvinfer1::EngineInvalidityDiagnostics> TableOf();
template <>
EnumTable<nvinfer1::EngineValidity> TableOf();
#endif

/// A newer library may give a value that its older headers do not have: "builder flag 40".
template <typename Enum>
std::string NameOf(Enum value) {
  const EnumTable<Enum> table = TableOf<Enum>();
  for (const auto& entry : table) {
    if (entry.value == value) return entry.name;
  }
  return std::string(table.what) + " " + std::to_string(static_cast<long long>(value));
}

/// The type of a tensor in the spelling of lib/tensor.ts.
inline std::string DataTypeName(nvinfer1::DataType type) { return NameOf(type); }

/// Throws ERR_UNSUPPORTED: this TensorRT has no `what` of that name, only those in `known`.
[[noreturn]] void ThrowUnknownName(const char* what, const std::string& name,
                                   const std::string& known);

/// Throws ERR_UNSUPPORTED, with the names there are, for one that this family does not have.
template <typename Enum>
Enum FromName(const std::string& name) {
  const EnumTable<Enum> table = TableOf<Enum>();
  std::string known;
  for (const auto& entry : table) {
    if (name == entry.name) return entry.value;
    known += (known.empty() ? "'" : ", '") + std::string(entry.name) + "'";
  }
  ThrowUnknownName(table.what, name, known);
}

}  // namespace tensorrt_node
