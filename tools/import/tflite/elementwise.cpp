// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>

#include "import/tflite/node.hpp"

namespace reshift::tflite_import {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

/// Appends a node of one input whose output has its shape and order.
void append_like(const TfliteNode& node, Node result, int input,
                 tflite::Activation activation = tflite::Activation::NONE) {
  const Value like = node.unpadded(input);
  const Tensor t = node.tensor(like.tensor);
  node.append(std::move(result), t.channels, t.height, t.width, activation);
  node.context().values[node.output()].channels_last = like.channels_last;
}

void add_clamp(const TfliteNode& node, float lo, float hi) {
  Node result;
  result.kind = NodeKind::kClamp;
  result.input = node.unpadded(0).tensor;
  result.lo = lo;
  result.hi = hi;
  append_like(node, std::move(result), 0);
}

void add_function(const TfliteNode& node, Function function) {
  Node result;
  result.kind = NodeKind::kClamp;
  result.input = node.unpadded(0).tensor;
  result.functions = {function};
  append_like(node, std::move(result), 0);
}

/// A constant as one value a channel.
std::vector<float> per_channel(const TfliteNode& node, int i, const Value& other) {
  const Constant c = node.constant(i);
  std::vector<float> values = floats(c);
  const auto channels = static_cast<std::size_t>(node.tensor(node.map(other)).channels);
  if (values.size() == 1) values.resize(channels, values[0]);
  if (values.size() != channels ||
      (!c.shape.empty() && values.size() > 1 && c.shape.back() != static_cast<int>(channels)))
    node.fail("a constant of shape {} is not one value a channel", text(c.shape));
  return values;
}

void add_pair(const TfliteNode& node, NodeKind kind, tflite::Activation activation) {
  Node result;
  for (const int i : {0, 1}) {
    if (!node.is_constant(i)) continue;
    const Value& other = node.unpadded(1 - i);
    const std::vector<float> values = per_channel(node, i, other);
    result.kind = NodeKind::kScale;
    result.input = other.tensor;
    result.weights = kind == NodeKind::kAdd ? std::vector<float>(values.size(), 1) : values;
    result.bias = kind == NodeKind::kAdd ? values : std::vector<float>(values.size(), 0);
    return append_like(node, std::move(result), 1 - i, activation);
  }
  const Value &a = node.unpadded(0), &b = node.unpadded(1);
  if (a.shape != b.shape || a.channels_last != b.channels_last)
    node.fail("of {} and {} is not supported, only of equal shapes", text(a.shape), text(b.shape));
  result.kind = kind;
  result.input = a.tensor;
  result.residual = b.tensor;
  append_like(node, std::move(result), 0, activation);
}

}  // namespace

void add_add(const TfliteNode& node) {
  const auto* o = node.op().builtin_options_as_AddOptions();
  add_pair(node, NodeKind::kAdd, o ? o->activation() : tflite::Activation::NONE);
}

void add_mul(const TfliteNode& node) {
  const auto* o = node.op().builtin_options_as_MulOptions();
  add_pair(node, NodeKind::kMul, o ? o->activation() : tflite::Activation::NONE);
}

void add_mean(const TfliteNode& node) {
  std::vector<std::int32_t> axes = node.constant(1).integers;
  const Value& v = node.unpadded(0);
  for (auto& a : axes) a += a < 0 ? static_cast<int>(v.shape.size()) : 0;
  std::sort(axes.begin(), axes.end());
  const std::vector<std::int32_t> pixels = v.channels_last ? std::vector{1, 2} : std::vector{2, 3};
  if (v.shape.size() != 4 || axes != pixels)
    node.fail("over axes [{}] is not supported, only over the whole map", fmt::join(axes, ", "));
  Node result;
  result.kind = NodeKind::kAvgPool;
  result.input = v.tensor;
  const Tensor in = node.tensor(v.tensor);
  result.kernel_h = in.height;
  result.kernel_w = in.width;
  node.append(std::move(result), in.channels, 1, 1);
}

void add_relu(const TfliteNode& node) { add_clamp(node, 0, kInfinity); }
void add_relu6(const TfliteNode& node) { add_clamp(node, 0, 6); }
void add_leaky_relu(const TfliteNode& node) {
  add_function(node,
               {Function::Kind::kLeakyRelu, node.options<tflite::LeakyReluOptions>().alpha()});
}
void add_logistic(const TfliteNode& node) { add_function(node, {Function::Kind::kSigmoid}); }
void add_tanh(const TfliteNode& node) { add_function(node, {Function::Kind::kTanh}); }
void add_hard_swish(const TfliteNode& node) { add_function(node, {Function::Kind::kHardSwish}); }

void add_softmax(const TfliteNode& node) {
  const Value v = node.unpadded(0);
  const Tensor& t = node.tensor(v.tensor);
  if (t.height * t.width != 1)
    node.fail("over the channels of more than one pixel is not supported");
  const auto* o = node.op().builtin_options_as_SoftmaxOptions();
  if (o && o->beta() != 1) node.fail("beta {} is not supported, only 1", o->beta());
  node.alias(v);
  node.context().softmax = node.name();
}

void add_quantize(const TfliteNode& node) {
  const Value v = node.unpadded(0);
  node.quantise(v.tensor);
  node.context().values[node.output()].channels_last = v.channels_last;
}

void add_dequantize(const TfliteNode& node) { node.alias(node.unpadded(0)); }

}  // namespace reshift::tflite_import
