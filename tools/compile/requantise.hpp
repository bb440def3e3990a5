// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "isa/isa.hpp"
#include "net/qnet.hpp"

namespace reshift {

/// A network of which element-wise operations have become parts of others.
struct RequantisedNet {
  QNet net;
  std::vector<int> source_op;           ///< by operation: of the original
  std::vector<int> source_tensor;       ///< by tensor: of the original, with the same values
  std::vector<std::string> notes;       ///< by operation: what it does besides, empty when nothing
  std::vector<std::size_t> taken_over;  ///< operations of the original that others do
};

/// On a core with Requantise, what networks that come quantised ask for costs no operation of its
/// own:
/// - A tensor that is only bounded from above is what it is made of, bounded by its readers
///   (QOp::in_cut). Where that is so only in finer steps, and a table makes the tensor, it gets
///   them.
/// - A convolution whose rounded result is scaled by a power of two, perhaps with a residual, and
/// rounded
///   again does both (PostParams::early).
/// Equal to the original in every code of the tensors that are left, but for those with finer
/// steps. On other cores nothing changes.
RequantisedNet requantise(const isa::Hardware& hw, const QNet& net);

}  // namespace reshift
