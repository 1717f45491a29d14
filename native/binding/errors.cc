#include "binding/errors.h"

namespace tensorrt_node {
namespace {

void SetText(Napi::Object target, const char* key, const std::string& value) {
  if (!value.empty()) target.Set(key, value);
}

Napi::Object FromNode(Napi::Env env, const NodeReference& node) {
  Napi::Object result = Napi::Object::New(env);
  SetText(result, "name", node.name);
  SetText(result, "opType", node.op_type);
  if (node.index >= 0) result.Set("index", node.index);
  return result;
}

}  // namespace

Napi::Object FromRecordedError(Napi::Env env, const RecordedError& error) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("code", error.code);
  result.Set("description", error.description);
  if (error.node) result.Set("node", FromNode(env, *error.node));
  return result;
}

Napi::Value ToJsError(Napi::Env env, const StatusError& error) {
  Napi::Object details = Napi::Object::New(env);
  details.Set("code", error.code());
  SetText(details, "remedy", error.remedy());
  SetText(details, "tensor", error.tensor());
  SetText(details, "file", error.file());
  if (error.node()) details.Set("node", FromNode(env, *error.node()));
  Napi::Array recorded = Napi::Array::New(env, error.recorded().size());
  for (uint32_t i = 0; i < error.recorded().size(); ++i) {
    recorded.Set(i, FromRecordedError(env, error.recorded()[i]));
  }
  details.Set("recorded", recorded);
  Napi::Array log = Napi::Array::New(env, error.log().size());
  for (uint32_t i = 0; i < error.log().size(); ++i) log.Set(i, error.log()[i]);
  details.Set("log", log);

  Napi::Object result = Napi::Error::New(env, error.what()).Value();
  result.Set("details", details);
  return result;
}

}  // namespace tensorrt_node
