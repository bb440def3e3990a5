// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "import/onnx/operators.hpp"
#include "import/onnx/view.hpp"
#include "import/onnx/window.hpp"

namespace reshift::onnx_import {

void add_conv(OnnxNode& node) {
  if (!node.is_constant(1)) node.constant(1, "weight");
  PaddedMap map = padded_map(node, 0);
  if (map.fill == kLowest) node.fail("padding with minus infinity before it");
  const Dims dims = node.constant_dims(1);
  const std::size_t rank = node.dims(0).size();
  if (dims.size() != rank) {
    node.fail("weights {} for an input of shape {}", text(dims), text(node.dims(0)));
  }
  Node result;
  result.kind = NodeKind::kConv;
  const auto groups = node.integer("group", 1);
  const int channels = map.layout.channels;
  if (groups < 1 || groups > channels || channels != dims[1] * groups || dims[0] < 1 ||
      dims[0] % groups != 0 || dims[0] > 65535) {
    node.fail("weights {} in {} groups do not fit {} input channels", text(dims), groups, channels);
  }
  result.groups = static_cast<int>(groups);
  const Dims own(dims.begin() + 2, dims.end());
  const auto kernel = kernel_of(node, own);
  if (node.integers("kernel_shape", own) != own) {
    node.fail("kernel_shape {} does not fit weights {}", text(node.integers("kernel_shape", own)),
              text(dims));
  }
  const Axes axes = axes_of(node, map.layout, kernel);
  result.weights = node.take_floats(1, "weight");
  const auto out = static_cast<std::size_t>(dims[0]);
  result.bias = node.has_input(2) ? node.floats(2, "bias", out) : std::vector<float>(out, 0.0f);
  result.integer_weights = integer_weights(node.context().quantised, node.input(1), 0, result);
  append_window(node, std::move(result), map, axes, static_cast<int>(out));
}

}  // namespace reshift::onnx_import
