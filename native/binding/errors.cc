#include "binding/errors.h"

namespace tensorrt_node {
namespace {

void SetText(Napi::Object target, const char* key, const std::string& value) {
  if (!value.empty()) target.Set(key, value);
}

}  // namespace

Napi::Value ToJsError(Napi::Env env, const StatusError& error) {
  Napi::Object details = Napi::Object::New(env);
  details.Set("code", error.code());
  SetText(details, "remedy", error.remedy());
  SetText(details, "tensor", error.tensor());
  SetText(details, "file", error.file());
  if (error.node()) {
    Napi::Object node = Napi::Object::New(env);
    SetText(node, "name", error.node()->name);
    SetText(node, "opType", error.node()->op_type);
    if (error.node()->index >= 0) node.Set("index", error.node()->index);
    details.Set("node", node);
  }
  Napi::Array recorded = Napi::Array::New(env, error.recorded().size());
  for (uint32_t i = 0; i < error.recorded().size(); ++i) {
    Napi::Object entry = Napi::Object::New(env);
    entry.Set("code", error.recorded()[i].code);
    entry.Set("description", error.recorded()[i].description);
    recorded.Set(i, entry);
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
