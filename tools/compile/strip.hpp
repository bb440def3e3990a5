// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "net/qnet.hpp"
#include "program/layout.hpp"

namespace reshift {

/// Rows `first` to `first + count - 1` of a tensor.
struct Rows {
  int first = 0, count = 0;
};

/// The part of an operation that makes the output rows `out` from the input rows `in` and, with a
/// shortcut, its rows `shortcut`. Row 0 of the input rows is row `pad_top` of the window of output
/// row 0 of the strip; it may be negative.
struct Strip {
  Rows out, in;
  int pad_top = 0;
  Rows shortcut;
};

/// The part of an operation that makes some of its output rows, or all of it; its input rows begin
/// at even ones when the input is polyphase, and so must the output rows where the operation walks
/// such an input row by row. All output rows read the whole input.
Strip strip_of(const QNet& net, const QOp& op, bool polyphase_input, const Rows& out);

/// Cuts an operation into strips of `rows` output rows, the last one perhaps fewer; input rows
/// begin at even ones when the input is polyphase. A single strip reads the whole input.
std::vector<Strip> cut(const QNet& net, const QOp& op, bool polyphase_input, int rows);

/// The least number of rows, of which strips are multiples, such that each begins with a pixel in
/// bank 0 (in each phase).
int row_unit(const isa::Hardware& hw, const Layout& layout);

}  // namespace reshift
