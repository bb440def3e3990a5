// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <utility>

#include "compile/allocate.hpp"

namespace reshift {

/// Cycles of a frame among others, about, the load of a whole image for the next one included; and
/// the bytes that go over the bus.
using AllocationCost = std::pair<std::int64_t, std::int64_t>;

/// Goes through the schedule strip by strip, frame after frame: a first image with a region of its
/// own is there, and LOAD brings the next frame's after all else.
AllocationCost allocation_cost(const isa::Hardware& hw, const QNet& net,
                               const Allocation& allocation);

}  // namespace reshift
