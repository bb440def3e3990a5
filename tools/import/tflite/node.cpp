// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "import/tflite/node.hpp"

namespace reshift::tflite_import {
namespace {

/// That of the default kernels. The reference kernels round a product twice.
OutputRounding rounding(tflite::BuiltinOperator operation) {
  if (operation == tflite::BuiltinOperator::ADD) return OutputRounding::kHalfUp;
  if (operation == tflite::BuiltinOperator::AVERAGE_POOL_2D)
    return OutputRounding::kHalfAwayFromZero;
  return OutputRounding::kHalfToEven;
}

}  // namespace

std::string TfliteNode::name() const {
  return op_.outputs() && op_.outputs()->size() > 0 ? context_.model.name(op_.outputs()->Get(0))
                                                    : "without an output";
}

bool TfliteNode::has_input(int i) const {
  return i < input_count() && op_.inputs()->Get(static_cast<flatbuffers::uoffset_t>(i)) >= 0;
}

int TfliteNode::input(int i) const {
  if (!has_input(i)) fail("input {} is missing", i);
  return op_.inputs()->Get(static_cast<flatbuffers::uoffset_t>(i));
}

int TfliteNode::output() const {
  if (!op_.outputs() || op_.outputs()->size() != 1) fail("does not have one output");
  return op_.outputs()->Get(0);
}

const Value& TfliteNode::value(int i) const {
  const auto found = context_.values.find(input(i));
  if (found == context_.values.end()) {
    fail("input {} is {}", context_.model.name(input(i)),
         is_constant(i) ? "a constant, which is not supported here" : "made by no node before it");
  }
  return found->second;
}

const Value& TfliteNode::unpadded(int i) const {
  const Value& v = value(i);
  if (v.padded()) fail("padding made by a PAD before it is not supported");
  return v;
}

int TfliteNode::map(const Value& v) const {
  const Tensor& t = tensor(v.tensor);
  const bool pixels = v.channels_last && v.shape == Shape{1, t.height, t.width, t.channels};
  if (!pixels && t.height * t.width != 1)
    fail("needs a map of pixels [1, height, width, channels], its input is {}", text(v.shape));
  return v.tensor;
}

void TfliteNode::alias(Value v) const {
  v.shape = context_.model.shape(output());
  std::int64_t size = 1;
  for (const int d : v.shape) size *= d;
  if (size != static_cast<std::int64_t>(tensor(v.tensor).size()) && !v.padded())
    fail("its output has the shape {}, its input {} values", text(v.shape),
         tensor(v.tensor).size());
  context_.values[output()] = std::move(v);
}

void TfliteNode::append(Node node, int channels, int height, int width,
                        tflite::Activation activation) const {
  switch (activation) {
    case tflite::Activation::NONE:
      break;
    case tflite::Activation::RELU:
      node.lo = 0;
      break;
    case tflite::Activation::RELU6:
      node.lo = 0, node.hi = 6;
      break;
    case tflite::Activation::RELU_N1_TO_1:
      node.lo = -1, node.hi = 1;
      break;
    default:
      fail("its fused activation {} is not supported", EnumNameActivation(activation));
  }
  node.name = name();
  node.output = static_cast<int>(graph().tensors.size());
  graph().tensors.push_back({name(), channels, height, width});
  graph().nodes.push_back(std::move(node));
  quantise(graph().nodes.back().output);
}

void TfliteNode::quantise(int from) const {
  int result = from;
  if (auto q = context_.model.quantization(output())) {
    Node node;
    node.name = name();
    node.kind = NodeKind::kQuantize;
    node.input = from;
    node.output = result = static_cast<int>(graph().tensors.size());
    node.output_rounding = rounding(context_.model.operation(op_));
    Tensor t = tensor(from);
    t.name = name();
    t.quantization = std::move(q);
    graph().tensors.push_back(std::move(t));
    graph().nodes.push_back(std::move(node));
  }
  alias({result, {}, true, {}});
}

std::vector<float> floats(const Constant& c) {
  if (!c.quantization)
    return c.floats.empty() ? std::vector<float>(c.integers.begin(), c.integers.end()) : c.floats;
  const Quantization& q = *c.quantization;
  std::size_t inner = 1;
  for (std::size_t i = static_cast<std::size_t>(c.axis) + 1; i < c.shape.size(); ++i)
    inner *= static_cast<std::size_t>(c.shape[i]);
  std::vector<float> result;
  for (std::size_t i = 0; i < c.integers.size(); ++i) {
    const std::size_t which = q.scales.size() == 1 ? 0 : i / inner % q.scales.size();
    result.push_back(static_cast<float>(c.integers[i] - q.zero_points[which]) * q.scales[which]);
  }
  return result;
}

}  // namespace reshift::tflite_import
