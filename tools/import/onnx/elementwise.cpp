// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <limits>

#include "import/onnx/operators.hpp"

namespace reshift::onnx_import {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

void add_clamp(OnnxNode& node, float lo, float hi) {
  if (!(lo <= hi)) node.fail("bounds {} and {} are not in order", lo, hi);
  const Value v = node.unpadded(0);
  Node result;
  result.kind = NodeKind::kClamp;
  result.input = v.tensor;
  result.lo = lo;
  result.hi = hi;
  const Tensor in = node.tensor(v.tensor);
  node.append(std::move(result), in.channels, in.height, in.width, v.flat);
}

void add_sum_of_maps(OnnxNode& node) {
  Node result;
  result.kind = NodeKind::kAdd;
  result.input = node.map(0);
  result.residual = node.map(1);
  const Tensor a = node.tensor(result.input), b = node.tensor(result.residual);
  if (a.channels != b.channels || a.height != b.height || a.width != b.width) {
    node.fail("{}x{}x{} and {}x{}x{} do not fit", a.channels, a.height, a.width, b.channels,
              b.height, b.width);
  }
  node.append(std::move(result), a.channels, a.height, a.width,
              node.value(0).flat && node.value(1).flat);
}

/// `variable` is the input that is a map.
void add_offset(OnnxNode& node, int variable) {
  Node result;
  const Constant& offset = node.constant(1 - variable, "addend");
  result.kind = NodeKind::kScale;
  result.input = node.map(variable);
  const Tensor in = node.tensor(result.input);
  const bool flat = node.value(variable).flat;
  const auto channels = static_cast<std::size_t>(in.channels);
  // One value, or one a channel: [C, 1, 1] for maps, [C] for vectors (leading ones allowed).
  Dims dims = offset.dims;
  while (!dims.empty() && dims.front() == 1) dims.erase(dims.begin());
  const bool per_channel = flat ? dims == Dims{in.channels} : dims == Dims{in.channels, 1, 1};
  if (offset.values.empty() || !(per_channel || offset.values.size() == 1)) {
    node.fail("a constant of shape {} is not one value a channel", text(offset.dims));
  }
  result.weights.assign(channels, 1.0f);
  result.bias = offset.values;
  result.bias.resize(channels, offset.values[0]);
  node.append(std::move(result), in.channels, in.height, in.width, flat);
}

}  // namespace

void add_relu(OnnxNode& node) { add_clamp(node, 0, kInfinity); }

void add_clip(OnnxNode& node) {
  // Attributes up to operator set 10, inputs since.
  if (node.opset() < 11)
    return add_clamp(node, node.number("min", -kInfinity), node.number("max", kInfinity));
  add_clamp(node, node.has_input(1) ? node.floats(1, "bound", 1)[0] : -kInfinity,
            node.has_input(2) ? node.floats(2, "bound", 1)[0] : kInfinity);
}

void add_add(OnnxNode& node) {
  if (node.find_constant(0)) return add_offset(node, 1);
  if (node.find_constant(1)) return add_offset(node, 0);
  add_sum_of_maps(node);
}

/// An addition, in files that Caffe2 wrote.
void add_sum(OnnxNode& node) {
  if (node.input_count() != 2) node.fail("{} inputs, only two are supported", node.input_count());
  add_add(node);
}

void add_softmax(OnnxNode& node) {
  node.alias(node.value(0));
  node.context().softmax = node.output(0);
}

}  // namespace reshift::onnx_import
