// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compile/allocate.hpp"
#include "compile/lower.hpp"

namespace reshift {

/// One of several forms of a network and where everything of its frames lies.
struct AllocatedNet {
  std::size_t form = 0;
  Allocation allocation;
};

/// Frames of `images` images: all tensors in the feature buffer, except the image when its strips
/// save cycles; or, where they do not fit, the cheapest choice of those that are spilled, of strips
/// and of the network's form that a search from one change to the next finds; with several images,
/// also of the schedule's cut. Forms differ in the image and its reader only. Throws Error naming
/// the operation when none fits.
AllocatedNet allocate_tensors(const isa::Hardware& hw, const std::vector<Lowered>& forms,
                              int images);

}  // namespace reshift
