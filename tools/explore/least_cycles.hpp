// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "isa/isa.hpp"
#include "net/qnet.hpp"

namespace reshift {

/// What a convolution takes of a core, whatever its shape.
struct ConvolutionSize {
  std::int64_t pixels = 0;     ///< of its output
  std::vector<int> row_terms;  ///< terms of each output channel that are not zero
  int groups = 1;
  /// Input channels of a group, and terms of a row that a tile may hold: those of one place of the
  /// kernel, or of all, for the image, which the host arranges.
  int group_channels = 0, tile_terms = 0;
};

/// The convolutions of a network, whose weights are as the configuration holds them
/// (compile/weight_format.hpp).
std::vector<ConvolutionSize> convolutions(const QNet& net);

/// Cycles of a frame below which no program gets, without compiling it: tiles and pixels of the
/// convolutions, post-processing, and the weights over the bus. At least 1.
std::int64_t least_cycles(const isa::Hardware& hw, const std::vector<ConvolutionSize>& net);

}  // namespace reshift
