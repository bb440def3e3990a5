// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>

#include "isa/isa.hpp"

namespace reshift {

/// In an operation with neighbours, from which column to the left lane `lane` of the rows of
/// channel `channel` (both of a C-block) takes that channel; 0: from its own column the lane's
/// channel, as in all operations. docs/architecture.md, "Neighbours".
constexpr int neighbour(const isa::Hardware& hw, int channel, int lane) {
  const int chain = std::min(hw.c, 8);
  if (lane == channel || lane / chain != channel / chain) return 0;
  const int number = lane < channel ? channel - lane : lane % chain;
  return number <= hw.neighbours ? number : 0;
}

}  // namespace reshift
