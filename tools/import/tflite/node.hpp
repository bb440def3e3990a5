// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <map>
#include <string>
#include <utility>

#include "base/error.hpp"
#include "import/tflite/model.hpp"

namespace reshift::tflite_import {

/// What a tensor of the file stands for: a tensor of the graph, whose values in the file's order
/// are those of its pixels with the channels last, or channel after channel.
struct Value {
  int tensor = -1;
  Shape shape;
  bool channels_last = true;
  std::array<int, 4> pads{0, 0, 0, 0};  ///< top, left, bottom, right: zeros that the next node adds
  bool padded() const { return pads != std::array<int, 4>{0, 0, 0, 0}; }
};

struct Context {
  explicit Context(Bytes bytes) : model(std::move(bytes)) {}
  Model model;
  std::map<int, Value> values;  ///< by number of the file's tensor
  std::string softmax;          ///< name of the last node, when it is one
  Graph graph;
};

/// The operator that is being read. Errors name it by its output.
class TfliteNode {
 public:
  TfliteNode(const tflite::Operator& op, Context& context) : op_(op), context_(context) {}

  template <typename... Args>
  [[noreturn]] void fail(fmt::format_string<Args...> format, Args&&... args) const {
    throw Error("{}{}", prefix(), fmt::format(format, std::forward<Args>(args)...));
  }
  /// How its messages begin.
  std::string prefix() const {
    return fmt::format("node '{}' ({}): ", name(), model().operation_name(op_));
  }
  std::string name() const;
  const Model& model() const { return context_.model; }
  Context& context() const { return context_; }
  Graph& graph() const { return context_.graph; }
  const Tensor& tensor(int i) const { return context_.graph.tensor(i); }
  const tflite::Operator& op() const { return op_; }
  /// Fails when the options are of another type or absent.
  template <typename T>
  const T& options() const {
    const T* found = op_.builtin_options_as<T>();
    if (!found) fail("its options are missing");
    return *found;
  }

  int input_count() const { return op_.inputs() ? static_cast<int>(op_.inputs()->size()) : 0; }
  bool has_input(int i) const;
  int input(int i) const;
  int output() const;
  bool is_constant(int i) const { return context_.model.is_constant(input(i)); }
  Constant constant(int i) const { return context_.model.constant(input(i)); }
  const Value& value(int i) const;
  /// A value that no PAD has added to.
  const Value& unpadded(int i) const;
  /// The number of a value's tensor as a map of pixels [1, height, width, channels]; also of a
  /// single pixel in another shape.
  int map(const Value& value) const;

  /// The output is what there is already, perhaps in another shape.
  void alias(Value value) const;
  /// Appends a node that makes the output, with these channels and pixels, its fused activation and
  /// the output's quantisation.
  void append(Node node, int channels, int height, int width,
              tflite::Activation activation = tflite::Activation::NONE) const;
  /// Appends the rounding of a tensor to the output's quantisation, if it has one; the output
  /// becomes the result.
  void quantise(int tensor) const;

 private:
  const tflite::Operator& op_;
  Context& context_;
};

/// A constant's values as floats.
std::vector<float> floats(const Constant& constant);

/// The function that reads an operator; null: it is not read.
using Operation = void (*)(const TfliteNode&);
Operation find_operation(tflite::BuiltinOperator op);
std::string known_operations();

// window.cpp
void add_conv(const TfliteNode& node);
void add_depthwise_conv(const TfliteNode& node);
void add_fully_connected(const TfliteNode& node);
void add_average_pool(const TfliteNode& node);
void add_max_pool(const TfliteNode& node);

// elementwise.cpp
void add_add(const TfliteNode& node);
void add_mul(const TfliteNode& node);
void add_mean(const TfliteNode& node);
void add_relu(const TfliteNode& node);
void add_relu6(const TfliteNode& node);
void add_leaky_relu(const TfliteNode& node);
void add_logistic(const TfliteNode& node);
void add_tanh(const TfliteNode& node);
void add_hard_swish(const TfliteNode& node);
void add_softmax(const TfliteNode& node);
void add_quantize(const TfliteNode& node);
void add_dequantize(const TfliteNode& node);

// shape.cpp
void add_reshape(const TfliteNode& node);
void add_transpose(const TfliteNode& node);
void add_pad(const TfliteNode& node);
void add_concatenation(const TfliteNode& node);

}  // namespace reshift::tflite_import
