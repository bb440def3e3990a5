// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "onnx/proto.hpp"

namespace reshift {

/// A tensor of integers known at import, with which exported networks compute shapes; a scalar has
/// no dimensions.
struct Integers {
  std::vector<std::int64_t> dims, values;
};

/// Whether fold_integers() knows the operator of `node`: Concat, Gather, Squeeze or Unsqueeze.
bool folds_integers(const onnx::NodeProto& node);

/// The output of `node` for its inputs, all of which are given; scalars and vectors only. Throws
/// Error when they do not fit.
Integers fold_integers(const onnx::NodeProto& node, const std::vector<Integers>& inputs);

}  // namespace reshift
