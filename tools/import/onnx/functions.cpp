// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <limits>

#include "import/onnx/arithmetic.hpp"
#include "import/onnx/operators.hpp"

namespace reshift::onnx_import {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

void append_clamp(OnnxNode& node, double lo, double hi) {
  Node result;
  result.kind = NodeKind::kClamp;
  // As ONNX has it, the upper bound wins where they are not in order.
  result.hi = static_cast<float>(hi);
  result.lo = std::min(static_cast<float>(lo), result.hi);
  if (!(std::isfinite(lo) || lo < 0) || !(std::isfinite(hi) || hi > 0)) {
    node.fail("bounds {} and {}", lo, hi);
  }
  const bool keeps_zero = result.finish(0) == 0;
  node.alias(elementwise(node, node.view(0), std::move(result), keeps_zero));
}

void append_function(OnnxNode& node, Function f) {
  Node result;
  result.kind = NodeKind::kClamp;
  result.functions = {f};
  node.alias(elementwise(node, node.view(0), std::move(result), f(0.0f) == 0));
}

/// The bound that a constant input of Min or Max is; the other input becomes input 0.
void append_bound(OnnxNode& node, bool upper) {
  if (node.input_count() == 1) return node.alias(node.view(0));
  if (node.input_count() != 2 || !node.is_constant(1)) {
    node.fail("of {} inputs; the machine takes a map and a constant, in this order",
              node.input_count());
  }
  const double bound = node.scalar(1, "bound");
  if (broadcast(node.dims(0), node.dims(1)) != node.dims(0)) node.fail("bound of another shape");
  append_clamp(node, upper ? -kInfinity : bound, upper ? bound : kInfinity);
}

}  // namespace

void add_relu(OnnxNode& node) { append_clamp(node, 0, kInfinity); }

void add_clip(OnnxNode& node) {
  const auto bounds = std::get<HostStep>(clip(node).items()[0]).numbers;
  append_clamp(node, bounds[0], bounds[1]);
}

void add_min(OnnxNode& node) { append_bound(node, true); }
void add_max(OnnxNode& node) { append_bound(node, false); }

void add_leaky_relu(OnnxNode& node) {
  append_function(node, {Function::Kind::kLeakyRelu, node.number("alpha", 0.01f), 0});
}

void add_hard_sigmoid(OnnxNode& node) {
  append_function(
      node, {Function::Kind::kHardSigmoid, node.number("alpha", 0.2f), node.number("beta", 0.5f)});
}

void add_sigmoid(OnnxNode& node) { append_function(node, {Function::Kind::kSigmoid}); }
void add_hard_swish(OnnxNode& node) { append_function(node, {Function::Kind::kHardSwish}); }
void add_tanh(OnnxNode& node) { append_function(node, {Function::Kind::kTanh}); }

void add_swish(OnnxNode& node) {
  if (node.number("alpha", 1) != 1) node.fail("alpha = {}", node.number("alpha", 1));
  append_function(node, {Function::Kind::kSilu});
}

/// One slope is a function; one a channel: relu(x) - slope * relu(-x).
void add_prelu(OnnxNode& node) {
  const Array& slope = node.constant(1, "slope");
  const Value& v = node.view(0);
  if (broadcast(v.dims, slope.dims) != v.dims) {
    node.fail("slopes {} for an input of shape {}", text(slope.dims), text(v.dims));
  }
  if (slope.values.size() == 1) {
    return append_function(node,
                           {Function::Kind::kLeakyRelu, static_cast<float>(slope.values[0]), 0});
  }
  Node relu;
  relu.kind = NodeKind::kClamp;
  relu.lo = 0;
  const Value positive = elementwise(node, v, relu, true);
  const Value negative = elementwise(node, affine(node, v, -1, 0), relu, true);
  const Value below =
      affine(node, negative, map(slope, [](double s) { return -s; }), {{}, {0}, false});
  node.alias(pair(node, positive, below, NodeKind::kAdd));
}

}  // namespace reshift::onnx_import
