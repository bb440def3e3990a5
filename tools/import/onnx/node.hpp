// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "import/onnx/context.hpp"
#include "import/onnx/proto.hpp"

namespace reshift::onnx_import {

/// The node that is being read, with all that an operator needs: attributes, inputs, and what its
/// output becomes. Inputs are counted from 0; every error names the node and its operator.
class OnnxNode {
 public:
  OnnxNode(const onnx::NodeProto& proto, Context& context) : proto_(proto), context_(context) {}

  template <typename... Args>
  [[noreturn]] void fail(fmt::format_string<Args...> format, Args&&... args) const {
    throw Error("node '{}' ({}): {}", name(), op_type(),
                fmt::format(format, std::forward<Args>(args)...));
  }

  std::string name() const;
  const std::string& op_type() const { return proto_.op_type(); }
  const std::string& domain() const { return proto_.domain(); }
  std::int64_t opset() const { return context_.opset; }
  Context& context() { return context_; }
  const Tensor& tensor(int i) const { return context_.graph.tensor(i); }

  // --- Attributes: what the node says, or `absent` --------------------------------------------

  /// Null when the node has none of this name.
  const onnx::AttributeProto* attribute(const std::string& name) const;
  std::int64_t integer(const std::string& name, std::int64_t absent) const;
  float number(const std::string& name, float absent) const;
  std::string string(const std::string& name, const std::string& absent) const;
  Dims integers(const std::string& name, const Dims& absent) const;
  /// Two numbers from 1 to 65535, one per spatial axis.
  std::array<int, 2> pair(const std::string& name, const Dims& absent) const;
  /// Fails when the attribute has another value.
  void require_attribute(const std::string& name, std::int64_t expected) const;

  // --- Inputs ---------------------------------------------------------------------------------

  int input_count() const { return proto_.input_size(); }
  const std::string& input(int i) const { return proto_.input(i); }
  bool has_input(int i) const { return i < proto_.input_size() && !proto_.input(i).empty(); }

  /// Null when the input is absent or not known at import.
  const Constant* find_constant(int i) const;
  /// `what` says in messages what the input is.
  const Constant& constant(int i, const char* what) const;
  const std::vector<float>& floats(int i, const char* what, std::size_t size) const;
  /// The same for large ones: without a copy, unless another node reads them as well.
  std::vector<float> take_floats(int i, const char* what, std::size_t size);

  const Value& value(int i) const;
  /// An input to which no Pad node has added.
  const Value& unpadded(int i) const;
  /// The tensor of an input as a map of pixels: neither padded nor flattened (but for a single
  /// pixel).
  int map(int i) const;
  [[noreturn]] void fail_flat() const;

  // --- Output ---------------------------------------------------------------------------------

  int output_count() const { return proto_.output_size(); }
  const std::string& output(int i) const;

  /// The output is known at import.
  void define(Constant constant);
  /// The output is what there is already.
  void alias(Value v);
  /// Appends a tensor of this shape, which the output becomes; returns its number.
  int append_tensor(int channels, int height, int width, bool flat = false);
  /// Appends a node that makes such a tensor.
  void append(Node node, int channels, int height, int width, bool flat = false);

 private:
  const onnx::NodeProto& proto_;
  Context& context_;
};

}  // namespace reshift::onnx_import
