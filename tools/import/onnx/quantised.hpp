// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "import/onnx/initializer.hpp"
#include "import/onnx/proto.hpp"
#include "net/graph.hpp"

namespace reshift::onnx_import {

/// Of a constant that was quantised: value = scale * an integer.
struct QuantisedConstant {
  std::vector<float> scales;  ///< one, or one for each index of an axis
  std::int64_t axis = 0;
  int bits = 8;
};

/// By the constant's name.
using QuantisedConstants = std::map<std::string, QuantisedConstant>;

/// The operator that stands for all of quantisation in a rewritten network: attributes scale,
/// zero_point, bits, signed, narrow; its output is its input rounded, half to even, to scale *
/// (code - zero_point).
inline constexpr char kQuantizeDequantize[] = "QuantizeDequantize";

/// Rewrites the operators of quantised networks (QONNX; QuantizeLinear and DequantizeLinear;
/// QLinear operators) as those of float networks with nodes kQuantizeDequantize between them: the
/// same values, the names of tensors stay. Constants become the float values that they stand for. A
/// float network stays as it is. Throws Error naming every node that is refused.
QuantisedConstants rewrite_quantised(onnx::GraphProto& graph, const TensorReader& reader);

/// The integers of a node's weights, whose float values are set, one row an output channel; none
/// when the constant was not quantised. Its bias, which has a scale of its own, is the float one:
/// the integers are 0. Throws Error when its scales do not belong to the output channels, `axis` of
/// the constant.
std::optional<IntegerWeights> integer_weights(const QuantisedConstants& constants,
                                              const std::string& name, std::int64_t axis,
                                              const Node& node);

}  // namespace reshift::onnx_import
