// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "import/tflite/reader.hpp"

#include <algorithm>
#include <set>

#include "import/tflite/node.hpp"

namespace reshift {
namespace tflite_import {
namespace {

void check_operators(const Context& context) {
  std::set<std::string> unknown;
  for (const auto* op : *context.model.graph().operators()) {
    if (!find_operation(context.model.operation(*op))) unknown.insert(context.model.operation_name(*op));
  }
  if (unknown.empty()) return;
  throw Error("operators that are not supported: {}; supported are {}", fmt::join(unknown, ", "),
              known_operations());
}

void read_input(Context& context) {
  const auto& inputs = *context.model.graph().inputs();
  if (inputs.size() != 1) throw Error("{} inputs, exactly one is supported", inputs.size());
  const int input = inputs.Get(0);
  Shape shape = context.model.shape(input);
  const std::string name = context.model.name(input);
  if (shape.size() < 2 || shape.size() > 4 || shape[0] != 1)
    throw Error("input {}: shape {}, expected one image [1, ...] of 2 to 4 dimensions", name, text(shape));
  // A vector's elements are channels; with the channels first when the second axis is that of colours.
  bool last = true;
  Tensor image{name, shape.back(), 1, 1};
  if (shape.size() == 4) {
    last = shape[3] <= 4 || shape[1] > 4;
    image = last ? Tensor{name, shape[3], shape[1], shape[2]} : Tensor{name, shape[1], shape[2], shape[3]};
  } else if (shape.size() == 3) {
    image = {name, 1, shape[1], shape[2]};
  }
  for (const int extent : {image.channels, image.height, image.width}) {
    if (extent < 1 || extent > 65535) throw Error("input {}: impossible shape {}", name, text(shape));
  }
  context.graph.tensors.push_back(image);
  Value value{0, shape, last, {}};
  if (auto q = context.model.quantization(input)) {
    Node node;
    node.name = name;
    node.kind = NodeKind::kQuantize;
    node.input = 0;
    node.output = value.tensor = 1;
    node.output_rounding = OutputRounding::kHalfAwayFromZero;
    image.quantization = std::move(q);
    context.graph.tensors.push_back(std::move(image));
    context.graph.nodes.push_back(std::move(node));
  } else if (context.model.type(input) != tflite::TensorType::FLOAT32) {
    throw Error("input {}: values of type {} without a scale", name, EnumNameTensorType(context.model.type(input)));
  }
  context.values[input] = std::move(value);
}

void read_outputs(Context& context) {
  for (const int output : *context.model.graph().outputs()) {
    const auto found = context.values.find(output);
    const std::string name = context.model.name(output);
    if (found == context.values.end()) throw Error("output {} is made by no node", name);
    if (found->second.tensor <= 1 || found->second.padded()) throw Error("output {}: the network computes nothing", name);
    context.graph.outputs.push_back({name, found->second.tensor});
  }
  if (context.graph.outputs.empty()) throw Error("no outputs");
}

}  // namespace
}  // namespace tflite_import

Graph read_tflite(Bytes bytes) {
  using namespace tflite_import;
  Context context(std::move(bytes));
  check_operators(context);
  context.graph.name = context.model.description();
  read_input(context);
  for (const auto* op : *context.model.graph().operators()) {
    const TfliteNode node(*op, context);
    if (!context.softmax.empty()) throw Error("node '{}' (SOFTMAX): supported only as the last node", context.softmax);
    find_operation(context.model.operation(*op))(node);
  }
  read_outputs(context);
  return std::move(context.graph);
}

}  // namespace reshift
