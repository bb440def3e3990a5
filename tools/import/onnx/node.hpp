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

/// Sizes of a tensor of the graph.
struct Layout {
  int channels = 1, height = 1, width = 1;
  bool operator==(const Layout&) const = default;
  std::int64_t size() const { return std::int64_t{channels} * height * width; }
};

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
  Context& context() const { return context_; }
  Graph& graph() const { return context_.graph; }
  const onnx::NodeProto& proto() const { return proto_; }
  const Tensor& tensor(int i) const { return context_.graph.tensor(i); }

  // --- Attributes: what the node says, or `absent`; of another type they are an error -----------

  /// Null when the node has none of this name.
  const onnx::AttributeProto* attribute(const std::string& name) const;
  std::int64_t integer(const std::string& name, std::int64_t absent) const;
  float number(const std::string& name, float absent) const;
  std::string string(const std::string& name, const std::string& absent) const;
  Dims integers(const std::string& name, const Dims& absent) const;
  std::vector<float> numbers(const std::string& name) const;
  /// Fails when the attribute has another value.
  void require_attribute(const std::string& name, std::int64_t expected) const;
  /// Integers that are an attribute up to operator set `last`, input `i` since; or `absent`.
  Dims integers_or_input(const std::string& name, int last, int i, const Dims& absent) const;

  // --- Inputs ---------------------------------------------------------------------------------

  int input_count() const { return proto_.input_size(); }
  const std::string& input(int i) const { return proto_.input(i); }
  bool has_input(int i) const { return i < proto_.input_size() && !proto_.input(i).empty(); }
  /// Shape of an input, be it a constant or not.
  Dims dims(int i) const;
  /// An axis of an input counted from 0; fails when it has no such axis.
  std::int64_t axis(std::int64_t axis, std::size_t rank) const;

  bool is_constant(int i) const;
  /// The shape of a constant, which is not read for it.
  Dims constant_dims(int i) const;
  /// Null when the input is absent or not known at import.
  const Array* find_constant(int i) const;
  /// `what` says in messages what the input is.
  const Array& constant(int i, const char* what) const;
  double scalar(int i, const char* what) const;
  std::vector<float> floats(int i, const char* what, std::size_t size) const;
  /// The same for large ones: in memory once, unless another node reads them as well.
  std::vector<float> take_floats(int i, const char* what);

  /// An input that is no constant.
  const Value& value(int i) const;
  /// The same, on the machine.
  const Value& view(int i) const;
  /// The tensor that holds an input as 1 x channels x ..., made where there is none; see layout_of.
  int map(int i) const;

  // --- Output ---------------------------------------------------------------------------------

  int output_count() const { return proto_.output_size(); }
  bool has_output(int i) const { return i < proto_.output_size() && !proto_.output(i).empty(); }
  const std::string& output(int i) const;
  bool is_read(int i) const;

  /// Output `i` is known at import.
  void define(Array constant, int i = 0) const;
  /// Output `i` is what there is already.
  void alias(Value v, int i = 0) const;
  /// Appends a tensor of this layout; returns its number.
  int append_tensor(const Layout& layout) const;
  /// Appends a node that makes such a tensor; returns the tensor's number.
  int append(Node node, const Layout& layout) const;
  /// Output 0 is such a tensor, seen as `dims`, through `index`.
  void result(Dims dims, int tensor, std::vector<std::int32_t> index = {}) const;

 private:
  const onnx::AttributeProto* attribute(const std::string& name,
                                        onnx::AttributeProto::AttributeType type) const;
  const onnx::NodeProto& proto_;
  Context& context_;
};

}  // namespace reshift::onnx_import
