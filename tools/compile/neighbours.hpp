// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "isa/isa.hpp"
#include "net/qnet.hpp"

namespace reshift {

/// How a depthwise convolution runs with neighbours (docs/architecture.md, "Neighbours").
struct Neighbours {
  /// Taps of a kernel row that one micro-op takes, by their kx: tap n is of the pixel n columns to
  /// the left of that of tap 0; -1: none.
  using Taps = std::vector<int>;
  std::vector<Taps> row;  ///< all taps of a kernel row
  int lead = 0;           ///< columns of the raster before the first one that is written
  int gap = 0;            ///< columns of padding that rows of the source end with, at least
};

/// Nothing where the core has no neighbours, the operation is not depthwise, or they save nothing.
std::optional<Neighbours> neighbours_of(const isa::Hardware& hw, const QNet& net, const QOp& op);

}  // namespace reshift
