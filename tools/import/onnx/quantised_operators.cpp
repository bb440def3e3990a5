// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

// QONNX, and QuantizeLinear with DequantizeLinear.
#include <algorithm>
#include <cmath>

#include "import/onnx/quantised_node.hpp"

namespace reshift::onnx_import {
namespace {

bool is_qonnx(const std::string& domain) {
  return domain.starts_with("qonnx.") || domain.starts_with("onnx.brevitas") ||
         domain.starts_with("finn.custom_op");
}

/// Quant of QONNX: inputs value, scale, zero point, bits.
void rewrite_quant(const QuantisedNode& node) {
  const std::string mode = node.string("rounding_mode", "ROUND");
  if (mode != "ROUND" && mode != "HALF_EVEN")
    node.fail("rounding_mode {} is not supported, only ROUND, to the nearest and half to even",
              mode);
  CodesOf codes;
  const Array& scale = node.need_constant(1, "scale");
  for (const double s : scale.values) codes.scales.push_back(static_cast<float>(s));
  for (const float s : codes.scales) {
    if (!(s > 0) || !std::isfinite(s)) node.fail("a scale of {} is not a positive number", s);
  }
  const Array& zero = node.need_constant(2, "zero point");
  for (const double z : zero.values) {
    if (z != std::round(z)) node.fail("a zero point of {} is no integer", z);
    codes.zero_points.push_back(std::llround(z));
  }
  if (codes.zero_points.size() == 1)
    codes.zero_points.resize(codes.scales.size(), codes.zero_points[0]);
  if (codes.scales.empty() || codes.zero_points.size() != codes.scales.size())
    node.fail("{} zero points for {} scales", codes.zero_points.size(), codes.scales.size());
  const Array& bits = node.need_constant(3, "bit width");
  const double width = bits.values.size() == 1 ? bits.values[0] : 0;
  if (width != std::round(width) || width < 1 || width > 32)
    node.fail("a bit width of {} is not supported, only one whole number from 1 to 32", width);
  codes.bits = static_cast<int>(width);
  codes.is_signed = node.integer("signed", 1) != 0;
  codes.narrow = node.integer("narrow", 0) != 0;
  const Array* values = node.constant(0);
  if (!values) return node.quantise(node.input(0), codes, false);
  if (codes.scales.size() > 1) {  // a shape that broadcasts along one axis
    const auto along = std::find(scale.dims.begin(), scale.dims.end(),
                                 static_cast<std::int64_t>(codes.scales.size()));
    codes.axis = along - scale.dims.begin() + static_cast<std::int64_t>(values->dims.size()) -
                 static_cast<std::int64_t>(scale.dims.size());
    if (along == scale.dims.end() || codes.axis < 0 ||
        values->dims[static_cast<std::size_t>(codes.axis)] != *along)
      node.fail("scales of shape {} do not fit values of {}", text(scale.dims), text(values->dims));
  }
  node.state().define(node.output(), values_from_codes(codes_from_values(*values, codes), codes));
  node.state().quantised[node.output()] = {codes.scales, codes.axis, codes.bits};
}

void rewrite_quantize_linear(const QuantisedNode& node) {
  CodesOf codes = node.codes_of(1, 2, 2);
  if (!node.has_input(2)) {
    const auto type = node.integer("output_dtype", 0);
    if (type != 0 && type != onnx::TensorProto::UINT8) {
      if (type != onnx::TensorProto::INT8)
        node.fail("codes of type {} are not supported here", type_name(static_cast<int>(type)));
      codes.is_signed = true;
    }
  }
  const Array* values = node.constant(0);
  if (!values) return node.quantise(node.input(0), codes, true);
  codes.axis = node.integer("axis", 1);
  if (codes.axis < 0) codes.axis += static_cast<std::int64_t>(values->dims.size());
  if (codes.scales.size() == 1) codes.axis = 0;
  node.state().code_values[node.output()] = codes_from_values(*values, codes);
  node.state().codes[node.output()] = codes;
}

void rewrite_dequantize_linear(const QuantisedNode& node) {
  CodesOf codes = node.codes_of(1, 2, 0);
  if (node.constant(0)) {
    codes.axis = codes.scales.size() == 1 ? 0 : node.integer("axis", 1);
    node.dequantised(0, codes, node.output());
    return;
  }
  if (!node.has_input(2)) {  // the type is that of its input
    const auto found = node.state().codes.find(node.input(0));
    if (found != node.state().codes.end())
      codes.bits = found->second.bits, codes.is_signed = found->second.is_signed;
  }
  node.require_codes(0, codes);
  node.add("Identity", {node.input(0)}, node.output());
}

void refuse(const QuantisedNode& node) {
  node.fail("operator {} of quantised networks is not supported", node.proto().op_type());
}

}  // namespace

bool clip_codes(const QuantisedNode& node) {
  const Array* values = node.proto().op_type() == "Clip" ? node.constant(0) : nullptr;
  if (!values) return false;
  Array result = *values;
  const Array *low = node.constant(1), *high = node.constant(2);
  for (double& v : result.values) {
    if (low && !low->values.empty()) v = std::max(v, low->values[0]);
    if (high && !high->values.empty()) v = std::min(v, high->values[0]);
  }
  node.state().codes[node.output()] = node.state().codes[node.input(0)];
  node.state().code_values[node.output()] = std::move(result);
  return true;
}

QuantisedOperator quantised_operator(const onnx::NodeProto& node) {
  const std::string& type = node.op_type();
  if (is_qonnx(node.domain())) {
    return type == "Quant" || type == "IntQuant" ? rewrite_quant : refuse;
  }
  if (type == "QuantizeLinear") return rewrite_quantize_linear;
  if (type == "DequantizeLinear") return rewrite_dequantize_linear;
  if (const auto function = qlinear_operator(type)) return function;
  const bool quantised = type.starts_with("QLinear") || type.ends_with("Integer") ||
                         type.starts_with("Dynamic") || type == "QAttention" ||
                         type == "QEmbedLayerNormalization";
  return quantised ? refuse : nullptr;
}

}  // namespace reshift::onnx_import
