// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "isa/isa.hpp"
#include "net/qnet.hpp"

namespace reshift {

/// A network with copies, without gaps, of tensors whose slices begin within words.
struct JoinedNet {
  QNet net;
  std::vector<int> source_op;      ///< by operation: of the original, -1: a copy
  std::vector<int> source_tensor;  ///< by tensor: of the original, with the same values
};

/// Gives the readers of a tensor a copy without gaps where the tiles for gaps would take them
/// longer than the copy takes. A network's output has a copy only for its readers.
JoinedNet join_slices(const isa::Hardware& hw, const QNet& net);

}  // namespace reshift
