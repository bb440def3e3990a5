// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <utility>

#include "compile/allocate.hpp"
#include "compile/lower.hpp"

namespace reshift {

/// Cycles of a frame among others, about, the load of a whole image for the next one included; and
/// the bytes that go over the bus.
using PlacementCost = std::pair<std::int64_t, std::int64_t>;
PlacementCost placement_cost(const spec::Hardware& hw, const QNet& net, const Placement& placement);

/// One of several forms of a network and where everything of its frames lies.
struct PlacedNet {
  std::size_t form = 0;
  Placement placement;
};

/// Frames of `images` images: all tensors in the feature buffer, except the image when its strips
/// save cycles; or, where they do not fit, the cheapest choice of those that are spilled, of strips
/// and of the network's form that a search from one change to the next finds; with several images,
/// also of the schedule's cut. Forms differ in the image and its reader only. Throws Error naming
/// the operation when none fits.
PlacedNet place_tensors(const spec::Hardware& hw, const std::vector<Lowered>& forms, int images);

}  // namespace reshift
