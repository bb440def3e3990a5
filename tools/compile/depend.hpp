// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compile/strip.hpp"
#include "compile/walk.hpp"
#include "program/layout.hpp"

namespace reshift {

/// When the next operation's pixel group g may start: first + g * step pixels of the producer's
/// raster written.
struct Need {
  std::int64_t first = 0, step = 0;
};

/// How an EXEC makes rows of a tensor, from `first` on: its walk, of a raster of `pitch` whose
/// first `lead` columns are not written.
struct Producer {
  Walk walk;
  int pitch = 0, first = 0, lead = 0;
};

/// The tightest such line from the exact need of every group of a strip of `op`, which reads rows
/// of the tensor in `source` that the EXEC before it writes, or ones that were there before;
/// `groups` is the number of groups of the strip, `lead` columns of its raster come before the
/// first one that is written; what they read is a neighbour's.
Need pixels_needed(const isa::Hardware& hw, const QNet& net, const QOp& op, const Strip& strip,
                   const Layout& source, const Producer& producer, int groups, int lead);

}  // namespace reshift
