// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "import/onnx/reader.hpp"

#include <limits>
#include <memory>
#include <string_view>

#include "base/error.hpp"
#include "import/onnx/operators.hpp"

namespace reshift {
namespace onnx_import {
namespace {

onnx::ModelProto parse(const Bytes& bytes) {
  constexpr std::size_t kLargest = std::numeric_limits<int>::max();  // of any protobuf message
  if (bytes.size() > kLargest) {
    throw Error("{} bytes, a file of more than 2 GiB cannot be read", bytes.size());
  }
  onnx::ModelProto model;
  if (!model.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    throw Error("not an ONNX file, or truncated or damaged");
  }
  if (!model.has_graph() || model.graph().node_size() == 0) {
    throw Error("not an ONNX network, or truncated: it has no nodes");
  }
  return model;
}

std::int64_t operator_set(const onnx::ModelProto& model) {
  std::int64_t version = 0;
  for (const auto& set : model.opset_import()) {
    if (set.domain().empty() || set.domain() == "ai.onnx") version = set.version();
  }
  if (version == 0) throw Error("not an ONNX network, or truncated: it names no operator set");
  return version;
}

/// Frees the raw values of the initializers, for they may be most of the memory.
void read_initializers(onnx::GraphProto& graph, Context& context) {
  for (auto& t : *graph.mutable_initializer()) {
    context.constants[t.name()] = read_tensor(t);
    std::unique_ptr<std::string>(t.release_raw_data());
  }
  for (const auto& node : graph.node()) {
    for (const auto& input : node.input()) ++context.readers[input];
  }
}

/// The only input that is no initializer: old files list the weights as inputs.
const onnx::ValueInfoProto& find_input(const onnx::GraphProto& graph, const Context& context) {
  const onnx::ValueInfoProto* input = nullptr;
  for (const auto& candidate : graph.input()) {
    if (context.constants.contains(candidate.name())) continue;
    if (input)
      throw Error("inputs {} and {}: only one is supported", input->name(), candidate.name());
    input = &candidate;
  }
  if (!input) throw Error("no input");
  return *input;
}

void read_input(const onnx::ValueInfoProto& input, Context& context) {
  const auto& shape = input.type().tensor_type().shape();
  if (shape.dim_size() != 4) {
    throw Error("input {}: {} dimensions, expected 4 (image, channel, row, column)", input.name(),
                shape.dim_size());
  }
  for (int i = 1; i < 4; ++i) {
    if (shape.dim(i).dim_value() < 1 || shape.dim(i).dim_value() > 65535) {
      throw Error("input {}: dimension {} has no fixed size from 1 to 65535", input.name(), i);
    }
  }
  const auto dim = [&](int i) { return static_cast<int>(shape.dim(i).dim_value()); };
  context.graph.tensors.push_back({input.name(), dim(1), dim(2), dim(3)});
  context.values[input.name()] = {0};
}

void read_output(const onnx::GraphProto& graph, Context& context) {
  if (graph.output_size() != 1) {
    throw Error("{} outputs, exactly one is supported", graph.output_size());
  }
  const std::string& name = graph.output(0).name();
  const auto found = context.values.find(name);
  if (found == context.values.end()) {
    throw Error("output {} is made by no node (truncated file?)", name);
  }
  if (!context.softmax.empty() && context.softmax != name) {
    throw Error("node '{}' (Softmax): supported only as the last node", context.softmax);
  }
  context.graph.outputs = {{name, found->second.tensor}};
  if (context.graph.outputs.front().tensor == 0 || found->second.padded()) {
    throw Error("the network computes nothing");
  }
}

Graph read_model(onnx::ModelProto model) {
  Context context;
  context.opset = operator_set(model);
  onnx::GraphProto& graph = *model.mutable_graph();
  for (const auto& node : graph.node()) check_operator(OnnxNode(node, context));
  context.graph.name = graph.name();
  read_initializers(graph, context);
  read_input(find_input(graph, context), context);
  for (const auto& proto : graph.node()) {
    OnnxNode node(proto, context);
    read_node(node);
  }
  read_output(graph, context);
  return std::move(context.graph);
}

}  // namespace
}  // namespace onnx_import

bool is_onnx(const Bytes& bytes) {
  // The tags of the fields of ModelProto that may come first, ir_version before all others.
  constexpr std::string_view kFirst = "\x08\x12\x1a\x22\x28\x32\x3a\x42\x72";
  return !bytes.empty() && kFirst.find(static_cast<char>(bytes[0])) != kFirst.npos;
}

Graph read_onnx(Bytes bytes) {
  onnx::ModelProto model = onnx_import::parse(bytes);
  Bytes().swap(bytes);  // not in memory with the model's tensors
  return onnx_import::read_model(std::move(model));
}

}  // namespace reshift
