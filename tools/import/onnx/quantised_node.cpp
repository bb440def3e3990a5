// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "import/onnx/quantised_node.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace reshift::onnx_import {
namespace {

/// Bits and sign of a type of codes; 0 bits of others.
std::pair<int, bool> code_type(int type) {
  switch (type) {
    case onnx::TensorProto::INT8:
      return {8, true};
    case onnx::TensorProto::UINT8:
      return {8, false};
    case onnx::TensorProto::INT16:
      return {16, true};
    case onnx::TensorProto::UINT16:
      return {16, false};
    case onnx::TensorProto::INT32:
      return {32, true};
    default:
      return {0, false};
  }
}

/// Calls f(value, which scale) for every value.
template <typename F>
Array each(const Array& a, const CodesOf& codes, F f) {
  Array result = a;
  std::int64_t inner = 1, size = 1;
  if (codes.scales.size() > 1) {
    for (std::size_t i = static_cast<std::size_t>(codes.axis) + 1; i < a.dims.size(); ++i)
      inner *= a.dims[i];
    size = a.dims.at(static_cast<std::size_t>(codes.axis));
  }
  for (std::size_t i = 0; i < result.values.size(); ++i) {
    const auto which = static_cast<std::size_t>(static_cast<std::int64_t>(i) / inner % size);
    result.values[i] = f(result.values[i], codes.scales[which], codes.zero_points[which]);
  }
  return result;
}

}  // namespace

Array codes_from_values(const Array& values, const CodesOf& codes) {
  Array result = each(values, codes, [&](double v, float scale, std::int64_t zero) {
    const double code = std::nearbyint(static_cast<float>(v) / scale) + static_cast<double>(zero);
    return std::clamp(code, codes.lowest(), codes.highest());
  });
  result.is_integer = true;
  return result;
}

Array values_from_codes(const Array& values, const CodesOf& codes) {
  Array result = each(values, codes, [](double code, float scale, std::int64_t zero) {
    return double{static_cast<float>(code - static_cast<double>(zero)) * scale};
  });
  result.is_integer = false;
  return result;
}

QuantisedState::QuantisedState(onnx::GraphProto& graph, const TensorReader& reader)
    : graph_(graph), reader_(reader) {
  for (const auto& t : graph.initializer()) constants_.emplace(t.name(), t);
}

void QuantisedState::add_constant(const onnx::NodeProto& node) {
  for (const auto& a : node.attribute()) {
    if (a.name() == "value" && node.output_size() == 1) constants_.emplace(node.output(0), a.t());
  }
}

const Array* QuantisedState::constant(const std::string& name) {
  if (const auto found = code_values.find(name); found != code_values.end()) return &found->second;
  if (const auto found = values_.find(name); found != values_.end()) return &found->second;
  const auto found = constants_.find(name);
  if (found == constants_.end()) return nullptr;
  return &values_.emplace(name, reader_.read(found->second)).first->second;
}

int QuantisedState::type(const std::string& name) const {
  const auto found = constants_.find(name);
  return found == constants_.end() ? 0 : found->second.data_type();
}

void QuantisedState::define(const std::string& name, const Array& values) {
  changed_ = true;
  auto& t = *graph_.add_initializer();
  t.set_name(name);
  t.set_data_type(onnx::TensorProto::FLOAT);
  for (const auto d : values.dims) t.add_dims(d);
  for (const double v : values.values) t.add_float_data(static_cast<float>(v));
  values_[name] = values;
}

bool QuantisedState::is_input(const std::string& name) const {
  return std::any_of(graph_.input().begin(), graph_.input().end(),
                     [&](const auto& input) { return input.name() == name; });
}

onnx::NodeProto& QuantisedState::add_node() {
  changed_ = true;
  return *graph_.add_node();
}

const std::string& QuantisedNode::input(int i) const {
  if (!has_input(i)) fail("input {} is missing", i);
  return proto_.input(i);
}

const std::string& QuantisedNode::output() const {
  if (proto_.output_size() == 0) fail("has no output");
  return proto_.output(0);
}

const onnx::AttributeProto* QuantisedNode::attribute(const char* name) const {
  for (const auto& a : proto_.attribute()) {
    if (a.name() == name) return &a;
  }
  return nullptr;
}

std::int64_t QuantisedNode::integer(const char* name, std::int64_t absent) const {
  const auto* a = attribute(name);
  return a ? a->i() : absent;
}

float QuantisedNode::number(const char* name, float absent) const {
  const auto* a = attribute(name);
  return a ? a->f() : absent;
}

std::string QuantisedNode::string(const char* name, const char* absent) const {
  const auto* a = attribute(name);
  return a ? a->s() : absent;
}

const Array& QuantisedNode::need_constant(int i, const char* what) const {
  const Array* found = constant(i);
  if (!found) fail("its {} must be a constant", what);
  return *found;
}

CodesOf QuantisedNode::codes_of(int scale, int zero_point, int typed) const {
  CodesOf codes;
  for (const double s : need_constant(scale, "scale").values)
    codes.scales.push_back(static_cast<float>(s));
  for (const float s : codes.scales) {
    if (!(s > 0) || !std::isfinite(s)) fail("a scale of {} is not a positive number", s);
  }
  codes.zero_points.assign(codes.scales.size(), 0);
  int type = onnx::TensorProto::UINT8;
  if (has_input(typed) && state_.type(input(typed)) != 0) type = state_.type(input(typed));
  if (has_input(zero_point)) {
    const Array& zero = need_constant(zero_point, "zero point");
    if (zero.values.size() != codes.scales.size())
      fail("{} zero points for {} scales", zero.values.size(), codes.scales.size());
    codes.zero_points = zero.integers();
    type = state_.type(input(zero_point));
  }
  std::tie(codes.bits, codes.is_signed) = code_type(type);
  if (codes.bits == 0 || codes.scales.empty())
    fail("codes of type {} are not supported, only int8, uint8, int16, uint16 and int32",
         type_name(type));
  if (integer("block_size", 0) != 0) fail("scales for blocks of values are not supported");
  return codes;
}

void QuantisedNode::require_codes(int i, const CodesOf& codes) const {
  const auto found = state_.codes.find(input(i));
  if (found == state_.codes.end() && state_.is_input(input(i))) {
    fail(
        "{} is an image of codes, and images are read as real values: put a QuantizeLinear before "
        "it",
        input(i));
  }
  if (found == state_.codes.end())
    fail("{} is made by no quantising operator that is read", input(i));
  if (found->second != codes)
    fail("{} is read by another scale or zero point than it was written with", input(i));
}

std::string QuantisedNode::dequantised(int i, const CodesOf& codes, const std::string& name) const {
  const Array& values = need_constant(i, "weight or bias");
  CodesOf checked = codes;
  const auto rank = static_cast<std::int64_t>(values.dims.size());
  if (codes.scales.size() > 1) {
    checked.axis += codes.axis < 0 ? rank : 0;
    if (checked.axis < 0 || checked.axis >= rank ||
        values.dims[static_cast<std::size_t>(checked.axis)] !=
            static_cast<std::int64_t>(codes.scales.size()))
      fail("{} scales do not fit {} along axis {}", codes.scales.size(), text(values.dims),
           codes.axis);
  }
  state_.define(name, values_from_codes(values, checked));
  state_.quantised[name] = {checked.scales, checked.axis, checked.bits};
  return name;
}

onnx::NodeProto& QuantisedNode::add(const std::string& op_type,
                                    const std::vector<std::string>& inputs,
                                    const std::string& output) const {
  auto& node = state_.add_node();
  node.set_name(proto_.name());
  node.set_op_type(op_type);
  for (const auto& i : inputs) node.add_input(i);
  node.add_output(output);
  return node;
}

void QuantisedNode::quantise(const std::string& from, const CodesOf& codes, bool as_codes) const {
  if (codes.scales.size() != 1) fail("scales per channel of an activation are not supported");
  auto& node = add(kQuantizeDequantize, {from}, output());
  const auto set = [&](const char* name, std::int64_t value) {
    auto& a = *node.add_attribute();
    a.set_name(name);
    a.set_type(onnx::AttributeProto::INT);
    a.set_i(value);
  };
  set("zero_point", codes.zero_points[0]);
  set("bits", codes.bits);
  set("signed", codes.is_signed);
  set("narrow", codes.narrow);
  set("fused", proto_.op_type() == "QLinearAdd");
  auto& scale = *node.add_attribute();
  scale.set_name("scale");
  scale.set_type(onnx::AttributeProto::FLOAT);
  scale.set_f(codes.scales[0]);
  if (as_codes) state_.codes[output()] = codes;
}

}  // namespace reshift::onnx_import
