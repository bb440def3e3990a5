// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "compile/walk.hpp"
#include "program/layout.hpp"

namespace reshift {

/// Forms of all tensors of a lowered network, without addresses: polyphase when a stride-2
/// operation reads it; the pitch is the smallest at which its readers can walk their outputs.
std::vector<Layout> tensor_layouts(const isa::Hardware& hw, const QNet& net);

/// Pads the rows of a tensor so that each begins in bank 0, and with it those of the tensors whose
/// pitch is the same.
void pad_pitch(const isa::Hardware& hw, const QNet& net, int tensor, std::vector<Layout>& layouts);

/// Whether an operation on a polyphase tensor walks its pixels in the order in which they lie and
/// writes another polyphase one so: a 1x1 kernel does not mind, and needs no copy.
inline bool walks_flat(const QOp& op, const Layout& input) {
  return input.polyphase && walk_of(op).stride == 1;
}

/// How many of its input's phases an operation reads, from the first one on: of stride 2 and with a
/// 1x1 kernel, one.
inline int phases_read(const QOp& op, const Layout& input) {
  const bool first = walk_of(op).stride == 2 && op.kernel_h == 1 && op.kernel_w == 1 &&
                     op.pad_top + op.pad_left == 0;
  return input.polyphase && !first ? 4 : 1;
}

}  // namespace reshift
