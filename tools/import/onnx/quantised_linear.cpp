// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

// The operators that ONNX Runtime's quantiser writes in its "QOperator" form: codes in, codes out.
#include <algorithm>
#include <map>

#include "import/onnx/quantised_node.hpp"

namespace reshift::onnx_import {
namespace {

/// The name of the float result before it becomes codes.
std::string unrounded(const QuantisedNode& node) { return node.output() + " (unrounded)"; }

void copy_attributes(const QuantisedNode& node, onnx::NodeProto& to,
                     std::initializer_list<const char*> left_out = {}) {
  for (const auto& a : node.proto().attribute()) {
    const bool out =
        std::any_of(left_out.begin(), left_out.end(), [&](const char* n) { return a.name() == n; });
    if (!out) *to.add_attribute() = a;
  }
}

/// Input i, codes of scale and zero point i + 1 and i + 2, as a name of values.
std::string values(const QuantisedNode& node, int i) {
  const CodesOf codes = node.codes_of(i + 1, i + 2, i + 2);
  if (node.constant(i))
    return node.dequantised(i, codes, node.output() + fmt::format(" (input {})", i));
  node.require_codes(i, codes);
  return node.input(i);
}

/// Weights, input i, and the bias in steps of both scales, input `bias`; `axis`: of the output
/// channels.
std::vector<std::string> weights_and_bias(const QuantisedNode& node, int i, int bias,
                                          std::int64_t axis, float factor = 1) {
  CodesOf codes = node.codes_of(i + 1, i + 2, i + 2);
  codes.axis = axis;
  std::vector<std::string> names{node.dequantised(i, codes, node.output() + " (weights)")};
  if (!node.has_input(bias)) return names;
  const float in_scale = node.codes_of(1, 2, 2).scales[0];
  CodesOf steps{codes.scales, std::vector<std::int64_t>(codes.scales.size(), 0), 0, 32, true,
                false};
  for (float& s : steps.scales) s *= in_scale * factor;
  names.push_back(node.dequantised(bias, steps, node.output() + " (bias)"));
  return names;
}

void finish(const QuantisedNode& node, int scale, int zero_point) {
  node.quantise(unrounded(node), node.codes_of(scale, zero_point, zero_point), true);
}

void rewrite_conv(const QuantisedNode& node) {
  std::vector<std::string> inputs{values(node, 0)};
  for (auto& name : weights_and_bias(node, 3, 8, 0)) inputs.push_back(std::move(name));
  copy_attributes(node, node.add("Conv", inputs, unrounded(node)));
  finish(node, 6, 7);
}

void rewrite_matmul(const QuantisedNode& node) {
  const auto rank = static_cast<std::int64_t>(node.need_constant(3, "second factor").dims.size());
  std::vector<std::string> inputs{values(node, 0)};
  for (auto& name : weights_and_bias(node, 3, -1, rank - 1)) inputs.push_back(std::move(name));
  node.add("MatMul", inputs, unrounded(node));
  finish(node, 6, 7);
}

void rewrite_gemm(const QuantisedNode& node) {
  const float alpha = node.number("alpha", 1);
  if (alpha != 1) node.fail("alpha {} is not supported, only 1", alpha);
  std::vector<std::string> inputs{values(node, 0)};
  const std::int64_t axis = node.integer("transB", 0) != 0 ? 0 : 1;
  for (auto& name : weights_and_bias(node, 3, 6, axis)) inputs.push_back(std::move(name));
  const bool to_codes = node.has_input(7);
  copy_attributes(node, node.add("Gemm", inputs, to_codes ? unrounded(node) : node.output()));
  if (to_codes) finish(node, 7, 8);
}

/// Two operands with their scales, then the result's.
void rewrite_pair(const QuantisedNode& node) {
  const std::string type = node.proto().op_type().substr(7);
  node.add(type, {values(node, 0), values(node, 3)}, unrounded(node));
  finish(node, 6, 7);
}

/// One operand with its scale, then the result's; attributes are those of the float operator.
void rewrite_single(const QuantisedNode& node) {
  if (node.integer("channels_last", 0) != 0) node.fail("channels_last is not supported");
  copy_attributes(node,
                  node.add(node.proto().op_type().substr(7), {values(node, 0)}, unrounded(node)),
                  {"channels_last"});
  finish(node, 3, 4);
}

/// The result's scale, then each operand with its own.
void rewrite_concat(const QuantisedNode& node) {
  std::vector<std::string> inputs;
  for (int i = 2; i + 2 < node.proto().input_size(); i += 3) inputs.push_back(values(node, i));
  copy_attributes(node, node.add("Concat", inputs, unrounded(node)));
  finish(node, 0, 1);
}

const std::map<std::string, QuantisedOperator> kOperators{
    {"QLinearConv", rewrite_conv},
    {"QLinearMatMul", rewrite_matmul},
    {"QGemm", rewrite_gemm},
    {"QLinearAdd", rewrite_pair},
    {"QLinearMul", rewrite_pair},
    {"QLinearGlobalAveragePool", rewrite_single},
    {"QLinearAveragePool", rewrite_single},
    {"QLinearLeakyRelu", rewrite_single},
    {"QLinearSigmoid", rewrite_single},
    {"QLinearReduceMean", rewrite_single},
    {"QLinearConcat", rewrite_concat},
};

}  // namespace

QuantisedOperator qlinear_operator(const std::string& op_type) {
  const auto found = kOperators.find(op_type);
  return found == kOperators.end() ? nullptr : found->second;
}

}  // namespace reshift::onnx_import
