// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "compile/schedule.hpp"

namespace reshift {

/// Between which steps, inclusive, each image's copy of a tensor keeps its words when it is in the
/// feature buffer. The number of steps stands for the next frame.
struct Lifetimes {
  std::vector<int> first, last;  ///< by copy
  int output_made = 0;           ///< the step from which on there is a last output
};

/// The first image and the last output keep theirs at all times: the next frame's image is loaded
/// while this frame runs, the last output is stored while the next one does.
Lifetimes lifetimes_of(const QNet& net, const Schedule& schedule);

}  // namespace reshift
