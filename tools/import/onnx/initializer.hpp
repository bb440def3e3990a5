// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "import/onnx/proto.hpp"
#include "net/array.hpp"

namespace reshift::onnx_import {

/// Reads tensors of a file, also those whose values are in a file beside it.
class TensorReader {
 public:
  /// `folder`: where the model is; empty: it has no place, and values elsewhere are refused.
  explicit TensorReader(std::string folder) : folder_(std::move(folder)) {}

  /// All throw Error naming the tensor: impossible shape, unsupported type of values, values that
  /// are missing, cannot be read, or are not numbers.
  Array read(const onnx::TensorProto& t) const;
  /// The same for weights, of which all must be finite.
  std::vector<float> floats(const onnx::TensorProto& t) const;

 private:
  std::string bytes(const onnx::TensorProto& t) const;
  std::string folder_;
};

Dims dims_of(const onnx::TensorProto& t);
std::string type_name(int data_type);

}  // namespace reshift::onnx_import
