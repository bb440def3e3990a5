// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "net/qnet.hpp"

namespace reshift {

/// Where a tensor's channels are: in another one, from a channel on, or in itself.
struct View {
  int storage = 0;
  int first_channel = 0;
};

/// Tensors that need no words of their own: an operation only copies them into a slice of another
/// one, so that they are written there in the first place. A concatenation of a concatenation that
/// others read too (the blocks of a DenseNet) becomes slices of one tensor, of which its readers
/// read a part.
struct Views {
  std::vector<View> of;        ///< by tensor
  std::vector<bool> left_out;  ///< by operation: a copy that is not needed

  bool whole(int tensor) const { return of[static_cast<std::size_t>(tensor)].storage == tensor; }
};

/// Whether each output code of an operation is its input code: of the same channel and pixel.
bool is_copy(const QNet& net, const QOp& op);

/// Of a network with normalised strides. A tensor that is read in another way than by a convolution
/// or an average of stride 1, and a network's output, keep their own words.
Views find_views(const QNet& net);

}  // namespace reshift
