// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <utility>

#include "compile/allocate.hpp"

namespace reshift {

/// Cycles that a frame takes with a placement, about: of each step the longest of computing,
/// loading and storing; and the bytes that go over the bus.
using PlacementCost = std::pair<std::int64_t, std::int64_t>;
PlacementCost placement_cost(const spec::Hardware& hw, const QNet& net, const Placement& placement);

/// Frames of `images` images: all tensors in the feature buffer, or, where they do not fit, the
/// cheapest choice of those that are spilled that changing it tensor by tensor finds; with several
/// images, at the cheapest cut of the schedule. Throws Error naming the operation when none fits.
Placement place_tensors(const spec::Hardware& hw, const QNet& net, int images);

}  // namespace reshift
