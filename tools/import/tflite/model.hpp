// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "data/archive.hpp"
#include "net/graph.hpp"
#include "tflite_schema_generated.h"

namespace reshift::tflite_import {

using Shape = std::vector<int>;
std::string text(const Shape& shape);

/// The values of a constant. Integers have their quantisation, if there is one.
struct Constant {
  Shape shape;
  std::vector<float> floats;           ///< of float constants
  std::vector<std::int32_t> integers;  ///< of others
  std::optional<Quantization> quantization;
  int axis = 0;  ///< of the scales, where there are several
};

/// A verified file: what it refers to exists. Tensors are those of the network, by number.
class Model {
 public:
  /// Throws Error when the bytes are not a valid file.
  explicit Model(Bytes bytes);

  const tflite::SubGraph& graph() const { return *graph_; }
  const std::string& description() const { return name_; }
  std::string name(int tensor) const;
  Shape shape(int tensor) const;
  tflite::TensorType type(int tensor) const { return at(tensor).type(); }
  /// Throws Error naming the tensor: impossible scales.
  std::optional<Quantization> quantization(int tensor) const;
  bool is_constant(int tensor) const;
  /// Throws Error naming the tensor: values that are missing or of a type that is not read.
  Constant constant(int tensor) const;
  /// Throws Error when the operator refers to a code that does not exist.
  tflite::BuiltinOperator operation(const tflite::Operator& op) const;
  /// The name of an operator, also of one that is not known.
  std::string operation_name(const tflite::Operator& op) const;

 private:
  const tflite::Tensor& at(int tensor) const;
  const tflite::OperatorCode& code(const tflite::Operator& op) const;

  Bytes bytes_;
  const tflite::Model* model_ = nullptr;
  const tflite::SubGraph* graph_ = nullptr;
  std::string name_;
};

}  // namespace reshift::tflite_import
