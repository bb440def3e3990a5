// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compile/walk.hpp"
#include "program/layout.hpp"

namespace reshift {

/// When the next operation's pixel group g may start: first + g * step pixels of the producer's
/// raster written.
struct Need {
  std::int64_t first = 0, step = 0;
};

/// The tightest such line from the exact need of every group of `op`, which reads the tensor in
/// `source` that the operation before it writes in the walk `producer` of a raster of
/// `producer_pitch`; `groups` is the number of groups of `op`.
Need pixels_needed(const isa::Hardware& hw, const QNet& net, const QOp& op, const Layout& source,
                   const Walk& producer, int producer_pitch, int groups);

}  // namespace reshift
