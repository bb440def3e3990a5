// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "import/onnx/quantised.hpp"
#include "net/array.hpp"

namespace reshift::onnx_import {

/// How codes stand for values: scales and zero points, one or one for each index of an axis.
struct CodesOf {
  std::vector<float> scales;
  std::vector<std::int64_t> zero_points;
  std::int64_t axis = 0;
  int bits = 8;
  bool is_signed = true, narrow = false;
  bool operator==(const CodesOf&) const = default;
  double lowest() const {
    return (is_signed ? -std::ldexp(1.0, bits - 1) : 0) + (narrow && is_signed ? 1 : 0);
  }
  double highest() const {
    return std::ldexp(1.0, is_signed ? bits - 1 : bits) - 1 - (narrow && !is_signed ? 1 : 0);
  }
};

/// What is known of a network while it is rewritten.
class QuantisedState {
 public:
  QuantisedState(onnx::GraphProto& graph, const TensorReader& reader);

  QuantisedConstants quantised;              ///< float constants of quantised values
  std::map<std::string, CodesOf> codes;      ///< names that stand for codes
  std::map<std::string, Array> code_values;  ///< of constants, codes that were computed

  void add_constant(const onnx::NodeProto& node);
  /// Null when it is not known at import.
  const Array* constant(const std::string& name);
  /// The type of an initializer's or Constant's values; 0 of others.
  int type(const std::string& name) const;
  /// Adds a float constant.
  void define(const std::string& name, const Array& values);
  onnx::NodeProto& add_node();
  bool changed() const { return changed_; }
  bool is_input(const std::string& name) const;

 private:
  onnx::GraphProto& graph_;
  const TensorReader& reader_;
  std::map<std::string, onnx::TensorProto> constants_;
  std::map<std::string, Array> values_;
  bool changed_ = false;
};

/// A node that is rewritten.
class QuantisedNode {
 public:
  QuantisedNode(const onnx::NodeProto& proto, QuantisedState& state)
      : proto_(proto), state_(state) {}

  template <typename... Args>
  [[noreturn]] void fail(fmt::format_string<Args...> format, Args&&... args) const {
    throw Error(
        "node '{}' ({}): {}",
        proto_.name().empty() && proto_.output_size() > 0 ? proto_.output(0) : proto_.name(),
        proto_.op_type(), fmt::format(format, std::forward<Args>(args)...));
  }
  const onnx::NodeProto& proto() const { return proto_; }
  QuantisedState& state() const { return state_; }
  bool has_input(int i) const {
    return i >= 0 && i < proto_.input_size() && !proto_.input(i).empty();
  }
  const std::string& input(int i) const;
  const std::string& output() const;
  std::int64_t integer(const char* name, std::int64_t absent) const;
  float number(const char* name, float absent) const;
  std::string string(const char* name, const char* absent) const;
  const onnx::AttributeProto* attribute(const char* name) const;

  /// Null when it is not known at import.
  const Array* constant(int i) const { return has_input(i) ? state_.constant(input(i)) : nullptr; }
  const Array& need_constant(int i, const char* what) const;
  /// Scale and zero point, inputs i and i + 1, of codes whose type is that of input `typed` (or of
  /// the zero point, where there is one).
  CodesOf codes_of(int scale, int zero_point, int typed) const;
  /// Fails when input i stands for other codes than these.
  void require_codes(int i, const CodesOf& codes) const;
  /// The float constant that constant codes stand for, under a name of its own.
  std::string dequantised(int i, const CodesOf& codes, const std::string& name) const;

  /// A node of a float network under this one's name.
  onnx::NodeProto& add(const std::string& op_type, const std::vector<std::string>& inputs,
                       const std::string& output) const;
  /// The output is `from` rounded to these codes, and stands for them when `as_codes`.
  void quantise(const std::string& from, const CodesOf& codes, bool as_codes) const;

 private:
  const onnx::NodeProto& proto_;
  QuantisedState& state_;
};

using QuantisedOperator = void (*)(const QuantisedNode&);
/// The function that rewrites a node; null when it is one of a float network. Throws Error when it
/// is known to be refused.
QuantisedOperator quantised_operator(const onnx::NodeProto& node);

/// Clip of codes; false when the node is none of a constant.
bool clip_codes(const QuantisedNode& node);

/// Values of quantised constants: codes by `codes`, and back.
Array codes_from_values(const Array& values, const CodesOf& codes);
Array values_from_codes(const Array& values, const CodesOf& codes);

// quantised_linear.cpp: QLinear operators, by their name without the prefix
QuantisedOperator qlinear_operator(const std::string& op_type);

}  // namespace reshift::onnx_import
