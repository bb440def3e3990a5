// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>
#include <vector>

#include "compile/schedule.hpp"

namespace reshift {

/// Between which steps, inclusive, each image's copy of a tensor keeps its words when it is in the
/// feature buffer. The number of steps stands for the next frame.
struct Lifetimes {
  std::vector<int> first, last;  ///< by copy
  /// The last image's copies of the outputs, and the steps from which on they are there.
  std::vector<std::pair<std::size_t, int>> outputs_made;
};

/// The first image and the last image's outputs keep theirs at all times: the next frame's image is
/// loaded while this frame runs, those outputs are stored while the next one does.
Lifetimes lifetimes_of(const QNet& net, const Schedule& schedule);

}  // namespace reshift
