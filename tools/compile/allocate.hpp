// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "compile/layout.hpp"

namespace reshift {

/// Forms of all tensors of a lowered network, without places: phased when a stride-2 operation
/// reads it; the pitch is the smallest at which its readers can walk their outputs.
std::vector<Layout> tensor_layouts(const spec::Hardware& hw, const QNet& net);

/// Where everything lies in the feature buffer, in words of a bank.
struct Placement {
  std::vector<Layout> layouts;
  std::vector<bool> in_place;  ///< per operation: its output lies over its residual
  int words = 0;               ///< highest word used + 1
  int naive_words = 0;         ///< every tensor in a region of its own
};

/// First fit on lifetimes, the largest tensor first. The image and the output share with nobody:
/// the next image is loaded while this frame runs, the last output is stored while the next frame
/// runs. Throws Error naming the operation at which most is alive when the buffer is too small.
Placement place_tensors(const spec::Hardware& hw, const QNet& net);

}  // namespace reshift
