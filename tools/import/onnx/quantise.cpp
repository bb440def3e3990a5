// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "import/onnx/arithmetic.hpp"
#include "import/onnx/operators.hpp"

namespace reshift::onnx_import {

/// Of a rewritten network, see quantised.hpp.
void add_quantize_dequantize(OnnxNode& node) {
  Quantization q;
  q.scales = {node.number("scale", 1)};
  q.zero_points = {static_cast<std::int32_t>(node.integer("zero_point", 0))};
  q.bits = static_cast<int>(node.integer("bits", 8));
  q.is_signed = node.integer("signed", 1) != 0;
  Node result;
  result.kind = NodeKind::kQuantize;
  result.output_rounding = node.integer("fused", 0) != 0 ? OutputRounding::kHalfToEvenFused
                                                         : OutputRounding::kHalfToEven;
  const auto value = [&](double code) {
    return static_cast<float>((code - q.zero_points[0]) * q.scales[0]);
  };
  if (node.integer("narrow", 0) != 0) {
    if (q.is_signed) result.lo = value(q.lowest() + 1);
    if (!q.is_signed) result.hi = value(q.highest() - 1);
  }
  const Value v = elementwise(node, node.view(0), std::move(result), true);
  node.graph().tensors[static_cast<std::size_t>(v.tensor)].quantization = std::move(q);
  node.alias(v);
}

}  // namespace reshift::onnx_import
