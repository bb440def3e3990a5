// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "compile/channel_map.hpp"
#include "isa/isa.hpp"

namespace reshift {

/// A network whose slices all begin at whole words of M channels. Tensor i is the original's tensor
/// i, perhaps with gaps between its channels; further tensors are copies without gaps.
struct AlignedNet {
  QNet net;
  std::vector<int> source_op;         ///< by operation: of the original, -1: a copy
  std::vector<int> source_tensor;     ///< by tensor: of the original, with the same values
  std::vector<ChannelMap> channels;   ///< by tensor: where the original's channels are
  std::vector<std::string> notes;     ///< by operation: what was rewritten, empty when nothing
  std::vector<std::size_t> left_out;  ///< operations of the original that are not needed
};

/// An operation writes whole words, so that slices of a tensor begin at whole words, with gaps
/// before them where they end within one. Convolutions have weights of zero for gaps; pooling and
/// sums pass them on; an operation on single channels leaves them out where that is not slower.
/// Copies into slices that can be written at once (find_views) are left out, and a copy without
/// gaps is added where the tiles that it saves its readers take longer. Equal to the original in
/// every code; `net` has normalised strides. Throws Error naming an operation that cannot be
/// rewritten.
AlignedNet align_slices(const isa::Hardware& hw, const QNet& net);

}  // namespace reshift
