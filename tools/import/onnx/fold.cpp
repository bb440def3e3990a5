// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "import/onnx/operators.hpp"

namespace reshift::onnx_import {
namespace {

Constant vector_of(Dims values) {
  return {{static_cast<std::int64_t>(values.size())}, {}, std::move(values)};
}

}  // namespace

Constant fold_concat(const OnnxNode& node, const Constants& inputs) {
  Dims values;
  for (const Constant* part : inputs) {
    if (part->dims.size() != 1) node.fail("joins integers of {} dimensions", part->dims.size());
    values.insert(values.end(), part->integers.begin(), part->integers.end());
  }
  return vector_of(std::move(values));
}

Constant fold_gather(const OnnxNode& node, const Constants& inputs) {
  if (inputs.size() != 2 || inputs[0]->dims.size() != 1 || node.integer("axis", 0) != 0) {
    node.fail("of integers it takes only elements of a vector");
  }
  const Dims& from = inputs[0]->integers;
  const auto size = static_cast<std::int64_t>(from.size());
  Constant result = *inputs[1];
  for (auto& index : result.integers) {
    if (index < -size || index >= size) node.fail("index {} in {} elements", index, size);
    index = from[static_cast<std::size_t>(index < 0 ? index + size : index)];
  }
  return result;
}

/// A vector of one element becomes a scalar, whatever axis it names.
Constant fold_squeeze(const OnnxNode& node, const Constants& inputs) {
  if (inputs.empty() || inputs[0]->integers.size() != 1) node.fail("has more than one element");
  return {{}, {}, inputs[0]->integers};
}

/// A scalar becomes a vector of one element.
Constant fold_unsqueeze(const OnnxNode& node, const Constants& inputs) {
  if (inputs.empty() || !inputs[0]->dims.empty()) node.fail("of integers it takes only a scalar");
  return vector_of(inputs[0]->integers);
}

}  // namespace reshift::onnx_import
