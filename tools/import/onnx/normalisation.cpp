// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "import/onnx/operators.hpp"

namespace reshift::onnx_import {

void add_batch_norm(OnnxNode& node) {
  node.require_attribute("training_mode", 0);
  node.require_attribute("spatial", 1);  // up to operator set 8
  Node result;
  result.kind = NodeKind::kScale;
  result.input = node.map(0);
  const Tensor in = node.tensor(result.input);
  const auto size = static_cast<std::size_t>(in.channels);
  const auto& gamma = node.floats(1, "scale", size);
  const auto& beta = node.floats(2, "bias value", size);
  const auto& mean = node.floats(3, "mean", size);
  const auto& variance = node.floats(4, "variance", size);
  const float epsilon = node.number("epsilon", 1e-5f);
  for (std::size_t c = 0; c < size; ++c) {
    const double spread = std::sqrt(double{variance[c]} + epsilon);
    if (!(spread > 0)) node.fail("variance {} of channel {} is impossible", variance[c], c);
    result.weights.push_back(static_cast<float>(gamma[c] / spread));
    result.bias.push_back(static_cast<float>(beta[c] - mean[c] * (gamma[c] / spread)));
  }
  node.append(std::move(result), in.channels, in.height, in.width, node.value(0).flat);
}

}  // namespace reshift::onnx_import
