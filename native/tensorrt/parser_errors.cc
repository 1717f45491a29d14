#include "tensorrt/parser_errors.h"

#include <utility>

#include "tensorrt/enums.h"

namespace tensorrt_node {
namespace {

std::string Text(const char* value) { return value == nullptr ? "" : value; }

std::string NodeText(const NodeReference& node) {
  std::string text = node.name.empty() ? "a node" : "node '" + node.name + "'";
  if (!node.op_type.empty()) text += " (" + node.op_type + ")";
  return text;
}

ParserError ToParserError(const nvonnxparser::IParserError& error) {
  ParserError result{{NameOf(error.code()), Text(error.desc())}, {}};
  NodeReference node{Text(error.nodeName()), Text(error.nodeOperator()), error.node()};
  if (node.index >= 0 || !node.name.empty()) result.error.node = std::move(node);
  for (int32_t i = 0; i < error.localFunctionStackSize(); ++i) {
    result.function_stack.push_back(Text(error.localFunctionStack()[i]));
  }
  return result;
}

}  // namespace

std::vector<ParserError> ParserErrors(const nvonnxparser::IParser& parser) {
  std::vector<ParserError> errors;
  for (int i = 0; i < parser.getNbErrors(); ++i) {
    errors.push_back(ToParserError(*parser.getError(i)));
  }
  return errors;
}

StatusError ParseFailure(const nvonnxparser::IParser& parser, const std::string& model_path,
                         Diagnostics& diagnostics) {
  const std::vector<ParserError> errors = ParserErrors(parser);
  if (errors.empty()) {
    return diagnostics.Failure("ERR_TRT_PARSE", "TensorRT's ONNX parser refused the model")
        .WithFile(model_path);
  }
  const RecordedError& first = errors.front().error;
  StatusError failure("ERR_TRT_PARSE", "TensorRT's ONNX parser refused " +
                                           (first.node ? NodeText(*first.node) : "the model") +
                                           ": " + first.description);
  if (first.node) failure.WithNode(*first.node);
  std::vector<RecordedError> recorded;
  for (const ParserError& error : errors) recorded.push_back(error.error);
  for (RecordedError& error : diagnostics.recorder().Take()) recorded.push_back(std::move(error));
  return failure.WithEvidence(std::move(recorded), diagnostics.log().Lines());
}

}  // namespace tensorrt_node
