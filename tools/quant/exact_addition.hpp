// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "net/qnet.hpp"
#include "quant/exact_sum.hpp"

namespace reshift {

struct FittedAddition {
  QOp op;
  double wrong = 0;  ///< pairs of codes of which it makes another code, as FittedFactor's; 0: none
};

/// The operation that adds two tensors and makes of as many pairs of codes as any the code that the
/// format's own kernels make. `out` says which: half to even, in single precision step by step or,
/// for QLinearAdd, by fused multiply-adds; half up, by TensorFlow Lite's multipliers of 21 bits.
/// `sum` is a copy with a residual; `op` has its name, window, zero point and bounds. Both operands
/// are tried as the residual, and one that is read twice, as a shortcut as well, which leaves a
/// residual whose factor has few bits. None when the kernel is not known, or no factor of a
/// residual is near enough.
std::optional<FittedAddition> exact_addition(const ExactSum& sum, const OutputCodes& out,
                                             const QOp& op, const QNet& net);

}  // namespace reshift
