// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "quant/held_out.hpp"

namespace reshift {

/// By how much the divergence from the float network grows when operation i of a network becomes
/// alternatives[i] and nothing else changes, over the first `count` held-out images (0: all); 0
/// where there is no alternative. What does not depend on the operation is computed once.
std::vector<double> sensitivities(const QNet& net,
                                  const std::vector<std::optional<QOp>>& alternatives,
                                  const HeldOut& held_out, std::size_t count);

}  // namespace reshift
