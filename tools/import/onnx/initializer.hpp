// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "import/onnx/proto.hpp"

namespace reshift::onnx_import {

using Dims = std::vector<std::int64_t>;

std::int64_t product(const Dims& dims);
std::string text(const Dims& dims);

/// A tensor known at import: an initializer, the output of a Constant node, or integers computed
/// from such (see fold.cpp). A scalar has no dimensions.
struct Constant {
  Dims dims;
  std::vector<float> values;  ///< of a float tensor
  Dims integers;              ///< of an integer tensor
};

/// Throws Error naming the tensor: impossible shape, unsupported type of values, values that are
/// missing, elsewhere or not finite.
Constant read_tensor(const onnx::TensorProto& t);

}  // namespace reshift::onnx_import
