// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compile/plan.hpp"

namespace reshift {

/// How far plan_net() looks.
struct PlanSearch {
  bool may_fuse = true;  ///< chains of operations may run strip by strip
  bool quick = false;    ///< through the changes once, and one program of each kind
};

/// Frames of `images` images: all tensors in the feature buffer, except the image when its strips
/// save cycles; or, where they do not fit, the cheapest choice of those that are spilled, of
/// strips, of chains of operations and of the network's form that a search from one change to the
/// next finds; with several images, also of the schedule's cut. Of the best few, that whose program
/// takes the fewest cycles for a run. Forms differ in the image and its reader only. Throws Error
/// naming the operation when none fits.
NetPlan plan_net(const isa::Hardware& hw, const std::vector<Lowered>& forms, int images,
                 const PlanSearch& search);

}  // namespace reshift
