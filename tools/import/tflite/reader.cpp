// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "import/tflite/reader.hpp"

#include <algorithm>

#include "import/tflite/node.hpp"

namespace reshift {
namespace tflite_import {
namespace {

/// Whether something that a node reads is made by no node that could be read.
bool reads_unknown(const tflite::Operator& op, const Context& context) {
  const auto unknown = [&](int tensor) {
    return tensor >= 0 && !context.model.is_constant(tensor) && !context.values.contains(tensor);
  };
  return op.inputs() && std::any_of(op.inputs()->begin(), op.inputs()->end(), unknown);
}

NodeCheck read_node(const tflite::Operator& op, Context& context) {
  const TfliteNode node(op, context);
  NodeCheck check;
  check.name = node.name();
  check.operation = context.model.operation_name(op);
  const std::size_t nodes = context.graph.nodes.size();
  try {
    const Operation function = find_operation(context.model.operation(op));
    if (!function) node.fail("is not supported; supported are {}", known_operations());
    if (reads_unknown(op, context)) {
      check.result = NodeCheck::Result::kUnchecked;
      check.detail = "not looked at: what it reads is refused";
      return check;
    }
    if (!context.softmax.empty())
      node.fail("follows a SOFTMAX, which is supported only at the end");
    function(node);
    if (context.graph.nodes.size() == nodes) check.result = NodeCheck::Result::kRewritten;
    if (!context.softmax.empty()) check.result = NodeCheck::Result::kHost;
  } catch (const Error& e) {
    const std::string message = e.what(), prefix = node.prefix();
    check.result = NodeCheck::Result::kRefused;
    check.detail = message.starts_with(prefix) ? message.substr(prefix.size()) : message;
  }
  return check;
}

void read_input(Context& context) {
  const auto& inputs = *context.model.graph().inputs();
  if (inputs.size() != 1) throw Error("{} inputs, exactly one is supported", inputs.size());
  const int input = inputs.Get(0);
  Shape shape = context.model.shape(input);
  const std::string name = context.model.name(input);
  if (shape.size() < 2 || shape.size() > 4 || shape[0] != 1)
    throw Error("input {}: shape {}, expected one image [1, ...] of 2 to 4 dimensions", name,
                text(shape));
  // A vector's elements are channels; with the channels first when the second axis is that of
  // colours.
  bool last = true;
  Tensor image{name, shape.back(), 1, 1};
  if (shape.size() == 4) {
    last = shape[3] <= 4 || shape[1] > 4;
    image = last ? Tensor{name, shape[3], shape[1], shape[2]}
                 : Tensor{name, shape[1], shape[2], shape[3]};
  } else if (shape.size() == 3) {
    image = {name, 1, shape[1], shape[2]};
  }
  for (const int extent : {image.channels, image.height, image.width}) {
    if (extent < 1 || extent > 65535)
      throw Error("input {}: impossible shape {}", name, text(shape));
  }
  context.graph.tensors.push_back(image);
  Value value{0, shape, last, {}};
  if (auto q = context.model.quantization(input)) {
    Node node;
    node.name = name;
    node.kind = NodeKind::kQuantize;
    node.input = 0;
    node.output = value.tensor = 1;
    node.output_rounding = OutputRounding::kHalfToEven;
    image.quantization = std::move(q);
    context.graph.tensors.push_back(std::move(image));
    context.graph.nodes.push_back(std::move(node));
  } else if (context.model.type(input) != tflite::TensorType::FLOAT32) {
    throw Error("input {}: values of type {} without a scale", name,
                EnumNameTensorType(context.model.type(input)));
  }
  context.values[input] = std::move(value);
}

/// The machine's output, and the host's part: the Softmax of what the machine gives.
void read_outputs(Context& context) {
  const auto& outputs = *context.model.graph().outputs();
  if (outputs.size() == 0) throw Error("no outputs");
  HostTail tail;
  for (const int output : outputs) {
    const auto found = context.values.find(output);
    const std::string name = context.model.name(output);
    if (found == context.values.end()) throw Error("output {} is made by no node", name);
    const Value& v = found->second;
    const int image = context.values.at(context.model.graph().inputs()->Get(0)).tensor;
    if (v.tensor == image || v.padded())
      throw Error("output {}: the network computes nothing", name);
    const Tensor& t = context.graph.tensor(v.tensor);
    const bool is_softmax = !context.softmax.empty() && outputs.size() == 1;
    const auto machine = static_cast<int>(context.graph.outputs.size());
    context.graph.outputs.push_back({is_softmax ? t.name : name, v.tensor});
    tail.inputs.push_back({1, t.channels, t.height, t.width});
    tail.outputs.push_back({name, machine, tail.inputs.back()});
    if (!is_softmax) continue;
    tail.steps.push_back({HostStep::Kind::kAlong, "Softmax", {1}, {}, {0}});
    tail.outputs.back().value = 1;
  }
  if (!context.softmax.empty() && outputs.size() != 1)
    throw Error("node '{}' (SOFTMAX): supported only before the only output", context.softmax);
  if (!tail.steps.empty()) context.graph.tail = std::move(tail);
}

}  // namespace
}  // namespace tflite_import

Graph read_tflite(Bytes bytes, const std::string&, const ImportOptions& options,
                  NetworkCheck& check) {
  using namespace tflite_import;
  if (!options.input_shape.empty())
    throw Error(
        "the shape of the input is fixed in a TensorFlow Lite file: leave out --input-shape");
  Context context(std::move(bytes));
  context.graph.name = context.model.description();
  read_input(context);
  for (const auto* op : *context.model.graph().operators())
    check.nodes.push_back(read_node(*op, context));
  if (check.accepted()) read_outputs(context);
  return std::move(context.graph);
}

}  // namespace reshift
