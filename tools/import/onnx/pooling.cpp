// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "import/onnx/operators.hpp"
#include "import/onnx/window.hpp"

namespace reshift::onnx_import {
namespace {

void append_global_average(OnnxNode& node, bool flat) {
  Node result;
  result.kind = NodeKind::kAvgPool;
  result.input = node.map(0);
  const Tensor in = node.tensor(result.input);
  result.kernel_h = in.height;
  result.kernel_w = in.width;
  node.append(std::move(result), in.channels, 1, 1, flat);
}

}  // namespace

void add_max_pool(OnnxNode& node) {
  node.require_attribute("storage_order", 0);
  if (node.output_count() > 1 && !node.output(1).empty())
    node.fail("its indices are not supported");
  Node result;
  result.kind = NodeKind::kMaxPool;
  const Value& source = node.value(0);
  append_window(node, std::move(result), source, node.pair("kernel_shape", {}),
                node.tensor(source.tensor).channels);
}

void add_average_pool(OnnxNode& node) {
  Node result;
  result.kind = NodeKind::kAvgPool;
  const Value& source = node.value(0);
  if (node.pair("kernel_shape", {}) == std::array{1, 1} &&
      node.pair("strides", {1, 1}) == std::array{1, 1} &&
      node.integers("pads", {0, 0, 0, 0}) == Dims{0, 0, 0, 0}) {
    return node.alias(source);  // an adaptive pooling to the size that the map has already
  }
  append_window(node, std::move(result), source, node.pair("kernel_shape", {}),
                node.tensor(source.tensor).channels);
}

void add_global_average_pool(OnnxNode& node) { append_global_average(node, false); }

void add_reduce_mean(OnnxNode& node) {
  Dims axes = node.integers("axes", {});
  for (auto& axis : axes) axis += axis < 0 ? 4 : 0;
  std::sort(axes.begin(), axes.end());
  if (axes != Dims{2, 3}) {
    node.fail("over axes {} is not supported, only over 2 and 3, the whole map",
              text(node.integers("axes", {})));
  }
  if (node.value(0).flat) node.fail_flat();
  append_global_average(node, node.integer("keepdims", 1) == 0);
}

}  // namespace reshift::onnx_import
